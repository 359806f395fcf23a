import type { Cluster } from '../../models/cluster.ts';
import type { ScriptedAnswer } from '../../models/scripted-clients.ts';
import {
  between,
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  numberOr,
  quantile,
  type Validator,
  wordsIn,
} from './check.ts';
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';
import { missed } from './refused.ts';
import { tapWire } from './wire-tap.ts';
import { Writer } from './writer.ts';

/** Writes to the first node before those that count; and how many count at most. */
const WARM_UP = 20;
const WRITES = 2000;
/** What is judged; the tails are pauses of the machine that the model does not make (MODEL.md). */
const QUARTILES = [25, 50, 75];
/** Delays of a machine: a factor, or what the steps between two packets on it may shift. */
const FACTOR = 1.5;
const AT_LEAST_MS = 0.1;

/** The times of one write, as seen between the client and the servers [ns]. */
interface Seen {
  readonly serviceNs: number;
  /** From the response to the moment when each peer's copy is complete, ascending. */
  readonly copiesNs: readonly number[];
  /** From the response to each acknowledgement. */
  readonly acksNs: readonly number[];
}

/** Why BackupManager is not checked: only what goes to all is listened to. */
const UNTAPPED = 'manager backup: messages to one node are not listened to on the wire';

const COLUMNS = ['tomcat_version', 'manager', 'sendOptions', 'nodes', 'payload_bytes', 'gap_ms'];

/** What each metric of the files is. */
const metrics: readonly (readonly [RegExp, (seen: Seen) => readonly number[]])[] = [
  [/service time/, ({ serviceNs }) => [serviceNs]],
  [/delta complete, first/, ({ copiesNs }) => copiesNs.slice(0, 1)],
  [/delta complete, last/, ({ copiesNs }) => copiesNs.slice(-1)],
  [/ack frame/, ({ acksNs }) => acksNs],
];

/** Listens for acknowledgements on the wire: when each leaves its receiver [ns]. */
function tapAcknowledgements(cluster: Cluster): number[] {
  const { acknowledged } = cluster.channel;
  const sentNs: number[] = [];
  const answered = acknowledged.answered.bind(acknowledged);
  acknowledged.answered = (node, message, startNs, doneNs) => {
    sentNs.push(doneNs);
    answered(node, message, startNs, doneNs);
  };
  return sentNs;
}

function writesOf(row: MeasuredRow): Seen[] {
  const scenario = measuredScenario(row, {
    writes: [counter, payload(numberOr(row, 'payload_bytes', 1000))],
    jvmRoute: false,
  });
  const { cluster, script } = scripted(scenario, 0);
  const messages = tapWire(cluster);
  const acknowledgements = tapAcknowledgements(cluster);
  const latencyNs = scenario.network.latencyUs * 1000;
  const writer = new Writer(cluster, script, 0, Math.round(neededIn(row, 'gap_ms') * 1e6));
  const count = WARM_UP + Math.min(WRITES, numberIn(row, 'trials') || WRITES);
  while (writer.answers.length < count) cluster.sim.runUntil(cluster.sim.nowNs + 100e6);
  const peers = cluster.nodes.count - 1;
  // The first request sends two messages, each other one its delta.
  return writer.answers
    .slice(WARM_UP, count)
    .map(({ sentNs, answer }: { sentNs: number; answer: ScriptedAnswer }, place) => {
      const number = WARM_UP + place + 1;
      const respondedNs = sentNs + answer.latencyNs - latencyNs;
      const copiesNs = messages[number].completeNs.filter((ns) => !Number.isNaN(ns)).map((ns) => ns - respondedNs);
      const acks = acknowledgements.slice(number * peers, (number + 1) * peers);
      return {
        serviceNs: answer.latencyNs - 2 * latencyNs,
        copiesNs: copiesNs.sort((a, b) => a - b),
        acksNs: acks.map((ns) => ns - respondedNs),
      };
    });
}

function checkMetric(row: MeasuredRow, file: string, seen: readonly Seen[]): Check[] {
  const metric = wordsIn(row, 'metric', new RegExp(metrics.map(([name]) => name.source).join('|')));
  const [, pick] = metrics.find(([name]) => name.test(metric))!;
  const place = { file, configuration: columnsOf(row, COLUMNS) };
  const timesMs = seen.flatMap((one) => pick(one)).map((ns) => ns / 1e6);
  return QUARTILES.map((percent) => {
    const measured = numberIn(row, `p${percent}_ms`);
    const room = Math.max(AT_LEAST_MS, Math.abs(measured) * (FACTOR - 1));
    const given = {
      quantity: `${metric}, p${percent}, ms`,
      measured,
      n: numberIn(row, 'trials'),
      simulated: quantile(timesMs, percent / 100),
    };
    return between(place, given, [measured - room, measured + room], `factor ${FACTOR}, at least ${AT_LEAST_MS} ms`);
  });
}

/** What passes on the wire around a response: the service time, the copies of the delta, their acknowledgements. */
export const lagWire: Validator = {
  prefix: 'lag-wire-',
  check: ({ name, rows }: MeasuredFile) => {
    const runs = new Map<string, Seen[]>();
    return rows.flatMap((row) => {
      if (row.manager === 'backup') return [missed(name, row, UNTAPPED)];
      const key = JSON.stringify(columnsOf(row, COLUMNS));
      if (!runs.has(key)) runs.set(key, writesOf(row));
      return checkMetric(row, name, runs.get(key) as Seen[]);
    });
  },
};
