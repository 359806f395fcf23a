import { invariant } from './invariant.ts';
import { logGamma } from './student-t.ts';

/** Regularised incomplete gamma function P(a, x) by its series; for x below a + 1. */
function gammaSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-16; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a));
}

/** Its complement Q(a, x) by the continued fraction (modified Lentz); for x above a + 1. */
function gammaFraction(a: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < 10_000; i += 1) {
    const step = -i * (i - a);
    b += 2;
    d = 1 / (step * d + b || tiny);
    c = b + step / c || tiny;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return fraction * Math.exp(a * Math.log(x) - x - logGamma(a));
}

/**
 * Regularised incomplete gamma function P(a, x): the chance that a gamma(a, 1) variable is below x.
 * @param a - above 0.
 */
export function incompleteGamma(a: number, x: number): number {
  if (x <= 0) return 0;
  return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x);
}

/** Quantile of the gamma distribution with shape a and scale 1. */
function gammaQuantile(p: number, a: number): number {
  let low = 0;
  let high = Math.max(1, a);
  while (incompleteGamma(a, high) < p && high < 1e300) {
    low = high;
    high *= 2;
  }
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (incompleteGamma(a, middle) < p) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Exact interval for the mean of a Poisson count of which one value was seen.
 * @param count - 0 or more; a fraction when a count was divided by its dispersion.
 * @param confidence - above 0 and below 1.
 * @see source: F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936).
 */
export function poissonInterval(count: number, confidence = 0.95): { low: number; high: number } {
  invariant(count >= 0 && confidence > 0 && confidence < 1, () => `interval of a count of ${count}, ${confidence}`);
  const tail = (1 - confidence) / 2;
  return { low: count === 0 ? 0 : gammaQuantile(tail, count), high: gammaQuantile(1 - tail, count + 1) };
}
