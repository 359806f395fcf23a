import type { Fault } from '../../models/scenario/fault-schema.ts';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';

/** Share of the window before anything happens. */
const BEFORE = 1 / 6;
/** From the stop of a process until it is started again [s]; assumed. */
const PROCESS_GAP_S = 1;
/** From the start of a web application until it serves [s]; assumed. A whole Tomcat takes `node.startUpS`. */
const DEPLOY_S = 2;
/** From the load peak to the moment at which the autoscaler acts, and from its end to the moment at which it takes back [s]; assumed. */
const SCALING_DELAY_S = 10;
/** Load in the peak over what all nodes can carry. */
const PEAK_SHARE = 0.75;
/** Chunk of a FarmWarDeployer. @see source: Apache Tomcat 10.1, FileMessageFactory.READ_SIZE. */
export const CHUNK_BYTES = 10_240;

/** What happens in a case, and what it does to the versions of the application. */
export interface CaseEvents {
  readonly faults: readonly Fault[];
  readonly load?: Scenario['load'];
  readonly startUpS?: number;
  /** From the first node with the new version to the last with the old one [s]; null: no version changes. */
  readonly mixedVersionsS: number | null;
  /** Messages of the web application on its way to the nodes; null: it does not travel. */
  readonly chunks: { readonly messages: number; readonly transferS: number } | null;
}

/** What a case hangs on. */
interface Facts {
  readonly scenario: Scenario;
  readonly nodes: number;
  /** When it begins [s]. */
  readonly atS: number;
  readonly endS: number;
  /** Size of the web application [bytes]. */
  readonly warBytes: number;
}

const name = (index: number): string => `node-${index + 1}`;
const all = (nodes: number): string[] => Array.from({ length: nodes }, (_, index) => name(index));
const plain = (faults: readonly Fault[]): CaseEvents => ({ faults, mixedVersionsS: null, chunks: null });

/** One node after the other, each when the one before serves again or, where time is short, earlier. */
function rolling({ scenario, nodes, atS, endS }: Facts, startUpS: number): { faults: Fault[]; mixedS: number } {
  const joinS = (4 * scenario.membership.mcastFrequencyMs) / 1000;
  const stepS = Math.min(PROCESS_GAP_S + startUpS + joinS + 2, (endS - atS) / (nodes + 1));
  const faults = all(nodes).flatMap((node, index): Fault[] => [
    { atS: atS + index * stepS, stop: node },
    { atS: atS + index * stepS + PROCESS_GAP_S, restart: node },
  ]);
  return { faults, mixedS: Math.max(0, (nodes - 1) * stepS - PROCESS_GAP_S) };
}

/**
 * The new version to all nodes at once. Each chunk goes to one member after the other; a node deploys as soon as it has
 * all chunks, in whatever order they came, the watching node when all are sent.
 * @see source: Apache Tomcat 10.1, FarmWarDeployer.install, messageReceived; FileMessageFactory.writeMessage.
 */
function farm({ scenario, nodes, atS, warBytes }: Facts): CaseEvents {
  const perMember = Math.ceil(warBytes / CHUNK_BYTES);
  const { latencyUs, bandwidthMbps } = scenario.network;
  const chunkS = (CHUNK_BYTES * 8) / (bandwidthMbps * 1e6);
  const transferS = perMember * (nodes - 1) * chunkS + latencyUs / 1e6;
  const faults = all(nodes).flatMap((node, index): Fault[] => {
    const hasAllS = atS + transferS - (index === 0 ? 0 : (nodes - 1 - index) * chunkS);
    return [
      { atS: hasAllS, stop: node },
      { atS: hasAllS + 0.001, restart: node },
    ];
  });
  const chunks = { messages: perMember * (nodes - 1), transferS };
  return { faults, startUpS: DEPLOY_S, mixedVersionsS: 0, chunks };
}

/** A peak of the load; half of the nodes are started for it and stopped after it. */
function autoscaling({ scenario, nodes, atS, endS }: Facts): CaseEvents {
  const { node, service, load } = scenario;
  const spanS = (endS - atS) / 2;
  const capacity = (nodes * node.cores * 1000) / service.cpuMsMean;
  const factor = Math.max(1.5, (PEAK_SHARE * capacity) / load.requestsPerSecond);
  const profile = [
    { atS: 0, factor: 1 },
    { atS, factor },
    { atS: atS + spanS, factor: 1 },
  ];
  const extra = all(nodes).slice(Math.ceil(nodes / 2));
  const faults = extra.flatMap((one): Fault[] => [
    { atS: 0, stop: one },
    { atS: atS + SCALING_DELAY_S, restart: one },
    { atS: atS + spanS + SCALING_DELAY_S, stop: one },
  ]);
  const periodS = Math.max(load.profilePeriodS, endS + 1);
  return { ...plain(faults), load: { ...load, profile, profileStartS: 0, profilePeriodS: periodS } };
}

/** What can happen to a cluster, by name. */
const failoverCases: Readonly<Record<string, (facts: Facts) => CaseEvents>> = {
  crash: ({ atS }) => plain([{ atS, crash: name(0) }]),
  'power-off': ({ atS }) => plain([{ atS, powerOff: name(0) }]),
  freeze: ({ atS }) => plain([{ atS, freeze: name(0), forS: 10 }]),
  partition: ({ nodes, atS, endS }) => {
    const half = Math.ceil(nodes / 2);
    const groups = [all(nodes).slice(0, half), all(nodes).slice(half)];
    return plain(groups[1].length === 0 ? [] : [{ atS, partition: groups, forS: Math.min(20, (endS - atS) / 2) }]);
  },
  'graceful-stop': ({ atS }) => plain([{ atS, stop: name(0) }]),
  'rolling-restart': (facts) => plain(rolling(facts, facts.scenario.node.startUpS).faults),
  'rolling-deployment': (facts) => {
    const { faults, mixedS } = rolling(facts, DEPLOY_S);
    return { faults, startUpS: DEPLOY_S, mixedVersionsS: mixedS, chunks: null };
  },
  'farm-deployment': farm,
  'join-under-load': ({ nodes, atS }) =>
    plain([
      { atS: 0, stop: name(nodes - 1) },
      { atS, restart: name(nodes - 1) },
    ]),
  autoscaling,
};

/** Names of the cases. */
export const failoverCaseNames = Object.keys(failoverCases);

/** When the case begins in a run [s]. */
export function beginsAtS({ run }: Scenario): number {
  return run.warmUpS + run.durationS * BEFORE;
}

/** The events of a case in a scenario. */
export function eventsOf(scenario: Scenario, caseName: string, warBytes: number): CaseEvents {
  const { warmUpS, durationS } = scenario.run;
  const facts = {
    ...{ scenario, nodes: nodeCount(scenario), warBytes },
    ...{ atS: beginsAtS(scenario), endS: warmUpS + durationS },
  };
  return failoverCases[caseName](facts);
}

/** A scenario in which a case happens, besides what it says itself. */
export function withCaseEvents(scenario: Scenario, caseName: string, warBytes: number): Scenario {
  const { faults, load, startUpS } = eventsOf(scenario, caseName, warBytes);
  const node = startUpS === undefined ? scenario.node : { ...scenario.node, startUpS };
  return { ...scenario, node, load: load ?? scenario.load, faults: [...scenario.faults, ...faults] };
}
