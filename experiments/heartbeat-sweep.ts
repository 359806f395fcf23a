// How soon is the death of a node noticed, and how often is a living one thrown out, for each frequency and dropTime of
// the heartbeats, when they are lost, one by one or in bursts, and when nodes stand still?

import type { Scenario } from '../models/scenario/schema.ts';
import { heartbeatReport } from './heartbeat/heartbeat-report.ts';
import { detectionRows, heartbeatRows } from './heartbeat/heartbeat-rows.ts';
import { detectionTable, heartbeatTable } from './heartbeat/heartbeat-tables.ts';
import { type HeartbeatSetting, settingLayer, settingName, settingOf, troubleOf } from './heartbeat/settings.ts';
import { defineCommand, type Values } from './lib/arguments.ts';
import { numbers, words } from './lib/flag-kinds.ts';
import { gridFrom } from './lib/grid-from.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import type { Io } from './lib/io.ts';
import { type LoadedScenario, loadScenario, statedLayer } from './lib/load-scenario.ts';
import type { Runner } from './lib/run-pool.ts';
import { runScript } from './lib/run-script.ts';
import { runStudy, type Study } from './lib/study.ts';
import { defaultMaxPoints, sweepFlags } from './lib/sweep-flags.ts';
import { planSweep } from './lib/sweep-plan.ts';
import { refuseSets, sweptValues } from './lib/swept-keys.ts';

const defaults = {
  nodes: [16],
  loads: [1],
  strategies: ['none'],
  frequency: [250, 500, 1000],
  dropTime: [3000, 6000],
  loss: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
  burst: [0, 2],
  pause: [0, 10],
  detector: ['none', 'tcp'] as const,
  run: { warmUpS: 10, durationS: 600, replications: 3 },
};

const flags = {
  ...sweepFlags,
  frequency: numbers('LIST', { min: 1, max: 1e6 }, 'periods of the heartbeats [ms]'),
  'drop-time': numbers('LIST', { min: 1, max: 1e7 }, 'silences after which a member is dropped [ms]'),
  loss: numbers('LIST', { min: 0, max: 0.9 }, 'shares of the heartbeats that are lost'),
  burst: numbers('LIST', { min: 0, max: 1000 }, 'mean lengths of a burst of losses [s]; 0: lost independently'),
  pause: numbers('LIST', { min: 0, max: 1000 }, 'how long nodes stand still, every 300 s on average [s]; 0: never'),
  detector: words('LIST', ['none', 'tcp'], 'verification of a silent member: none, tcp'),
};

const command = defineCommand({
  name: 'tsx experiments/heartbeat-sweep.ts',
  question:
    'How soon is the death of a node noticed, and how often is a living one thrown out, for each setting of the heartbeats?',
  flags,
  examples: [
    ['every setting', ''],
    ['the closed form of false suspicions, sharper', '--nodes 64 --drop-time 3000 --frequency 500 --burst 0 --pause 0'],
    [
      'a day of a large cluster',
      '--nodes 1024 --duration 86400 --replications 1 --drop-time 3000 --frequency 500 --loss 0.1 --burst 0 --pause 0',
    ],
    ['the heartbeat as measured: 0.6 ms more than its frequency', '--set membership.heartbeatWorkUs=600'],
  ],
});

const sweptKeys = {
  'membership.mcastFrequencyMs': '--frequency',
  'membership.memberDropTimeMs': '--drop-time',
  'membership.tcpFailureDetector.enabled': '--detector',
  'network.lossRatio': '--loss',
};

type Given = Values<typeof flags>;

/** Every combination; without losses there is no burst. */
function settings(values: Given, files: LoadedScenario): HeartbeatSetting[] {
  const found: HeartbeatSetting[] = [];
  const list = (given: readonly number[] | undefined, own: readonly number[], path: string): number[] =>
    sweptValues(given, own, { loaded: files, path });
  for (const frequencyMs of list(values.frequency, defaults.frequency, 'membership.mcastFrequencyMs')) {
    for (const dropTimeMs of list(values['drop-time'], defaults.dropTime, 'membership.memberDropTimeMs')) {
      for (const lossRatio of list(values.loss, defaults.loss, 'network.lossRatio')) {
        for (const burstS of (values.burst ?? defaults.burst).filter((lengthS) => lengthS === 0 || lossRatio > 0)) {
          for (const pauseS of values.pause ?? defaults.pause) {
            for (const detector of (values.detector as HeartbeatSetting['detector'][]) ?? defaults.detector) {
              found.push({ frequencyMs, dropTimeMs, lossRatio, burstS, pauseS, detector });
            }
          }
        }
      }
    }
  }
  return found;
}

/** Up to four deaths, one after the other; of the smallest cluster a node is left to notice the last. */
function deaths({ warmUpS, durationS }: Scenario['run'], smallest: number): Record<string, unknown>[] {
  const nodes = Array.from({ length: Math.min(4, smallest - 1) }, (_, index) => index + 1);
  return nodes.map((node) => ({ atS: warmUpS + (durationS * node) / (nodes.length + 1), crash: `node-${node}` }));
}

export const study: Study<typeof flags> = {
  name: 'heartbeat-sweep',
  command,
  out: 'results/heartbeat-sweep',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    if (!values.quiet) for (const line of account) io.err(`${line}\n`);
    refuseSets(values.set, sweptKeys);
    const place = 'defaults of heartbeat-sweep';
    const own = { name: 'heartbeat-sweep', run: defaults.run, membership: { heartbeatWorkUs: 0 } };
    const files = loadScenario([statedLayer(own, place), ...layers, runLayer(values)], values.set ?? []);
    const { replication, run } = files.scenario;
    const strategies =
      values.strategies ?? (files.isStated('replication.strategy') ? [replication.strategy] : undefined);
    const grid = gridFrom({ ...values, strategies }, files, defaults);
    const faults = statedLayer({ faults: deaths(run, Math.min(...grid.nodes)) }, place);
    const loadedOf = (setting: HeartbeatSetting) => {
      const swept = statedLayer(settingLayer(setting), place);
      return loadScenario([statedLayer(own, place), faults, ...layers, swept, runLayer(values)], values.set ?? []);
    };
    const cases = new Map(settings(values, files).map((setting) => [settingName(setting), loadedOf(setting)]));
    const [first] = cases.values();
    return planSweep(cases, grid, values['max-points'] ?? defaultMaxPoints, {
      rules: rulesOf(first.scenario),
      measure: 'detection',
      perRun: {
        key: 'bursts and pauses',
        apply: (scenario, point, replication) => ({
          ...scenario,
          faults: [...scenario.faults, ...troubleOf(scenario, settingOf(point.case!), replication)],
        }),
      },
    });
  },
  own: (findings) => [
    { table: detectionTable, rows: detectionRows(findings) },
    { table: heartbeatTable, rows: heartbeatRows(findings) },
  ],
  report(findings, values, io) {
    const rows = [...heartbeatRows(findings)];
    return values.json ? `${JSON.stringify(rows, null, 2)}\n` : heartbeatReport(rows, io.colours);
  },
};

/** @param runner - worker threads unless a test brings its own. */
export const main = (argv: readonly string[], io: Io, runner?: Runner): Promise<number> =>
  runStudy(study, argv, io, { runner });

await runScript(import.meta.url, main);
