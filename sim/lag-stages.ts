import type { KeyedDelay } from './keyed-delay.ts';
import { keyedUint32 } from './keyed-random.ts';

const TWO_POW_MINUS_16 = 2 ** -16;
/** Seed of the cuts: a message's word is a random number of its run already. */
const CUTS = 0x3c6ef372;
/** Connections to each station that a sender uses in turn: dispatcher threads kept, each with one. @see source: MessageDispatchInterceptor. */
export const CONNECTIONS = 2;

/** Until when a copy is in each stage of its delay and its work, from the moment at which it could land without one [ns]. */
export interface LagStages {
  /** All of it has passed the wire. */
  wiredNs: number;
  /** The receiver's selector has put it into the line of the worker threads. */
  queuedNs: number;
  /** A worker thread begins with it. */
  begunNs: number;
  /** The message counts: the end of the delay, and of the work. */
  doneNs: number;
}

export const noStages = (): LagStages => ({ wiredNs: 0, queuedNs: 0, begunNs: 0, doneNs: 0 });

/**
 * Cuts the delay of one copy, with the processor time that is spent meanwhile, into its stages.
 *
 * One copy of a message passes the wire first, at once; which one is a matter of the sender's selector, whose ready connections are a
 * set of objects ordered by their hash codes (@see source: ParallelNioSender.doLoop of Tomcat 10.1): always the same one for the same
 * connections. Measured: 620 of 631 and 631 of 631 messages of a node. A later one takes a share of its own (`KeyedDelay.laterShare`). What remains is cut in three at two random places. Measured: the shares of selector, worker thread and work have means of 0.31, 0.35
 * and 0.34, and the quantiles of such cuts (`test/validation/data/order/`).
 * @param word - what the message's delays have in common (`KeyedDelay.wordOf`).
 * @param rank - which of the message's copies the station gets; `copies` - how many there are.
 * @param connection - of the sender's, counted over all senders; `factor` - of the message (`KeyedDelay.factorOf`).
 */
export function cutLag(
  delay: KeyedDelay,
  word: number,
  station: number,
  rank: number,
  copies: number,
  connection: number,
  factor: number,
  into: LagStages,
): LagStages {
  const lagNs = Math.round(delay.withoutLoss(word, station) * factor) + delay.workNs;
  const cuts = keyedUint32(CUTS, word >>> 0, station);
  const one = ((cuts >>> 16) + 0.5) * TWO_POW_MINUS_16;
  const other = ((cuts & 0xffff) + 0.5) * TWO_POW_MINUS_16;
  const isFirst = rank === delay.firstOf(connection, copies);
  into.wiredNs = Math.round(isFirst ? 0 : lagNs * delay.laterShare(word, station));
  const restNs = lagNs - into.wiredNs;
  into.queuedNs = into.wiredNs + Math.round(restNs * Math.min(one, other));
  into.begunNs = into.wiredNs + Math.round(restNs * Math.max(one, other));
  into.doneNs = lagNs;
  return into;
}
