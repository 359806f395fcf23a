// What a live session takes of a process: the memory that more sessions need, with any strategy. Everything that the
// process holds counts, at its peak: the session's row, what strategy and store know of it, its client's next event.
import { strategyTypes } from '../../models/replication/index.ts';
import { readable } from '../lib/text-table.ts';
import type { ClusterCost } from './cluster.ts';
import { clusterOf, costOf } from './cost.ts';
import type { BenchRow } from './rows.ts';

/** Requests per second of the runs; sessions live as long as their clients think. */
const LOAD = 2000;

/** What a live session may take, the versions of its copies (and how a store keeps them) beside it. */
const SESSION_BYTES = 64;

/** Servers that can keep all sessions [MB]: who finds none begins anew, which is not what is measured here. */
const STORE_MB = 1e6;

/** The same load from more or fewer clients: each thinks longer or shorter. */
export function thinking(strategy: string, thinkTimeSMean: number, durationS = 16): object {
  const session = { thinkTimeSMean, idleTimeoutS: 20 * thinkTimeSMean };
  const stores = { memcached: { memoryMB: STORE_MB } };
  return clusterOf(16, strategy, LOAD, durationS, { session, stores });
}

/** What each session takes by which two runs differ. */
export function memoryRow(strategy: string, fewer: ClusterCost, more: ClusterCost): BenchRow {
  const bytes = (more.peakBytes - fewer.peakBytes) / (more.sessions - fewer.sessions);
  const { copyBytes, sessions } = more;
  const copies = copyBytes > 0 ? `, ${copyBytes} of them its copies` : '';
  return {
    what: `memory per live session, ${readable(sessions / 1e6)} million, ${strategy}, next event included`,
    measured: `${readable(bytes)} bytes${copies}`,
    ratio: (bytes - copyBytes) / SESSION_BYTES,
    target: `${SESSION_BYTES} bytes${copyBytes > 0 ? ' and its copies' : ''}`,
  };
}

/** Each strategy; from one million sessions on, so that what a process takes for itself plays no part. */
export async function* memoryRows(): AsyncGenerator<BenchRow> {
  for (const strategy of Object.keys(strategyTypes)) {
    const [fewer, more] = await Promise.all([500, 2000].map((thinkS) => costOf(thinking(strategy, thinkS))));
    yield memoryRow(strategy, fewer, more);
  }
}
