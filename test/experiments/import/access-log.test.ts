import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAccessLog } from '../../../experiments/import/access-log.ts';
import { parseLogLine } from '../../../experiments/import/log-line.ts';
import { importCluster } from '../../../experiments/import/to-scenario.ts';
import { fileWith, folderWith, refusal } from './helpers.ts';

const id = '0123456789ABCDEF0123456789ABCDEF';

test('common, combined and nginx lines with their optional fields', () => {
  const head = '10.1.2.3 - bob [21/Nov/2026:23:30:05 -0130] "POST /cart;jsessionid=abc?x=1 HTTP/1.1" 302';
  const common = parseLogLine(`${head} -`);
  assert.equal(
    [common?.client, common?.method, common?.path, common?.status, common?.minuteOfDay],
    ['10.1.2.3', 'POST', '/cart', 302, 23 * 60 + 30],
  );
  assert.is(common?.atS, Date.UTC(2026, 10, 22, 1, 0, 5) / 1000);
  assert.is(parseLogLine(`${head} 512 1500`)?.tookMs, 1.5);
  const combined = parseLogLine(`${head} 512 "-" "Mozilla \\"x\\" (a b)" 0.012 JSESSIONID=${id}.node1`);
  assert.equal([combined?.agent, combined?.tookMs, combined?.session], ['Mozilla \\"x\\" (a b)', 12, id]);
  assert.is(parseLogLine(`${head} 512 "-" "-" 250 "JSESSIONID=${id}-n1.node1; a=b"`)?.session, id);
  assert.is(parseLogLine(`${head} 512 ${id}.t1`)?.session, id);
  assert.is(parseLogLine(head.replace('abc', id).concat(' 5'))?.session, id);
  assert.is(parseLogLine('1.2.3.4 - - [21/Nov/2026:10:00:00 +0000] "\\x16\\x03" 400 0 "-" "-"')?.method, '-');
});

test('what is no log line is none', () => {
  const good = '1.2.3.4 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5';
  assert.ok(parseLogLine(good));
  for (const bad of [
    '',
    'x',
    good.replace('Nov', 'Nix'),
    good.replace('200', 'ok'),
    good.replace(' 5', ' five'),
    good.slice(0, 50),
  ]) {
    assert.is(parseLogLine(bad), undefined, bad);
  }
});

interface Request {
  readonly second: number;
  readonly client: string;
  readonly session?: string;
  readonly path?: string;
}

function line({ second, client, session, path = '/cart' }: Request): string {
  const at = new Date(Date.UTC(2026, 10, 21, 10) + second * 1000).toISOString();
  const cookie = session === undefined ? '' : ` JSESSIONID=${session.padStart(32, '0')}.t1`;
  return `${client} - - [21/Nov/2026:${at.slice(11, 19)} +0000] "GET ${path} HTTP/1.1" 200 100 "-" "Mozilla"${cookie}\n`;
}

test('rates, mix, networks and sessions of a small log', () => {
  const lines: string[] = [];
  for (let second = 0; second < 600; second += 1) {
    lines.push(line({ second, client: '198.51.100.7', session: `A${Math.floor(second / 60)}` }));
    lines.push(
      line({ second, client: `10.0.${second % 250}.${second % 7}`, session: `B${second}`, path: '/logo.png' }),
    );
  }
  const log = readAccessLog(fileWith('access.log', lines.join('')));
  assert.is(log.requests, 1200);
  assert.is(log.busiestHourPerSecond, 2);
  assert.is(log.meanPerSecond, 2);
  assert.is(Math.round(log.perSecondByHour[10] * 3600), 1200);
  assert.is(log.staticRatio, 0.5);
  assert.equal(
    log.networks.map(({ name, share, kind }) => [name, share, kind]),
    [['198.51.100.0/24', 0.5, 'nat']],
  );
  assert.is(log.sessionsBy, 'cookie');
  assert.is(log.sessions, 610);
  assert.is(log.requestsPerSession, 1200 / 610);
  assert.is(log.gapSMean, 1);
  assert.is(log.sessionSMean, 59);
  assert.equal(log.paths[0], { path: '/cart', requests: 600 });
});

test('several addresses of one network are a subnet, and sessions without cookies are told apart by client', () => {
  const lines = Array.from({ length: 400 }, (_, second) => line({ second, client: `10.0.0.${second % 4}` }));
  const log = readAccessLog(fileWith('access.log', lines.join('')));
  assert.equal(
    log.networks.map(({ name, kind }) => [name, kind]),
    [['10.0.0.0/24', 'subnet']],
  );
  assert.equal([log.sessionsBy, log.sessions, log.requestsPerSession, log.gapSMean], ['client', 4, 100, 4]);
});

test('the load of a log becomes the load of the scenario', () => {
  const lines = Array.from({ length: 1000 }, (_, index) =>
    line({ second: index, client: '198.51.100.7', session: `A${index % 10}` }),
  );
  const { scenario, used, notModelled } = importCluster({ accessLog: fileWith('access.log', lines.join('')) });
  assert.equal(scenario.load, { requestsPerSecond: 1, clients: { networks: [{ share: 1, kind: 'nat' }] } });
  assert.equal(scenario.session, { requestsMean: 100, thinkTimeSMean: 10 });
  assert.ok(used.every(({ file, line: at }) => file.endsWith('access.log') && at === 1));
  assert.ok(notModelled.some(({ what }) => what.startsWith('request mix (GET 100 %)')));
});

test('a few broken lines are skipped and counted, more are refused', () => {
  const good = Array.from({ length: 200 }, (_, second) => line({ second, client: '10.0.0.1' })).join('');
  const log = readAccessLog(fileWith('access.log', `${good}garbage\n`));
  assert.equal([log.requests, log.skippedLines, log.firstSkippedLine], [200, 1, 201]);
  assert.match(
    refusal(() => readAccessLog(fileWith('access.log', good + 'garbage\n'.repeat(3)))),
    /^access.log:201: "garbage" is in no known format/,
  );
});

test('a long log is read in a stream', () => {
  const file = join(folderWith({}), 'access.log');
  const out = openSync(file, 'w');
  let seed = 1;
  const draw = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const count = 100_000;
  for (let block = 0; block < 100; block += 1) {
    let text = '';
    for (let index = 0; index < count / 100; index += 1) {
      const request = block * (count / 100) + index;
      text += line({
        second: Math.floor(request / 20),
        client: `10.${draw(200)}.${draw(200)}.${draw(200)}`,
        session: `S${draw(20_000)}`,
        path: `/p${draw(50_000)}`,
      });
    }
    writeSync(out, text);
  }
  closeSync(out);
  const before = process.memoryUsage.rss();
  const log = readAccessLog(file);
  const grown = process.memoryUsage.rss() - before;
  assert.is(log.requests, count);
  assert.is(Math.round(log.meanPerSecond), 20);
  assert.ok(grown < 150e6, `${Math.round(grown / 1e6)} MB`);
});

test.run();
