import { keyedUniform } from './keyed-random.ts';

/** Smallest share of the timeout that is not the round trip [ns]. @see source: Linux TCP_RTO_MIN = 200 ms, tcp_set_rto. */
export const RETRANSMISSION_NS = 200e6;
/** No segment is lost more often in a row. */
const LOST_MAX = 3;
/** A later segment tells of the loss of an earlier one after a round trip and a quarter. @see source: RFC 8985, RACK reordering window. */
const FAST_ROUND_TRIPS = 1.25;
const OTHER_SEGMENTS = 0x2545f491;

/** No message waits longer [ns]. */
export function longestWaitNs(roundTripNs: number): number {
  return (RETRANSMISSION_NS + roundTripNs) * (2 ** LOST_MAX - 1);
}

/** How long a connection waits in all until a segment has been sent `times` times more, at growing intervals [ns]. */
function timeoutsNs(times: number, roundTripNs: number): number {
  return (RETRANSMISSION_NS + roundTripNs) * (2 ** times - 1);
}

/** How often the unluckiest of some segments is lost in a row, `LOST_MAX` at most. */
function lossesOf(draw: number, segments: number, ratio: number): number {
  let losses = 0;
  while (losses < LOST_MAX && draw < 1 - (1 - ratio ** (losses + 1)) ** segments) losses += 1;
  return losses;
}

/** How long a message that the segments of later ones have told of waits for its lost segments [ns]. */
export function fastWaitNs(roundTripNs: number): number {
  return Math.round(FAST_ROUND_TRIPS * roundTripNs);
}

/**
 * How much later than without loss a message over TCP is complete at its receiver.
 *
 * ```
 *   last segment lost:           nothing follows that could tell: timeout of 200 ms and a round trip, doubling
 *   one before it lost:          the later ones tell: a round trip and a quarter; lost again: the timeout
 * ```
 * Model: every segment is lost by itself; the message has its connection for itself; acknowledgements of TCP are not lost; the
 * congestion window is left out.
 * @see source: RFC 6298, RFC 8985; Linux tcp_input.c, tcp_recovery.c, tcp_timer.c.
 * @param seed - of the draws; a, b - the message, and its connection: see `keyedUniform`.
 * @param segments - of the message, 1 or more.
 * @param ratio - probability that one is lost.
 * @param roundTripNs - of the network, without load.
 */
export function retransmissionNs(
  seed: number,
  a: number,
  b: number,
  segments: number,
  ratio: number,
  roundTripNs: number,
): number {
  const waitNs = timeoutsNs(lossesOf(keyedUniform(seed, a, b), 1, ratio), roundTripNs);
  if (segments === 1) return waitNs;
  const others = lossesOf(keyedUniform(seed ^ OTHER_SEGMENTS, a, b), segments - 1, ratio);
  if (others === 0) return waitNs;
  return Math.max(waitNs, fastWaitNs(roundTripNs) + timeoutsNs(others - 1, roundTripNs));
}
