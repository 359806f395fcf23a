// How soon is the death of a node noticed, and how often is a living one thrown out, for each frequency and dropTime of
// the heartbeats, when they are lost, one by one or in bursts, and when nodes stand still?
import { heartbeatReport } from './heartbeat/heartbeat-report.ts';
import { detectionRows, heartbeatRows } from './heartbeat/heartbeat-rows.ts';
import { detectionTable, heartbeatTable } from './heartbeat/heartbeat-tables.ts';
import { type HeartbeatSetting, settingLayer, settingName, settingOf, troubleOf } from './heartbeat/settings.ts';
import { defineCommand } from './lib/arguments.ts';
import { numbers, words } from './lib/flag-kinds.ts';
import { gridFrom } from './lib/grid-from.ts';
import { fileLayers, runLayer } from './lib/input-layers.ts';
import type { Io } from './lib/io.ts';
import { loadScenario, statedLayer } from './lib/load-scenario.ts';
import type { Runner } from './lib/run-pool.ts';
import { runScript } from './lib/run-script.ts';
import { runStudy, type Study } from './lib/study.ts';
import { defaultMaxPoints, sweepFlags } from './lib/sweep-flags.ts';
import { planSweep } from './lib/sweep-plan.ts';

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

/** Every combination; without losses there is no burst. */
function settings(values: Partial<Record<string, readonly (number | string)[] | undefined>>): HeartbeatSetting[] {
  const found: HeartbeatSetting[] = [];
  const list = (given: unknown, own: readonly number[]): readonly number[] => (given as number[] | undefined) ?? own;
  for (const frequencyMs of list(values.frequency, defaults.frequency)) {
    for (const dropTimeMs of list(values['drop-time'], defaults.dropTime)) {
      for (const lossRatio of list(values.loss, defaults.loss)) {
        for (const burstS of list(values.burst, defaults.burst).filter((lengthS) => lengthS === 0 || lossRatio > 0)) {
          for (const pauseS of list(values.pause, defaults.pause)) {
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

export const study: Study<typeof flags> = {
  name: 'heartbeat-sweep',
  command,
  out: 'results/heartbeat-sweep',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    if (!values.quiet) for (const line of account) io.err(`${line}\n`);
    const place = 'defaults of heartbeat-sweep';
    const { warmUpS, durationS } = loadScenario(
      [statedLayer({ run: defaults.run }, place), ...layers, runLayer(values)],
      [],
    ).scenario.run;
    const dies = [1, 2, 3, 4].map((node) => ({ atS: warmUpS + (durationS * node) / 5, crash: `node-${node}` }));
    const own = { name: 'heartbeat-sweep', run: defaults.run, membership: { heartbeatWorkUs: 0 }, faults: dies };
    const loadedOf = (setting: HeartbeatSetting) =>
      loadScenario(
        [statedLayer(own, place), statedLayer(settingLayer(setting), place), ...layers, runLayer(values)],
        values.set ?? [],
      );
    const cases = new Map(settings(values as never).map((setting) => [settingName(setting), loadedOf(setting)]));
    const [first] = cases.values();
    return planSweep(cases, gridFrom(values, first, defaults), values['max-points'] ?? defaultMaxPoints, {
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
