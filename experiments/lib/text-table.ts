/** One column of a table on the terminal. */
export interface TextColumn {
  readonly head: string;
  readonly align: 'left' | 'right';
}

/** Widest line of what is printed: that of the terminal from 60 to 100 columns, 100 where it goes to a file or a program. */
export const terminalColumns = columnsOf(globalThis.process?.stdout);

function columnsOf(out: { isTTY?: boolean; columns?: number } | undefined): number {
  return out?.isTTY && out.columns !== undefined ? Math.min(100, Math.max(60, out.columns)) : 100;
}

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;

/**
 * A table in plain text, as wide as the terminal when its cells allow it.
 *
 * @param colours - the head is bold.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  colours: boolean,
): string {
  const widths = columns.map(({ head }, at) => Math.max(head.length, ...rows.map((row) => row[at].length)));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const gap = total + 2 * (columns.length - 1) <= terminalColumns ? '  ' : ' ';
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (columns[at].align === 'left' ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join(gap)
      .trimEnd();
  const head = lineOf(columns.map((column) => column.head));
  return [colours ? bold(head) : head, ...rows.map(lineOf)].map((line) => `${line}\n`).join('');
}

/** Thousands are set apart by a comma, on the terminal only. */
function grouped(text: string): string {
  const [whole, fraction] = text.split('.');
  const parts = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? parts : `${parts}.${fraction}`;
}

/** A number for a reader: three significant digits, whole above 100. */
export function readable(value: number | null): string {
  if (value === null) return '-';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e9) return `${grouped((value / 1e9).toFixed(size >= 1e11 ? 0 : 1))}e9`;
  if (size >= 99.95) return grouped(value.toFixed(0));
  if (size >= 9.995) return value.toFixed(1);
  return size >= 0.01 ? value.toFixed(2) : value.toPrecision(2);
}

/** A share for a reader, in percent: a tenth at least. */
export function percentage(share: number): string {
  return Math.abs(share) < 0.0995 ? `${(share * 100).toFixed(1)} %` : `${readable(share * 100)} %`;
}

/** Mean and half of the interval: `310 +- 12`. */
export function withInterval(mean: number | null, halfWidth: number | null): string {
  return halfWidth === null || halfWidth === 0 ? readable(mean) : `${readable(mean)} +-${readable(halfWidth)}`;
}

/** Bytes per second for a reader. */
export function byteRate(bytesPerS: number | null): string {
  if (bytesPerS === null) return '-';
  if (bytesPerS >= 1e6) return `${readable(bytesPerS / 1e6)} MB/s`;
  return bytesPerS >= 1e3 ? `${readable(bytesPerS / 1e3)} kB/s` : `${readable(bytesPerS)} B/s`;
}
