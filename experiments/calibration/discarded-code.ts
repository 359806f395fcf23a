import { type MeasuredRow, numberIn, quantile } from '../validation/check.ts';

/** A JVM is warm from here on; requests before it are not looked at. */
const WARM_REQUESTS = 60_000;
/** Code is slow while a request takes so much more than the median of its JVM, and no longer after so many seconds below it. */
const SLOW = 1.25;
const FAST_SECONDS = 2;
const SHARES = [0, 0.25, 0.5, 0.75, 1];

/** A second of a JVM that is always busy. */
interface Second {
  readonly requests: number;
  readonly servingMs: number;
  readonly compilersMs: number;
  readonly isDiscarding: boolean;
}

/** A stretch of slow requests that begins with code being thrown away. */
interface Slow {
  readonly requests: number;
  readonly ratio: number;
  readonly compilersMs: number;
}

const rounded = (value: number): number => Number(value.toPrecision(3));
const sum = (seconds: readonly Second[], of: (second: Second) => number): number =>
  seconds.reduce((total, second) => total + of(second), 0);
const costOf = (seconds: readonly Second[]): number =>
  sum(seconds, ({ servingMs }) => servingMs) / sum(seconds, ({ requests }) => requests);

function secondsOf(rows: readonly MeasuredRow[]): Second[] {
  return rows
    .map((row, place) => ({
      requests: numberIn(row, 'requests') - (place === 0 ? Number.NaN : numberIn(rows[place - 1], 'requests')),
      servingMs: numberIn(row, 'serving_ms'),
      compilersMs: numberIn(row, 'c1_ms') + numberIn(row, 'c2_ms'),
      isDiscarding: (row.discarded ?? '') !== '',
      total: numberIn(row, 'requests'),
    }))
    .filter(({ total, requests }) => total > WARM_REQUESTS && requests > 0);
}

function slowOf(seconds: readonly Second[]): Slow[] {
  const usual = quantile(
    seconds.map((second) => costOf([second])),
    0.5,
  );
  const isFast = (at: number): boolean => at >= seconds.length || costOf([seconds[at]]) < SLOW * usual;
  const found: Slow[] = [];
  for (let from = 0; from < seconds.length; from += 1) {
    if (!seconds[from].isDiscarding) continue;
    let until = from + 1;
    while (!Array.from({ length: FAST_SECONDS }, (_, after) => isFast(until + after)).every(Boolean)) until += 1;
    if (until === from + 1) continue;
    const slow = seconds.slice(from + 1, until);
    found.push({
      requests: sum(slow, ({ requests }) => requests),
      ratio: costOf(slow) / usual,
      compilersMs: sum(seconds.slice(from, until + FAST_SECONDS), ({ compilersMs }) => compilersMs),
    });
    from = until - 1;
  }
  return found;
}

/** How often code is thrown away that matters, and what that costs, from the seconds of `code.csv`; nothing if it never was. */
export function discardsOf(rows: readonly MeasuredRow[]): Record<string, unknown> {
  const jvms = [...new Set(rows.map(({ jvm }) => jvm))].map((jvm) => secondsOf(rows.filter((row) => row.jvm === jvm)));
  const slow = jvms.flatMap(slowOf);
  if (slow.length === 0) return {};
  const all = jvms.reduce((total, seconds) => total + sum(seconds, ({ requests }) => requests), 0);
  const slowed = slow.reduce((total, { requests }) => total + requests, 0);
  const work = slow.map(({ compilersMs }) => compilersMs);
  return {
    discardedEvery: rounded(all / slow.length),
    discardedFactor: rounded(slow.reduce((total, { requests, ratio }) => total + (requests * ratio) / slowed, 0)),
    discardedCompilerMs: rounded(work.reduce((total, one) => total + one, 0) / work.length),
    discardedCompilerMsQuantiles: SHARES.map((share) => [share, rounded(quantile(work, share))]),
  };
}
