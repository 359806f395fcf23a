/** The Universal Scalability Law X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)). */
export interface UslFit {
  /** Load that one node carries alone. */
  readonly gamma: number;
  /** Contention: what waits for what cannot be shared. */
  readonly alpha: number;
  /** Coherency: what every pair of nodes costs. */
  readonly beta: number;
}

/** Throughput of N nodes by the law. */
export function uslThroughput({ gamma, alpha, beta }: UslFit, nodes: number): number {
  return (gamma * nodes) / (1 + alpha * (nodes - 1) + beta * nodes * (nodes - 1));
}

/** Number of nodes beyond which the law falls; null when it never does. */
export function uslPeak({ alpha, beta }: UslFit): number | null {
  return beta > 0 ? Math.sqrt((1 - alpha) / beta) : null;
}

interface Sample {
  readonly nodes: number;
  readonly load: number;
}

/** Solves a symmetric system of at most three equations; undefined when it has no single solution. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const n = right.length;
  const rows = matrix.map((row, at) => [...row, right[at]]);
  for (let column = 0; column < n; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < n; row += 1) {
      if (Math.abs(rows[row][column]) > Math.abs(rows[pivot][column])) pivot = row;
    }
    if (Math.abs(rows[pivot][column]) < 1e-14) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let row = 0; row < n; row += 1) {
      if (row === column) continue;
      const factor = rows[row][column] / rows[column][column];
      for (let at = column; at <= n; at += 1) rows[row][at] -= factor * rows[column][at];
    }
  }
  return rows.map((row, at) => row[n] / row[at]);
}

/**
 * Fits the law to what clusters of several sizes carry: least squares of the relative error, neither coefficient below 0.
 *
 * N / X = 1/gamma + alpha/gamma (N - 1) + beta/gamma N (N - 1) is linear in its three terms; of the subsets of terms whose
 * coefficients come out positive the one with the smallest error is taken.
 * @param samples - of at least two sizes, loads above 0.
 * @see source: N. J. Gunther, "A general theory of computational scalability based on rational functions" (2008).
 */
export function fitUsl(samples: readonly Sample[]): UslFit | undefined {
  const known = samples.filter(({ load }) => load > 0);
  if (new Set(known.map(({ nodes }) => nodes)).size < 2) return undefined;
  const terms = [() => 1, (n: number) => n - 1, (n: number) => n * (n - 1)];
  let best: { error: number; fit: UslFit } | undefined;
  for (const chosen of [[0], [0, 1], [0, 2], [0, 1, 2]]) {
    // Relative weights: N / X is of the size of its own error bar.
    const rows = known.map(({ nodes, load }) => chosen.map((term) => (terms[term](nodes) * load) / nodes));
    const normal = chosen.map((_, i) => chosen.map((__, j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)));
    const right = chosen.map((_, i) => rows.reduce((sum, row) => sum + row[i], 0));
    const found = solve(normal, right);
    if (found === undefined || found.some((value) => value < 0) || found[0] <= 0) continue;
    const error = rows.reduce(
      (sum, row) => sum + (row.reduce((part, cell, i) => part + cell * found[i], 0) - 1) ** 2,
      0,
    );
    const of = (term: number): number => (chosen.includes(term) ? found[chosen.indexOf(term)] / found[0] : 0);
    const fit = { gamma: 1 / found[0], alpha: of(1), beta: of(2) };
    if (best === undefined || error < best.error - 1e-12) best = { error, fit };
  }
  return best?.fit;
}
