/** One measured sum: how often each parameter is in it, and what it came to. */
export interface Equation {
  readonly terms: Readonly<Record<string, number>>;
  readonly value: number;
  /** Where it was read, for messages. */
  readonly place: string;
}

/** A fitted parameter. */
export interface Estimate {
  readonly value: number;
  /** NaN where the rows leave no freedom to tell it. */
  readonly standardError: number;
  /** Equations that contain it. */
  readonly equations: number;
}

/** What a fit gave. */
export interface Fit {
  readonly estimates: ReadonlyMap<string, Estimate>;
  /** Typical relative error of an equation. */
  readonly residual: number;
}

const TINY = 1e-9;

/** Solves a symmetric system by elimination; a parameter that the ones before it determine gets 0. @returns its inverse. */
function inverse(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length;
  const work = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  const isDependent: boolean[] = [];
  for (let pivot = 0; pivot < size; pivot += 1) {
    const scale = work[pivot][pivot];
    isDependent[pivot] = !(Math.abs(scale) > TINY * Math.max(TINY, matrix[pivot][pivot]));
    if (isDependent[pivot]) continue;
    for (let column = 0; column < 2 * size; column += 1) work[pivot][column] /= scale;
    for (let row = 0; row < size; row += 1) {
      if (row === pivot) continue;
      const factor = work[row][pivot];
      for (let column = 0; column < 2 * size; column += 1) work[row][column] -= factor * work[pivot][column];
    }
  }
  return work.map((row, i) => row.slice(size).map((value, j) => (isDependent[i] || isDependent[j] ? 0 : value)));
}

function solve(equations: readonly Equation[], names: readonly string[]): { values: number[]; inverse: number[][] } {
  const rows = equations.map(({ terms, value }) => names.map((name) => (terms[name] ?? 0) / value));
  const normal = names.map((_, i) => names.map((__, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)));
  const right = names.map((_, i) => rows.reduce((sum, row) => sum + row[i], 0));
  const inverted = inverse(normal);
  return { values: inverted.map((row) => row.reduce((sum, one, j) => sum + one * right[j], 0)), inverse: inverted };
}

/**
 * Fits parameters that are not negative to sums of them, by least squares of the relative errors; the most negative one
 * is set to 0 until there is none.
 *
 * @param names - parameters; of two that the equations cannot tell apart, the one named later gets 0.
 */
export function fitSums(equations: readonly Equation[], names: readonly string[]): Fit {
  let free = names.filter((name) => equations.some(({ terms }) => (terms[name] ?? 0) !== 0));
  let solution = solve(equations, free);
  for (;;) {
    const least = Math.min(0, ...solution.values);
    if (least === 0) break;
    free = free.filter((_, place) => solution.values[place] !== least);
    solution = solve(equations, free);
  }
  const errors = equations.map(({ terms, value }) => {
    const sum = free.reduce((total, name, place) => total + (terms[name] ?? 0) * solution.values[place], 0);
    return sum / value - 1;
  });
  const freedom = equations.length - free.length;
  const variance = freedom > 0 ? errors.reduce((sum, error) => sum + error * error, 0) / freedom : Number.NaN;
  const estimates = new Map<string, Estimate>();
  for (const name of names) {
    const place = free.indexOf(name);
    const count = equations.filter(({ terms }) => (terms[name] ?? 0) !== 0).length;
    if (count === 0) continue;
    const spread = place < 0 ? 0 : solution.inverse[place][place];
    estimates.set(name, {
      value: place < 0 ? 0 : solution.values[place],
      standardError: spread > 0 ? Math.sqrt(variance * spread) : Number.NaN,
      equations: count,
    });
  }
  return { estimates, residual: Math.sqrt(variance) };
}
