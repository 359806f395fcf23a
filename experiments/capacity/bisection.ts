/** Runs a load and says what came of it. */
export interface Trial {
  readonly isMet: boolean;
  /** Load at which the busiest node would be full, by this run; null where it did nothing. */
  readonly capacity: number | null;
}

/** Least load that is looked at [1/s]. */
const LEAST = 0.01;
/** Doublings and halvings that find both ends. */
const WIDENINGS = 20;

const rounded = (load: number): number => Number(load.toPrecision(6));

/**
 * The highest load at which an objective is met, by bisection of the logarithm of the load.
 *
 * Both ends are looked for first, from what one run at a moderate load says of the capacity. With common random numbers
 * a load a little higher gives the same arrivals a little sooner, so that the answer is monotone but for chance.
 * @param start - a moderate load [1/s].
 * @param tolerance - the ends of the last bracket differ by at most this share.
 * @returns the middle of the last bracket; 0 when no load meets the objective.
 */
export async function highestLoad(
  trial: (load: number) => Promise<Trial>,
  start: number,
  tolerance: number,
): Promise<number> {
  const first = await trial(rounded(start));
  const guess = Math.max(LEAST, first.capacity ?? start);
  let low = rounded(0.7 * guess);
  let high = rounded(1.05 * guess);
  let widenings = 0;
  while (!(await trial(low)).isMet) {
    high = low;
    low = rounded(low / 2);
    widenings += 1;
    if (low < LEAST || widenings > WIDENINGS) return 0;
  }
  for (widenings = 0; high === low || (await trial(high)).isMet; widenings += 1) {
    low = high;
    high = rounded(high * 1.3);
    if (widenings > WIDENINGS) return low;
  }
  while (high / low - 1 > tolerance) {
    const middle = rounded(Math.sqrt(low * high));
    if (middle <= low || middle >= high) break;
    if ((await trial(middle)).isMet) low = middle;
    else high = middle;
  }
  return rounded(Math.sqrt(low * high));
}
