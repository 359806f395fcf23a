// How often does a client read what is out of date, and how often is a write lost or do copies drift apart, when nothing
// fails: against think time, send options, stickiness, renaming of session ids and concurrent requests of a session?
import { anomaliesTable, anomalyReport, anomalyRows } from './consistency/anomalies.ts';
import { type ConsistencySetting, settingLayer, settingName } from './consistency/settings.ts';
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
  nodes: [4],
  loads: [200],
  strategies: ['all-to-all', 'backup', 'delta'],
  balancers: ['round-robin', 'sticky-route'],
  think: [0.01, 0.1, 1],
  options: [2, 6, 8],
  renaming: ['no', 'yes'] as const,
  concurrent: [0, 0.2],
  run: { warmUpS: 5, durationS: 20, replications: 3 },
};

const flags = {
  ...sweepFlags,
  'think-times': numbers('LIST', { min: 0, max: 1e5 }, 'from a response to the next request [s]'),
  'send-options': numbers(
    'LIST',
    { min: 0, max: 14, whole: true },
    'channelSendOptions, and, of 6 and 8, mapSendOptions of backup',
  ),
  renaming: words('LIST', ['no', 'yes'], 'whether session ids are renamed when a request lands elsewhere'),
  concurrent: numbers('LIST', { min: 0, max: 0.9 }, 'shares of the requests sent without waiting for a response'),
};

const command = defineCommand({
  name: 'tsx experiments/consistency-sweep.ts',
  question:
    'How often does a client read what is out of date, and how often is a write lost or do copies drift apart, when nothing fails?',
  flags,
  examples: [
    ['every setting, behind a sticky balancer and one that is not', ''],
    [
      'where asynchronous sending begins to hurt',
      '--strategies delta --send-options 8 --think-times 0.001,0.003,0.01,0.03',
    ],
  ],
});

const sweptKeys = {
  'session.thinkTimeSMean': '--think-times',
  'session.concurrentRatio': '--concurrent',
  'channel.sendOptions': '--send-options',
  'balancer.jvmRoute': '--renaming',
};

/** Every combination. */
function settings(values: Values<typeof flags>, loaded: LoadedScenario): ConsistencySetting[] {
  const found: ConsistencySetting[] = [];
  const list = (given: readonly number[] | undefined, own: readonly number[], path: string): number[] =>
    sweptValues(given, own, { loaded, path });
  for (const thinkS of list(values['think-times'], defaults.think, 'session.thinkTimeSMean')) {
    for (const sendOptions of list(values['send-options'], defaults.options, 'channel.sendOptions')) {
      for (const renaming of (values.renaming as ConsistencySetting['renaming'][]) ?? defaults.renaming) {
        for (const concurrentRatio of list(values.concurrent, defaults.concurrent, 'session.concurrentRatio')) {
          found.push({ thinkS, sendOptions, renaming, concurrentRatio });
        }
      }
    }
  }
  return found;
}

export const study: Study<typeof flags> = {
  name: 'consistency-sweep',
  command,
  out: 'results/consistency-sweep',
  async plan(values, io, rulesOf) {
    const { layers, account } = await fileLayers(values);
    const place = 'defaults of consistency-sweep';
    refuseSets(values.set, sweptKeys);
    const own = statedLayer({ name: 'consistency-sweep', run: defaults.run }, place);
    const files = loadScenario([own, ...layers, runLayer(values)], []);
    const strategies = values.strategies ?? defaults.strategies;
    const loadedOf = (setting: ConsistencySetting) => {
      const map =
        strategies.includes('backup') && [6, 8].includes(setting.sendOptions)
          ? [{ path: 'replication.mapSendOptions', text: String(setting.sendOptions) }]
          : [];
      const swept = statedLayer(settingLayer(setting), place);
      return loadScenario([own, ...layers, swept, runLayer(values)], [...map, ...(values.set ?? [])]);
    };
    const cases = new Map(settings(values, files).map((setting) => [settingName(setting), loadedOf(setting)]));
    const [first] = cases.values();
    const grid = gridFrom(
      { ...values, strategies, balancers: values.balancers ?? defaults.balancers },
      first,
      defaults,
    );
    if (!values.quiet) for (const line of [...account, ...first.notes()]) io.err(`${line}\n`);
    const rules = rulesOf(first.scenario);
    return planSweep(cases, grid, values['max-points'] ?? defaultMaxPoints, { rules });
  },
  own: (findings) => [{ table: anomaliesTable, rows: anomalyRows(findings) }],
  report: (findings, values, io) =>
    values.json ? `${JSON.stringify([...anomalyRows(findings)], null, 2)}\n` : anomalyReport(findings, io.colours),
};

/** @param runner - worker threads unless a test brings its own. */
export const main = (argv: readonly string[], io: Io, runner?: Runner): Promise<number> =>
  runStudy(study, argv, io, { runner });

await runScript(import.meta.url, main);
