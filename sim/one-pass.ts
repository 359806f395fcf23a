import type { KeyedDelay } from './keyed-delay.ts';

/**
 * When a copy reaches a station whose reader sleeps between arrivals, given the copy of the message before it about the same
 * subject.
 *
 * A station's delay has two parts: the reader (a selector) wakes, and takes all that has come by then in one pass; a thread
 * of its pool wakes, and works. Threads are woken in the order of the pass and begin in that order. Two copies of one pass
 * are in it in any order: connections that are ready are a set. So:
 *
 * ```
 *   before |--- reader ---|--- thread ---|          within the pass: both begin together, the later one ahead or behind, by a draw
 *   this       |  in the same pass    ---|-|        after it: no sooner than the one before
 * ```
 * The first part is a uniform share of the delay. What the one before had to wait for another one before that is left out.
 * @see source: java.nio.channels.Selector.selectedKeys, a HashSet; measured, `experiments/measure/lag-stages.csv`.
 *
 * @param before - word of the message before (`KeyedDelay.wordOf`); `beforeNs` - its copy's arrival without a delay [ns].
 * @param word - of this message; `landedNs` - its copy's arrival without a delay; `plainNs` - with its own [ns].
 * @returns never before `landedNs`, never later than the largest delay after it [ns].
 */
export function onePassNs(
  delay: KeyedDelay,
  station: number,
  before: number,
  beforeNs: number,
  word: number,
  landedNs: number,
  plainNs: number,
): number {
  const lagNs = delay.withoutLoss(before, station);
  const beganNs = beforeNs + lagNs;
  let atNs = plainNs;
  if (landedNs >= beforeNs) {
    const isAhead = landedNs <= beforeNs + lagNs * delay.share(before, station) && delay.share(~word, station) < 0.5;
    if (isAhead) atNs = beganNs - 1;
    else if (landedNs <= beforeNs + lagNs * delay.share(before, station) || plainNs <= beganNs) atNs = beganNs + 1;
  } else {
    const isTogether = beforeNs <= landedNs + (plainNs - landedNs) * delay.share(word, station);
    if (isTogether && delay.share(~word, station) < 0.5) atNs = beganNs + 1;
    else if (plainNs >= beganNs) atNs = beganNs - 1;
  }
  return Math.max(landedNs, Math.min(atNs, landedNs + delay.plainLargestNs));
}
