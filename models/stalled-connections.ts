/** Tail loss probe of a lone segment [ns]. @see source: Linux tcp_schedule_loss_probe, RTO_MIN on top of two round trips. */
const PROBE_NS = 200e6;
/** First retransmission timeout on a fast network [ns]. @see source: Linux TCP_RTO_MIN = 200 ms, and one tick. */
const TIMEOUT_NS = 204e6;
/** Longest wait between two attempts [ns]. @see source: Linux TCP_RTO_MAX. */
const TIMEOUT_MAX_NS = 120e9;

/** Mean by which the kernel's timer wheel fires late [ns]: its levels are 8 times coarser each, at 250 ticks per second. */
function latenessNs(waitNs: number): number {
  if (waitNs > 16e9) return 1024e6;
  if (waitNs > 2e9) return 128e6;
  return waitNs > 256e6 ? 16e6 : 2e6;
}

/** First attempt after `untilNs` of a segment that was sent at `sentNs` and never acknowledged [ns]. */
function retransmittedNs(sentNs: number, untilNs: number): number {
  let atNs = sentNs + PROBE_NS;
  for (let waitNs = TIMEOUT_NS; atNs <= untilNs; waitNs = Math.min(2 * waitNs, TIMEOUT_MAX_NS)) {
    atNs += waitNs + latenessNs(waitNs);
  }
  return atNs;
}

/**
 * TCP connections across a cut. What is written into them stays in the sender's kernel, which tries again at growing
 * intervals; after the cut everything comes at the next attempt, also what was written since.
 *
 * Model: one connection per ordered pair; it lives through every cut (TCP gives up after 15 attempts, about a quarter
 * of an hour, which is left out).
 * @see source: RFC 6298; measured: after a cut of 15 s replication comes back 11.8 s later.
 */
export class StalledConnections {
  private readonly nodes: number;
  private readonly cutUntilNs = new Map<number, number>();
  private readonly stalls = new Map<number, { sinceNs: number; untilNs: number }>();

  constructor(nodes: number) {
    this.nodes = nodes;
  }

  /** Whether any connection may be stalled. */
  get hasAny(): boolean {
    return this.cutUntilNs.size > 0;
  }

  /** The network from one node to another is cut until a moment. */
  cut(from: number, to: number, untilNs: number): void {
    const pair = from * this.nodes + to;
    this.cutUntilNs.set(pair, Math.max(untilNs, this.cutUntilNs.get(pair) ?? 0));
  }

  /** One of them has a new process: its connections are new. */
  reset(node: number): void {
    for (const pair of [...this.stalls.keys()]) {
      if (pair % this.nodes === node || Math.floor(pair / this.nodes) === node) this.stalls.delete(pair);
    }
  }

  /** When a message written now leaves the sender's kernel for good [ns]; NaN where the connection flows. */
  releaseNs(from: number, to: number, nowNs: number): number {
    const pair = from * this.nodes + to;
    const cutUntilNs = this.cutUntilNs.get(pair);
    if (cutUntilNs === undefined) return Number.NaN;
    const stall = this.stalls.get(pair);
    if (stall && nowNs < stall.untilNs) {
      if (stall.untilNs <= cutUntilNs) stall.untilNs = retransmittedNs(stall.sinceNs, cutUntilNs);
      return stall.untilNs;
    }
    if (nowNs >= cutUntilNs) {
      this.cutUntilNs.delete(pair);
      this.stalls.delete(pair);
      return Number.NaN;
    }
    const untilNs = retransmittedNs(nowNs, cutUntilNs);
    this.stalls.set(pair, { sinceNs: nowNs, untilNs });
    return untilNs;
  }
}
