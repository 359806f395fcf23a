// Simulated time is an integer count of nanoseconds in a plain `number`: exact up to 2^53 ns = 104 days.
// A sampled or configured duration is rounded exactly once, here, where it enters the kernel; there is no epsilon.

/** One microsecond [ns]. */
export const MICROSECOND_NS = 1_000;
/** One millisecond [ns]. */
export const MILLISECOND_NS = 1_000_000;
/** One second [ns]. */
export const SECOND_NS = 1_000_000_000;

function wholeNs(valueNs: number, value: number, unit: string): number {
  const roundedNs = Math.round(valueNs);
  if (!Number.isSafeInteger(roundedNs)) throw new RangeError(`${value} ${unit} is not a representable time`);
  return roundedNs;
}

/**
 * Converts microseconds to the kernel's time.
 * @param value - a duration or an instant [us], finite; fractions are rounded to the nearest nanosecond.
 * @returns integer time [ns].
 * @throws RangeError - when the value is not finite or exceeds 2^53 ns.
 */
export function microseconds(value: number): number {
  return wholeNs(value * MICROSECOND_NS, value, 'us');
}

/**
 * Converts milliseconds to the kernel's time.
 * @param value - a duration or an instant [ms], finite; fractions are rounded to the nearest nanosecond.
 * @returns integer time [ns].
 * @throws RangeError - when the value is not finite or exceeds 2^53 ns.
 */
export function milliseconds(value: number): number {
  return wholeNs(value * MILLISECOND_NS, value, 'ms');
}

/**
 * Converts seconds to the kernel's time.
 * @param value - a duration or an instant [s], finite; fractions are rounded to the nearest nanosecond.
 * @returns integer time [ns].
 * @throws RangeError - when the value is not finite or exceeds 2^53 ns.
 */
export function seconds(value: number): number {
  return wholeNs(value * SECOND_NS, value, 's');
}
