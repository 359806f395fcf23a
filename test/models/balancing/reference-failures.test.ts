// What a real nginx and httpd asked while their servers stopped listening and came back, see
// test/validation/data/balancing/README.md: which server first, which ones next, when a shut one is tried again.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfiguredBalancer } from '../../../experiments/import/balancer-from-config.ts';
import { balancerFromHttpd } from '../../../experiments/import/balancer-from-httpd.ts';
import { balancerFromNginx } from '../../../experiments/import/balancer-from-nginx.ts';
import { readHttpdConf } from '../../../experiments/import/httpd-conf.ts';
import { readNginxConf } from '../../../experiments/import/nginx-conf.ts';
import { readKeys } from '../../../experiments/replay/key-rows.ts';
import { HttpdAttempts } from '../../../models/balancing/attempt-policy.ts';
import { createBalancer } from '../../../models/balancing/index.ts';
import { ReusablePickRequest } from '../../../models/balancing/pick-request.ts';
import { findRoute, routeOfSessionId } from '../../../models/balancing/sticky-route.ts';
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

/** The member that answers each request, '' = none. */
function answered(configured: ConfiguredBalancer, name: string): { got: string; wanted: string }[] {
  const { options, session } = configured;
  const { servers } = options;
  const balancer = createBalancer(configured.type, options);
  const policy = new HttpdAttempts(configured.httpdPolicy!);
  const request = new ReusablePickRequest(servers.length);
  const addresses = servers.map((server) => /\/\/([\d.]+)/.exec(server.name)![1]);
  return readKeys(`${folder}httpd-failures.csv`, 'balancer', name).rows.map((row) => {
    const timeNs = Math.round(Number(row.time_s) * 1e9);
    request.begin(timeNs, 0);
    request.routeServer = session === null ? -1 : findRoute(servers, routeOfSessionId(row.cookie));
    const progress = policy.begin();
    for (let step = 'again'; step === 'again'; ) {
      const server = balancer.pick(request);
      if (server < 0) break;
      balancer.started(server, 0, timeNs);
      if (row.listening[Number(addresses[server].split('.')[3]) - 2] === '1') {
        balancer.finished(server, 0, timeNs, 'ok', 0);
        return { got: addresses[server], wanted: row.answered };
      }
      const isNeverInError = servers[server].ignoreErrors;
      const attempt = {
        end: 'refused',
        method: 'GET',
        isCachedConnection: false,
        elapsedS: 0,
        isNeverInError,
      } as const;
      const after = policy.after(attempt, progress);
      balancer.finished(server, 0, timeNs, after.outcome, 0);
      request.reject(server);
      step = after.step;
    }
    return { got: '', wanted: row.answered };
  });
}

test('2,184 requests of a real httpd among members that come and go: every one answered by the same member', () => {
  const tree = readHttpdConf(`${folder}httpd-failures.conf`);
  const names = [...new Set(readFileSync(`${folder}httpd-failures.csv`, 'utf8').match(/^b\d+/gm))];
  let requests = 0;
  for (const name of names) {
    answered(balancerFromHttpd(tree, name, 'httpd-failures.conf'), name).forEach(({ got, wanted }, index) => {
      if (got !== wanted) assert.is(got, wanted, `request ${index} of ${name}`);
      requests += 1;
    });
  }
  assert.is(requests, 2184);
});

test.run();
