import { invariant } from './invariant.ts';

const LOG_ROOT_TWO_PI = Math.log(2 * Math.PI) / 2;
/** Coefficients of Stirling's series in 1/x, 1/x^3, ... */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360];

/** Logarithm of the gamma function of x > 0. */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  for (; shifted < 15; shifted++) product *= shifted;
  let series = 0;
  for (let i = STIRLING.length - 1; i >= 0; i--) series = series / (shifted * shifted) + STIRLING[i];
  return (shifted - 0.5) * Math.log(shifted) - shifted + LOG_ROOT_TWO_PI + series / shifted - Math.log(product);
}

/** Continued fraction of the incomplete beta function, evaluated from its front (modified Lentz). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + even * d || tiny);
    c = 1 + even / c || tiny;
    fraction *= c * d;
    d = 1 / (1 + odd * d || tiny);
    c = 1 + odd / c || tiny;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction;
}

/**
 * Regularised incomplete beta function I_x(a, b): the chance that a beta(a, b) variable is below x.
 * @param x - 0 to 1.
 * @param a - above 0.
 * @param b - above 0.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  const front = Math.exp(logFront);
  // The fraction converges fast on this side of the mean only.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Quantiles by degrees of freedom and probability: a table of results asks for the same few thousands of times. */
const known = new Map<number, Map<number, number>>();

/**
 * Quantile of Student's t.
 * @param p - probability, above 0 and below 1.
 * @param degrees - degrees of freedom, above 0.
 */
export function studentT(p: number, degrees: number): number {
  invariant(p > 0 && p < 1 && degrees > 0, () => `t quantile ${p} of ${degrees} degrees of freedom`);
  const ofDegrees = known.get(degrees) ?? new Map<number, number>();
  known.set(degrees, ofDegrees);
  const found = ofDegrees.get(p) ?? quantile(p, degrees);
  ofDegrees.set(p, found);
  return found;
}

function quantile(p: number, degrees: number): number {
  const bothTails = 2 * Math.min(p, 1 - p);
  const isBelow = (t: number) => incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) > bothTails;
  let low = 0;
  let high = 1;
  for (; isBelow(high) && high < 1e150; high *= 2) low = high;
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return p < 0.5 ? -high : high;
}
