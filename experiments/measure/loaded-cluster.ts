import { quantile } from '../validation/check.ts';
import { CpuLimit, processorS } from './cpu-limit.ts';
import { addressOf, type Lab, nowMs } from './lab.ts';
import { type LoadCounts, OpenLoad } from './open-load.ts';

/** Sticky sessions per node. */
const SESSIONS = 60;
/** A counter and a byte[], both set in each request. */
export const PAYLOAD_BYTES = 1000;
const QUERY = `c&p=${PAYLOAD_BYTES}`;
const PORT = 8080;
/** Each step of the load lasts so long before it counts, and while it does [ms]. */
const SETTLE_MS = 1000;
const WINDOW_MS = 5000;
/** What is not answered so long after a step is given up [ms]. */
const LOST_MS = 10_000;
/** Requests under way at every node while nothing is limited, so that the compilers get done. */
const WARM_UNDER_WAY = 16;

/** Threads of the JVM that compile. */
const COMPILERS = ['C1 Compiler', 'C2 Compiler'];

/** What a step of the load gave. */
export interface Step {
  readonly offeredPerS: number;
  readonly completedPerS: number;
  readonly counts: LoadCounts;
  /** Unanswered requests of each node when the step ended. */
  readonly unanswered: readonly number[];
  /** Processor time of each node [cores], and the share of its periods in which its quota was used up. */
  readonly cores: readonly number[];
  readonly throttled: readonly number[];
  /** Of the processor time, that of the compilers [cores]. */
  readonly compilerCores: readonly number[];
  readonly generatorCores: number;
  readonly drainS: number;
}

/** All is carried: 97 % completed, 95th percentile at most 500 ms, no errors. @see source: the shipped measurements. */
export function isCarried({ offeredPerS, completedPerS, counts }: Step): boolean {
  if (counts.latenciesMs.length === 0) return false;
  return completedPerS >= 0.97 * offeredPerS && quantile(counts.latenciesMs, 0.95) <= 500 && counts.errors === 0;
}

/** A cluster that was started, under a load, each of its nodes in a control group. */
export class LoadedCluster {
  readonly load: OpenLoad;
  private readonly limits: CpuLimit[];
  private readonly pids: number[];
  private readonly lab: Lab;

  /** @param owner - folder of the measurement, which names the control groups. */
  constructor(lab: Lab, owner: string) {
    const nodes = Array.from({ length: lab.count }, (_, node) => node);
    this.lab = lab;
    this.pids = nodes.map((node) => lab.pidOf(node));
    this.limits = nodes.map((node) => new CpuLimit(owner, `node${node + 1}`, lab.pidOf(node)));
    this.load = new OpenLoad(
      nodes.map((node) => ({ host: addressOf(node), port: PORT })),
      QUERY,
    );
  }

  /** Serves so many requests per node without a limit. */
  async warmUp(perNode: number): Promise<void> {
    await this.load.createSessions(SESSIONS);
    await this.load.saturate(WARM_UNDER_WAY, perNode * this.pids.length);
    await this.load.drain(LOST_MS);
  }

  /** Gives each node so much processor time per period [us]. */
  limit(quotaUs: number, periodUs: number): void {
    for (const limit of this.limits) limit.set(quotaUs, periodUs);
  }

  private readUse() {
    return {
      atMs: nowMs(),
      busyS: this.pids.map(processorS),
      compilerMs: this.pids.map((_, node) => COMPILERS.reduce((sum, name) => sum + this.lab.threadsMs(node, name), 0)),
      periods: this.limits.map((limit) => limit.periods()),
      own: process.cpuUsage(),
    };
  }

  /** Offers a load for a few seconds, and waits until it is answered. */
  async step(ratePerS: number): Promise<Step> {
    let before = this.readUse();
    const counts = await this.load.run(ratePerS, SETTLE_MS, WINDOW_MS, () => {
      before = this.readUse();
    });
    const after = this.readUse();
    const completedPerS = (1000 * counts.completed) / WINDOW_MS;
    const unanswered = this.load.unanswered();
    const tookS = (after.atMs - before.atMs) / 1000;
    const ownUs = after.own.user + after.own.system - before.own.user - before.own.system;
    const drainMs = await this.load.drain(LOST_MS);
    return {
      offeredPerS: (1000 * counts.offered) / WINDOW_MS,
      completedPerS,
      counts,
      unanswered,
      cores: after.busyS.map((busyS, node) => (busyS - before.busyS[node]) / tookS),
      compilerCores: after.compilerMs.map((ms, node) => (ms - before.compilerMs[node]) / 1000 / tookS),
      throttled: after.periods.map(({ periods, throttled }, node) => {
        const passed = periods - before.periods[node].periods;
        return passed > 0 ? (throttled - before.periods[node].throttled) / passed : 0;
      }),
      generatorCores: ownUs / 1e6 / tookS,
      drainS: drainMs / 1000,
    };
  }

  close(): void {
    this.load.close();
  }
}
