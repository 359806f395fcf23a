import cliProgress from 'cli-progress';

/** Tells how far a sweep is. */
export interface Progress {
  /** @param cost - share of the work, in the unit of the total. */
  done(cost: number): void;
  stop(): void;
}

/** A time for a reader. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A bar on standard error: runs done, rate, time left. Runs differ much in cost, so the time left goes by cost. */
export function progressBar(runs: number, totalCost: number): Progress {
  const bar = new cliProgress.SingleBar({
    format: '{shape} {value} of {total} runs, {rate} runs/s, {left} left',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 30,
  });
  const startedAt = performance.now();
  let cost = 0;
  let count = 0;
  const payload = (): object => {
    const seconds = Math.max(0.001, (performance.now() - startedAt) / 1000);
    const filled = Math.round((30 * cost) / totalCost);
    const left = cost > 0 ? duration(((totalCost - cost) / cost) * seconds) : '?';
    return { shape: `[${'#'.repeat(filled).padEnd(30, '.')}]`, rate: (count / seconds).toFixed(1), left };
  };
  bar.start(runs, 0, payload());
  return {
    done(part) {
      cost += part;
      count += 1;
      bar.update(count, payload());
    },
    stop: () => bar.stop(),
  };
}

/** Says nothing. */
export const noProgress: Progress = { done: () => {}, stop: () => {} };
