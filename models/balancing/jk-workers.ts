import type { AttemptOutcome, BalancerOptions } from './balancer.ts';

const nsPerSecond = 1e9;

/**
 * States of a worker in mod_jk; only those up to `force` serve.
 *
 * ```
 * idle <-> ok --error--> error --recover_time--> recover --one request--> probe --> ok | error
 *                          \--no other worker left--> force --> ok | error
 * ```
 */
export const jkState = { idle: 0, ok: 1, recover: 2, force: 3, busy: 4, error: 5, probe: 6 } as const;

/** Time of an error that never was. */
const never = -1;

/**
 * What mod_jk's load balancer remembers of each worker (server), in memory shared by all processes of httpd.
 *
 * Model: states, load values and clocks of whole seconds as in `jk_lb_worker.c`. Maintenance runs with the first request
 * after its interval, not by a clock of its own. Left out: busy limits and connection pools that run dry.
 * @see source: tomcat-connectors main fdb5700, `native/common/jk_lb_worker.c`.
 */
export class JkWorkers {
  readonly count: number;
  readonly state: Uint8Array;
  readonly loadValue: Float64Array;
  /** Load of one request: least common multiple of all factors over the worker's own. */
  readonly loadStep: Float64Array;
  private readonly busy: Int32Array;
  private readonly elected: Float64Array;
  private readonly electedBefore: Float64Array;
  private readonly firstErrorS: Int32Array;
  private readonly lastErrorS: Int32Array;
  private readonly replyTimeouts: Int32Array;
  private readonly hasLoadDecay: boolean;
  private readonly maxReplyTimeouts: number;
  private readonly recoverTimeS: number;
  private readonly errorEscalationTimeS: number;
  private readonly maintainIntervalS: number;
  private maintainedS = 0;

  /** @param hasLoadDecay - whether maintenance halves the load values; not so for busyness. */
  constructor(options: BalancerOptions, hasLoadDecay: boolean) {
    const factors = options.servers.map((server) => Math.max(1, Math.trunc(server.loadFactor)));
    const multiple = factors.reduce((product, factor) => (product / commonDivisor(product, factor)) * factor, 1);
    this.count = factors.length;
    this.state = new Uint8Array(this.count).fill(jkState.idle);
    this.loadValue = new Float64Array(this.count);
    this.loadStep = Float64Array.from(factors, (factor) => multiple / factor);
    this.busy = new Int32Array(this.count);
    this.elected = new Float64Array(this.count);
    this.electedBefore = new Float64Array(this.count);
    this.firstErrorS = new Int32Array(this.count).fill(never);
    this.lastErrorS = new Int32Array(this.count).fill(never);
    this.replyTimeouts = new Int32Array(this.count);
    this.hasLoadDecay = hasLoadDecay;
    this.maxReplyTimeouts = options.maxReplyTimeouts ?? 0;
    this.recoverTimeS = Math.max(1, options.recoverTimeS ?? 60);
    this.errorEscalationTimeS = options.errorEscalationTimeS ?? Math.trunc(this.recoverTimeS / 2);
    this.maintainIntervalS = options.maintainIntervalS ?? 60;
  }

  /** A request was given to a worker; a recovering one is now being probed and gets no second request. */
  elect(server: number): void {
    if (this.state[server] === jkState.recover) this.state[server] = jkState.probe;
  }

  started(server: number): void {
    this.elected[server] += 1;
    this.busy[server] += 1;
  }

  finished(server: number, timeNs: number, outcome: AttemptOutcome): void {
    this.busy[server] -= 1;
    if (this.state[server] !== jkState.error) this.state[server] = jkState.ok;
    if (outcome === 'ok' || outcome === 'neutral') {
      this.state[server] = jkState.ok;
      this.firstErrorS[server] = never;
      this.lastErrorS[server] = never;
      return;
    }
    const nowS = Math.floor(timeNs / nsPerSecond);
    if (outcome === 'failed') this.countError(server, nowS);
    else if (outcome === 'failed-hard') this.enterError(server, nowS);
    else {
      this.replyTimeouts[server] += 1;
      if (this.replyTimeouts[server] > this.maxReplyTimeouts) this.enterError(server, nowS);
    }
  }

  /** Global maintenance, once per interval: load values decay, workers recover, local errors escalate. */
  maintain(timeNs: number): void {
    const nowS = Math.floor(timeNs / nsPerSecond);
    const elapsedS = nowS - this.maintainedS;
    if (this.maintainIntervalS === 0 || elapsedS < this.maintainIntervalS) return;
    this.maintainedS = nowS;
    const divisor = 2 ** Math.floor(elapsedS / this.maintainIntervalS);
    let loadMax = 0;
    for (let server = 0; server < this.count; server++) {
      if (this.hasLoadDecay) this.loadValue[server] = Math.floor(this.loadValue[server] / divisor);
      this.replyTimeouts[server] = Math.floor(this.replyTimeouts[server] / divisor);
      loadMax = Math.max(loadMax, this.loadValue[server]);
    }
    if (!this.recover(nowS, loadMax)) this.forceRecovery();
  }

  /** Puts every worker that is in error into the state `force`. @returns how many. */
  forceRecovery(): number {
    let forced = 0;
    for (let server = 0; server < this.count; server++) {
      if (this.state[server] !== jkState.error) continue;
      this.replyTimeouts[server] = 0;
      this.state[server] = jkState.force;
      forced += 1;
    }
    return forced;
  }

  /** A failure without a known cause is an error for all only if no other request is there or if it has gone on. */
  private countError(server: number, nowS: number): void {
    const isOld = this.firstErrorS[server] !== never && nowS - this.firstErrorS[server] >= this.errorEscalationTimeS;
    if (this.busy[server] === 0 || this.errorEscalationTimeS === 0 || isOld) this.state[server] = jkState.error;
    if (this.firstErrorS[server] === never) this.firstErrorS[server] = nowS;
    this.lastErrorS[server] = nowS;
  }

  private enterError(server: number, nowS: number): void {
    this.state[server] = jkState.error;
    this.firstErrorS[server] = nowS;
    this.lastErrorS[server] = nowS;
  }

  /** @returns whether any worker is not in error. */
  private recover(nowS: number, loadMax: number): boolean {
    let isAnyUsable = false;
    for (let server = 0; server < this.count; server++) {
      const { state } = this;
      if (state[server] === jkState.error) {
        if (nowS - this.lastErrorS[server] > this.recoverTimeS) {
          if (this.hasLoadDecay) this.loadValue[server] = loadMax;
          this.replyTimeouts[server] = 0;
          state[server] = jkState.recover;
          isAnyUsable = true;
        }
      } else if (this.mustEscalate(server, nowS)) {
        state[server] = jkState.error;
      } else {
        isAnyUsable = true;
        const wasElected = this.elected[server] !== this.electedBefore[server];
        if (state[server] === jkState.ok && !wasElected) state[server] = jkState.idle;
      }
      this.electedBefore[server] = this.elected[server];
    }
    return isAnyUsable;
  }

  private mustEscalate(server: number, nowS: number): boolean {
    if (this.firstErrorS[server] === never || this.state[server] === jkState.recover) return false;
    return nowS - this.firstErrorS[server] >= this.errorEscalationTimeS;
  }
}

function commonDivisor(left: number, right: number): number {
  return right === 0 ? left : commonDivisor(right, left % right);
}
