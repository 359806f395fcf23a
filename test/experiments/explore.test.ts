// The explorer without a browser: looking at a run changes nothing, the page is made without Node, links and files are read.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { explorerPage } from '../../experiments/explore/bundle.ts';
import { type FrameShape, mostUsers, NO_NODE, sees, total } from '../../experiments/explore/frames.ts';
import {
  comparedScenario,
  fromFragment,
  resized,
  type State,
  toFragment,
} from '../../experiments/explore/page/state.ts';
import type { Tree } from '../../experiments/explore/protocol.ts';
import { servePage } from '../../experiments/explore/server.ts';
import { readPasted } from '../../experiments/explore/worker/pasted-files.ts';
import { FramedRun, scenarioOf } from '../../experiments/explore/worker/run.ts';
import { parseText } from '../../experiments/explore/worker/scenario-text.ts';
import { main as explore } from '../../experiments/explore.ts';
import { importCluster } from '../../experiments/import/to-scenario.ts';
import { strategyNames } from '../../experiments/lib/vocabulary.ts';
import { simulate } from '../../models/cluster.ts';
import { inFolder, run } from './helpers.ts';

const base: Tree = {
  nodes: 4,
  load: { requestsPerSecond: 120 },
  session: { thinkTimeSMean: 1, writeRatio: 0.5 },
  balancer: { type: 'round-robin' },
  membership: { memberDropTimeMs: 1500 },
  faults: [
    { atS: 3, crash: 'node-2' },
    { atS: 5, partition: [['node-1'], ['node-3', 'node-4']], forS: 1 },
  ],
  run: { warmUpS: 1, durationS: 8, seed: 7 },
};

function framesOf(framed: FramedRun): ReturnType<FrameShape['at']>[] {
  const frames: ReturnType<FrameShape['at']>[] = [];
  while (!framed.isDone) {
    const { count, buffer } = framed.advance(() => false);
    for (let index = 0; index < count; index += 1) frames.push(framed.shape.at(buffer, index));
  }
  return frames;
}

test('a run that is looked at is the run of simulate, to the last event, under every strategy', () => {
  for (const strategy of strategyNames()) {
    const scenario = { ...base, replication: { strategy } };
    const framed = new FramedRun(scenario);
    framesOf(framed);
    assert.equal(framed.finish(), simulate(scenarioOf(scenario), 1), strategy);
  }
});

test('the last frame counts what the results say, and traffic of frames adds up to that of the meter', () => {
  const scenario = { ...base, replication: { strategy: 'none' }, run: { warmUpS: 0, durationS: 6, seed: 3 } };
  const framed = new FramedRun(scenario);
  const frames = framesOf(framed);
  const { consistency, traffic } = framed.finish();
  const { totals } = frames[frames.length - 1];
  assert.is(totals[total.WINDOW_COMPLETED] + totals[total.WINDOW_FAILED], consistency.requests);
  assert.is(totals[total.WINDOW_LOST_SESSIONS], consistency.lost_sessions);
  assert.ok(consistency.lost_sessions > 0);
  const bytes = traffic.reduce((sum, row) => sum + row.bytes, 0);
  assert.is(totals[total.BYTES], bytes);
  const ofKinds = frames.reduce((sum, frame) => sum + frame.kinds.reduce((one, value) => one + value, 0), 0);
  assert.ok(Math.abs(ofKinds - bytes) <= bytes * 1e-6, `${ofKinds} ${bytes}`);
});

