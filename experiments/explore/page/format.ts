const units = ['B/s', 'kB/s', 'MB/s', 'GB/s'];

/** A rate of bytes with three significant digits. */
export function byteRate(bytesPerS: number): string {
  let value = bytesPerS;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${digits(value)} ${units[unit]}`;
}

/** A number with three significant digits, and all digits of a large one. */
export function digits(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return Number(value.toPrecision(3)).toString();
}

/** A moment of simulated time. */
export function moment(timeS: number): string {
  return `${timeS.toFixed(1)} s`;
}

/** A share as a percentage. */
export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
