// Which results a change has moved. A fingerprint is the digest of a run's events in their order; an optimisation moves
// none, a change of a model moves those that it means to. New ones: UPDATE_FINGERPRINTS=1 before the command.
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { strategyTypes } from '../../models/replication/index.ts';
import type { ScenarioInput, StrategyName } from '../../models/scenario/schema.ts';
import { run } from '../validation/runs.ts';

const file = new URL('./fingerprints.json', import.meta.url);

const faults: NonNullable<ScenarioInput['faults']> = [
  { atS: 1.5, crash: 'node-1' },
  { atS: 2, crashStore: 'n1' },
  { atS: 2.5, partition: [['node-2'], ['node-3']], forS: 1 },
  { atS: 3, freeze: 'node-4', forS: 0.4 },
  { atS: 3.5, restart: 'node-1' },
];

/** Every strategy in health and in trouble, and what else takes a way of its own through the models. */
function cases(): Record<string, ScenarioInput> {
  const found: Record<string, ScenarioInput> = {};
  for (const strategy of Object.keys(strategyTypes) as StrategyName[]) {
    found[strategy] = { replication: { strategy } };
    found[`${strategy}, faults`] = { replication: { strategy }, faults, node: { startUpS: 0.2 } };
  }
  const membership = { mcastFrequencyMs: 100, memberDropTimeMs: 300, tcpFailureDetector: { enabled: false } };
  found['lost heartbeats'] = { replication: { strategy: 'none' }, membership, network: { lossRatio: 0.3 } };
  found['lost heartbeats, faults'] = {
    ...found['lost heartbeats'],
    faults: [...faults, { atS: 1, packetLoss: 0.6, forS: 1.2 }],
    node: { startUpS: 0.2 },
  };
  for (const sendOptions of [2, 4, 6, 10, 14] as const) {
    found[`delta, option ${sendOptions}`] = { replication: { strategy: 'delta' }, channel: { sendOptions } };
  }
  for (const type of [
    'round-robin',
    'ip-hash',
    'consistent-hash',
    'least-conn',
    'by-busyness',
    'jk-session',
  ] as const) {
    found[`delta behind ${type}`] = { replication: { strategy: 'delta' }, balancer: { type } };
  }
  return found;
}

test('no result has moved', () => {
  const now: Record<string, string> = {};
  for (const [name, input] of Object.entries(cases())) now[name] = run(input).fingerprint;
  if (process.env.UPDATE_FINGERPRINTS === '1') writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
  const before = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const moved = Object.keys({ ...before, ...now }).filter((name) => before[name] !== now[name]);
  assert.equal(moved, [], `moved: ${moved.join('; ')}`);
});

test.run();