test('frames show the dead node, the views without it, and what users saw', () => {
  const balancer = { type: 'sticky-route' };
  const framed = new FramedRun({ ...base, balancer, replication: { strategy: 'none' } });
  const frames = framesOf(framed);
  const at = (timeS: number): (typeof frames)[number] => frames[Math.round(timeS / framed.facts.dtS)];
  assert.equal([...at(2.9).state], [3, 3, 3, 3]);
  assert.equal([...at(3.1).state], [3, 0, 3, 3]);
  assert.equal([...at(2.9).views], new Array(16).fill(1));
  assert.is(at(4.9).views[0 * 4 + 1], 0);
  assert.is(at(4.9).views[0 * 4 + 2], 1);
  const seen = (kind: number): number =>
    frames.reduce((sum, { userSees }) => sum + userSees.reduce((one, value) => one + (value === kind ? 1 : 0), 0), 0);
  assert.ok(seen(sees.LOST) > 0 && seen(sees.OK) > seen(sees.LOST));
  for (const { userNode, userSees } of frames) {
    for (let user = 0; user < mostUsers; user += 1) {
      assert.is(userSees[user] === sees.NOBODY && userNode[user] !== NO_NODE, false);
    }
  }
});

test('a scenario is written as a file that is read to the same run', () => {
  const framed = new FramedRun(base);
  assert.equal(scenarioOf(parseText(framed.facts.yaml)), scenarioOf(base));
});

test('a link holds the whole state, and a damaged one is an error', () => {
  const state: State = { scenario: { ...base, name: 'Größe <script>' }, compare: 'backup' };
  assert.equal(fromFragment(toFragment(state)), state);
  assert.is(fromFragment(''), null);
  assert.throws(() => fromFragment(toFragment(state).slice(0, 30)));
  assert.equal(comparedScenario(state)?.replication, { strategy: 'backup' });
});

test('a smaller cluster keeps only the faults of its nodes', () => {
  assert.equal(resized(base, 2).faults, [{ atS: 3, crash: 'node-2' }]);
  assert.equal(resized({ nodes: 4, balancer: { weights: [1, 2, 3, 4] } }, 2).balancer, {});
});

test('pasted files come to what the importer of the command line makes of the files', async () => {
  const { readFileSync } = await import('node:fs');
  const folder = 'experiments/scenarios/';
  const [serverXml, nginxConf] = ['shop-server.xml', 'shop-nginx.conf'].map((name) =>
    readFileSync(folder + name, 'utf8'),
  );
  const read = readPasted({ serverXml, nginxConf });
  const files = importCluster({ serverXml: [`${folder}shop-server.xml`], nginxConf: [`${folder}shop-nginx.conf`] });
  assert.equal(read.scenario, files.scenario);
  assert.is(read.used.length, files.used.length);
  assert.throws(() => readPasted({ serverXml: '<Server', nginxConf: '' }), /^server\.xml:1: /);
  assert.throws(() => readPasted({ serverXml: '', nginxConf: ' ' }), /paste/);
});

test('what cannot be shown is one line', () => {
  assert.throws(() => scenarioOf({ nodes: 65 }), /^nodes: 65: .*64/);
  assert.throws(() => scenarioOf({ run: { durationS: 4000 } }), /3600/);
  assert.throws(() => scenarioOf({ nodez: 3 }), /nodez/);
});

test('the page holds everything, and the server gives it to this computer only', async () => {
  const page = await explorerPage();
  assert.ok(page.length < 1_500_000, `${page.length} bytes`);
  assert.is(await explorerPage(), page);
  assert.not.match(page, /(?:src|href)="(?!data:|#)/);
  const running = await servePage(page, 0);
  try {
    assert.match(running.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await fetch(running.url);
    assert.is(await response.text(), page);
    assert.is((await fetch(`${running.url}other`)).status, 404);
    assert.is((await fetch(running.url, { method: 'POST' })).status, 405);
    const port = new URL(running.url).port;
    const { code, stderr } = await run(explore, ['--port', port]);
    assert.is(code, 2);
    assert.match(stderr, /in use/);
  } finally {
    await running.close();
  }
  await inFolder(async (folder) => {
    const { code, stdout } = await run(explore, ['--out', `${folder}/explorer.html`]);
    assert.is(code, 0);
    assert.match(stdout, /explorer\.html/);
  });
});

test.run();
