// Every choice of a real nginx and a real httpd that was measured, see test/validation/data/balancing/README.md.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfiguredBalancer } from '../../../experiments/import/balancer-from-config.ts';
import { balancerFromHttpd } from '../../../experiments/import/balancer-from-httpd.ts';
import { balancerFromNginx } from '../../../experiments/import/balancer-from-nginx.ts';
import { readHttpdConf } from '../../../experiments/import/httpd-conf.ts';
import { readNginxConf } from '../../../experiments/import/nginx-conf.ts';
import { type Keys, readKeys } from '../../../experiments/replay/key-rows.ts';
import { replayRows } from '../../../experiments/replay/replay-rows.ts';

const folder = fileURLToPath(new URL('../../validation/data/balancing/', import.meta.url));

function namesIn(file: string): string[] {
  const lines = readFileSync(`${folder}${file}`, 'utf8').trim().split('\n').slice(1);
  return [...new Set(lines.map((line) => line.split(',')[0]))];
}

/** Number of rows, all of which must agree. */
function agreeing(keys: Keys, balancer: ConfiguredBalancer, given: (cells: Keys['rows'][number]) => string): number {
  replayRows(keys, balancer, 1).forEach(({ row, chosen }, index) => {
    if (chosen !== given(row)) assert.is(chosen, given(row), `request ${index}: ${JSON.stringify(row)}`);
  });
  return keys.rows.length;
}

test('all 18,800 choices of nginx 1.22.1, 16 upstreams', () => {
  const tree = readNginxConf(`${folder}nginx.conf`);
  let total = 0;
  for (const name of namesIn('nginx-choices.csv')) {
    const balancer = balancerFromNginx(tree, name, 'nginx.conf');
    const keys = readKeys(`${folder}nginx-choices.csv`, 'upstream', name);
    total += agreeing(keys, balancer, (row) => balancer.labels[Number(row.server)]);
  }
  assert.is(total, 18_800);
});

test('all 900 choices of httpd 2.4, 3 balancers', () => {
  const tree = readHttpdConf(`${folder}httpd.conf`);
  let total = 0;
  for (const name of namesIn('httpd-choices.csv')) {
    const balancer = balancerFromHttpd(tree, name, 'httpd.conf');
    const keys = readKeys(`${folder}httpd-choices.csv`, 'balancer', name);
    total += agreeing(keys, balancer, (row) => row.expected);
  }
  assert.is(total, 900);
});

test('2,880 choices of nginx among 48 upstreams drawn at random: weights, down, backup, sockets, names, keys, IPv6', () => {
  const tree = readNginxConf(`${folder}nginx-mixed.conf`);
  let total = 0;
  for (const name of namesIn('nginx-mixed-choices.csv')) {
    const balancer = balancerFromNginx(tree, name, 'nginx-mixed.conf');
    const keys = readKeys(`${folder}nginx-mixed-choices.csv`, 'upstream', name);
    total += agreeing(keys, balancer, (row) => row.expected);
  }
  assert.is(total, 2880);
});

test('2,400 choices of httpd among 48 balancers drawn at random: factors, sets, status, routes, redirects, session names', () => {
  const tree = readHttpdConf(`${folder}httpd-mixed.conf`);
  let total = 0;
  for (const name of namesIn('httpd-mixed-choices.csv')) {
    const balancer = balancerFromHttpd(tree, name, 'httpd-mixed.conf');
    const keys = readKeys(`${folder}httpd-mixed-choices.csv`, 'balancer', name);
    total += agreeing(keys, balancer, (row) => row.expected);
  }
  assert.is(total, 2400);
});

test.run();
