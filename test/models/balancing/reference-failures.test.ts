// What a real nginx asked while its servers stopped listening and came back, see test/validation/data/balancing/README.md:
// which server first, which ones next, when a shut one is tried again.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfiguredBalancer } from '../../../experiments/import/balancer-from-config.ts';
import { balancerFromNginx } from '../../../experiments/import/balancer-from-nginx.ts';
import { readNginxConf } from '../../../experiments/import/nginx-conf.ts';
import { readKeys } from '../../../experiments/replay/key-rows.ts';
import { createBalancer } from '../../../models/balancing/index.ts';
import { ReusablePickRequest } from '../../../models/balancing/pick-request.ts';
import { addressOf } from './helpers.ts';

const folder = fileURLToPath(new URL('../../validation/data/balancing/', import.meta.url));
const upstreams = [...new Set(readFileSync(`${folder}nginx-failures.csv`, 'utf8').match(/^u\d+/gm))];

/** The servers that each request asks, one after the other; the upstream's own name stands for "nobody left". */
function asked(configured: ConfiguredBalancer, name: string): { got: string; wanted: string }[] {
  const { labels, options } = configured;
  const balancer = createBalancer(configured.type, options);
  const request = new ReusablePickRequest(labels.length);
  return readKeys(`${folder}nginx-failures.csv`, 'upstream', name).rows.map((row) => {
    const timeNs = Math.round(Number(row.time_s) * 1e9);
    request.begin(timeNs, 0);
    request.address = addressOf(row.address);
    if (configured.hashKey !== null) request.setKey(row.key);
    const seen: string[] = [];
    while (request.triedCount < labels.length) {
      const server = balancer.pick(request);
      seen.push(labels[server] ?? name);
      if (server < 0) break;
      balancer.started(server, 0, timeNs);
      const address = Number(/\.(\d+):/.exec(labels[server])![1]);
      const isListening = row.listening[address - 2] === '1';
      balancer.finished(server, 0, timeNs, isListening ? 'ok' : 'failed', 0);
      if (isListening) break;
      request.reject(server);
    }
    return { got: seen.join(' '), wanted: row.asked };
  });
}

test('2,114 requests of a real nginx among servers that come and go: every attempt at the same server', () => {
  const tree = readNginxConf(`${folder}nginx-failures.conf`);
  let requests = 0;
  let repeated = 0;
  for (const name of upstreams) {
    asked(balancerFromNginx(tree, name, 'nginx-failures.conf'), name).forEach(({ got, wanted }, index) => {
      if (got !== wanted) assert.is(got, wanted, `request ${index} of ${name}`);
      requests += 1;
      if (wanted.includes(' ')) repeated += 1;
    });
  }
  assert.is(requests, 2114);
  assert.ok(repeated > 400, `${repeated} went on to another server`);
});

test.run();
