import type { RequestPool } from './requests.ts';

/** So many different factors are told apart. */
const LEVELS = 8;

/**
 * How much longer, or shorter, a sleeping thread takes to run than in the profile of lags, by how long nothing was sent in the
 * cluster: who has slept for long has lost the processor's caches, and its processor sleeps more deeply. The messages of one request
 * find the same threads, as rested as it found them.
 */
export class RestedThreads {
  /** The factors told apart, one per level; a single 1 where the profile does not say. */
  readonly factors: readonly number[];
  private readonly points: readonly (readonly [number, number])[];
  private readonly requests: RequestPool;
  private slot = -1;
  private generation = -1;
  private sentNs = 0;
  private level = 0;

  /** @param points - idle time [ms], ascending, and factor; straight in between, constant beyond. */
  constructor(points: readonly (readonly [number, number])[], requests: RequestPool) {
    this.points = points;
    this.requests = requests;
    const all = points.map(([, factor]) => factor);
    const least = Math.min(...all);
    const step = (Math.max(...all) - least) / (LEVELS - 1);
    this.factors = points.length === 0 ? [1] : Array.from({ length: LEVELS }, (_, level) => least + level * step);
  }

  /** The level of a message sent now by a request's thread, or by nobody's (-1). */
  levelOf(slot: number, nowNs: number): number {
    if (this.points.length === 0) return 0;
    const generation = slot >= 0 ? this.requests.generation[slot] : -1;
    if (slot < 0 || slot !== this.slot || generation !== this.generation)
      this.level = this.levelAfter(nowNs - this.sentNs);
    this.slot = slot;
    this.generation = generation;
    this.sentNs = nowNs;
    return this.level;
  }

  private levelAfter(idleNs: number): number {
    const { points, factors } = this;
    const idleMs = idleNs / 1e6;
    let [lowMs, low] = points[0];
    let factor = low;
    for (const [highMs, high] of points) {
      factor = idleMs >= highMs ? high : low + ((high - low) * Math.max(0, idleMs - lowMs)) / (highMs - lowMs || 1);
      if (idleMs < highMs) break;
      lowMs = highMs;
      low = high;
    }
    const span = factors[LEVELS - 1] - factors[0];
    return span > 0 ? Math.round(((factor - factors[0]) / span) * (LEVELS - 1)) : 0;
  }
}
