// One cluster in a process of its own, so that its memory is known and nothing before it has warmed the compiler.
// Arguments: a scenario as JSON, and into how many slices the run is cut after its first quarter. Runs the quarter, and each
// slice, when a byte comes on standard input, and answers with a byte. Prints what it cost as one line of JSON.
import { readSync, writeSync } from 'node:fs';
import { sum } from 'd3-array';
import { Cluster } from '../../models/cluster.ts';
import { LocalCopies } from '../../models/replication/local-copies.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { sessionState } from '../../models/sessions.ts';
import { WordColumn } from '../../sim/packed-rows.ts';
import { seconds } from '../../sim/time.ts';

/** A number of a row of the session table. */
const WORD_BYTES = 4;

/** What a stretch of a run cost. */
export interface Cost {
  readonly deliveries: number;
  readonly requests: number;
  /** Processor time of the process, garbage collection and compiling included [s]. */
  readonly cpuS: number;
}

/** What a run cost in all; and from a quarter of its time on, when the program is compiled and the cluster filled. */
export interface ClusterCost extends Cost {
  readonly later: Cost;
  readonly peakBytes: number;
  /** Sessions alive at the end, and what each takes for the copies that servers and nodes have of it [bytes]. */
  readonly sessions: number;
  readonly copyBytes: number;
}

const scenario = parseScenario(JSON.parse(process.argv[2]));
const slices = Number(process.argv[3]);
const start = process.cpuUsage();
const cluster = new Cluster(scenario, 1);

/** What it has cost so far; every node has received what has reached it. */
function costSoFar(): Cost {
  for (let node = 0; node < cluster.nodes.count; node += 1) cluster.catchUp(node);
  const { user, system } = process.cpuUsage(start);
  return {
    deliveries: cluster.plane.deliveries,
    requests: cluster.measurement.completedAll,
    cpuS: (user + system) / 1e6,
  };
}

/** Bytes per row of the columns of an object and of its parts, as far as they are as long as the session table. */
function columnBytes(part: unknown, seen = new Set<unknown>([cluster, cluster.strategy, cluster.sessions])): number {
  if (typeof part !== 'object' || part === null || seen.has(part)) return 0;
  seen.add(part);
  if (!ArrayBuffer.isView(part)) return sum(Object.values(part), (each) => columnBytes(each, seen));
  const { capacity, rows } = cluster.sessions;
  const { length, BYTES_PER_ELEMENT } = part as Int32Array;
  return length < rows ? 0 : BYTES_PER_ELEMENT * Math.max(1, Math.floor(length / capacity));
}

/** What a session takes for its copies: at the servers of the store, and on nodes other than its own. */
function copyBytes(): number {
  const { strategy, store, sessions } = cluster;
  const local = Object.values(strategy).flatMap((part) => Object.values((part as object | undefined) ?? {}));
  const copies = local.filter((part) => part instanceof LocalCopies);
  const { secondVersion } = sessions;
  const second = secondVersion instanceof WordColumn ? WORD_BYTES : columnBytes(secondVersion);
  return columnBytes(store) + sum(copies, (part) => columnBytes(part)) + second;
}

function livingSessions(): number {
  const { rows, state } = cluster.sessions;
  let count = 0;
  for (let row = 0; row < rows; row += 1) {
    if (state.get(row) === sessionState.ACTIVE || state.get(row) === sessionState.LEFT) count += 1;
  }
  return count;
}

/** Waits for its turn; says that it is over. */
function inTurn<Result>(work: () => Result): Result {
  readSync(0, new Uint8Array(1));
  const result = work();
  writeSync(1, '\n');
  return result;
}

const { warmUpS, durationS } = scenario.run;
const quarter = inTurn(() => {
  cluster.sim.runUntil(seconds(warmUpS + durationS / 4));
  return costSoFar();
});
for (let slice = 1; slice < slices; slice += 1) {
  inTurn(() => cluster.sim.runUntil(seconds(warmUpS + durationS * (1 / 4 + ((3 / 4) * slice) / slices))));
}
const end = inTurn(() => {
  cluster.sim.runUntil(seconds(warmUpS + durationS));
  return costSoFar();
});
const alive = {
  sessions: livingSessions(),
  copyBytes: copyBytes(),
};
cluster.run();
const cost: ClusterCost = {
  ...costSoFar(),
  later: {
    deliveries: end.deliveries - quarter.deliveries,
    requests: end.requests - quarter.requests,
    cpuS: end.cpuS - quarter.cpuS,
  },
  peakBytes: process.resourceUsage().maxRSS * 1024,
  ...alive,
};
writeSync(1, `${JSON.stringify(cost)}\n`);
