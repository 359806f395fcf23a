import type { AttemptOutcome, BalancerOptions, PickRequest } from './balancer.ts';

const nsPerSecond = 1e9;
/** Time of the last failure of a server that never failed [s]: long before the run, as 1970 is for a real clock. */
const never = -(2 ** 30);

/**
 * What nginx remembers of each server, per worker process or, with a `zone`, once.
 *
 * Model: weights, failures and open requests exactly as in `ngx_http_upstream_round_robin.c`, on nginx's clock of
 * whole seconds. The servers of a group that serves (primary) and of the backup group keep their order of the file.
 * @see source: nginx 1.22.1 and master 3f6f782, `src/http/ngx_http_upstream_round_robin.c`.
 */
export class NginxPeers {
  readonly count: number;
  /** Indices of the servers without `backup`, in order. */
  readonly primary: Int32Array;
  readonly backup: Int32Array;
  /** Server of each unit of weight of the primary group; servers that are down keep their units. */
  readonly weightSlots: Int32Array;
  /** Weight of all backup servers. */
  readonly backupWeight: number;
  /** One server and no backup: its failures are never counted. */
  readonly isSingle: boolean;
  readonly weight: Int32Array;
  readonly currentWeight: Int32Array;
  readonly effectiveWeight: Int32Array;
  readonly conns: Int32Array;
  private readonly fails: Int32Array;
  private readonly accessedS: Int32Array;
  private readonly checkedS: Int32Array;
  private readonly maxFails: Int32Array;
  private readonly failTimeoutS: Int32Array;
  private readonly maxConns: Int32Array;
  private readonly isDown: Uint8Array;
  private readonly isDraining: Uint8Array;
  private readonly isBackup: Uint8Array;
  private readonly workerStride: number;
  /** All servers of the primary group have the same weight. */
  readonly isEven: boolean;
  /** No server is down or has a limit of open requests. */
  private readonly isUnlimited: boolean;
  /** Rounds of the primary group that every server has gained and `currentWeight` does not show yet, per copy. */
  private readonly owedRounds: Int32Array;
  private readonly owedMax: number;
  /** Per copy: the highest current weight of the primary group, and the first place at which it may be; -1: not known. */
  private readonly richestWeight: Int32Array;
  private readonly richestFrom: Int32Array;
  /** Servers with failures or a lowered weight, per copy of the state. */
  private readonly troubled: Int32Array;

  constructor(options: BalancerOptions) {
    const { servers } = options;
    const copies = options.zone === true ? 1 : (options.workers ?? 1);
    this.count = servers.length;
    this.workerStride = options.zone === true ? 0 : this.count;
    this.weight = Int32Array.from(servers, (server) => server.weight);
    this.maxFails = Int32Array.from(servers, (server) => server.maxFails);
    this.failTimeoutS = Int32Array.from(servers, (server) => server.failTimeoutS);
    this.maxConns = Int32Array.from(servers, (server) => server.maxConns);
    this.isDown = Uint8Array.from(servers, (server) => Number(server.down || server.drain));
    this.isDraining = Uint8Array.from(servers, (server) => Number(server.drain && !server.down));
    this.isBackup = Uint8Array.from(servers, (server) => Number(server.backup));
    const indices = servers.map((_, index) => index);
    this.primary = Int32Array.from(indices.filter((index) => this.isBackup[index] === 0));
    this.backup = Int32Array.from(indices.filter((index) => this.isBackup[index] === 1));
    this.backupWeight = this.backup.reduce((sum, index) => sum + this.weight[index], 0);
    this.isSingle = this.count === 1;
    this.weightSlots = Int32Array.from(
      [...this.primary].flatMap((index) => Array.from({ length: this.weight[index] }, () => index)),
    );
    const size = copies * this.count;
    this.currentWeight = new Int32Array(size);
    this.effectiveWeight = Int32Array.from({ length: size }, (_, index) => this.weight[index % this.count]);
    this.conns = new Int32Array(size);
    this.fails = new Int32Array(size);
    this.isEven =
      this.primary.length > 0 && this.primary.every((index) => this.weight[index] === this.weight[this.primary[0]]);
    this.isUnlimited = servers.every(({ down, drain, maxConns }) => !down && !drain && maxConns === 0);
    this.troubled = new Int32Array(copies);
    this.owedRounds = new Int32Array(copies);
    this.richestWeight = new Int32Array(copies);
    this.richestFrom = new Int32Array(copies).fill(-1);
    this.owedMax = Math.floor(2 ** 29 / Math.max(...this.weight));
    this.accessedS = new Int32Array(size).fill(never);
    this.checkedS = new Int32Array(size).fill(never);
  }

  /** Index of the state that a worker keeps of server 0. */
  base(worker: number): number {
    return worker * this.workerStride;
  }

  /** Whether every server may take a request, each with its full weight: the ordinary case. */
  isQuiet(request: PickRequest): boolean {
    return this.isUnlimited && request.triedCount === 0 && this.troubled[this.copyOf(request.worker)] === 0;
  }

  private copyOf(worker: number): number {
    return this.workerStride === 0 ? 0 : worker;
  }

  /** The current weight of a server, owed rounds included. */
  weightNow(worker: number, server: number): number {
    const rounds = this.isBackup[server] === 1 ? 0 : this.owedRounds[this.copyOf(worker)];
    return this.currentWeight[this.base(worker) + server] + rounds * this.weight[server];
  }

  /** One quiet round of the primary group, whose winner is known: what all gain is noted in one number. */
  roundFor(worker: number, server: number): void {
    const copy = this.copyOf(worker);
    this.currentWeight[this.base(worker) + server] -= this.weightSlots.length;
    this.owedRounds[copy] += 1;
    if (this.owedRounds[copy] >= this.owedMax) this.settleRounds(worker);
  }

  /**
   * The first one of the primary servers with the highest current weight. As long as all gain the same, weights only fall behind
   * each other, so that nobody is looked at twice before all have come down from where the highest was.
   */
  richest(worker: number): number {
    const { primary, currentWeight, richestFrom, richestWeight } = this;
    const copy = this.copyOf(worker);
    const base = this.base(worker);
    if (richestFrom[copy] >= 0) {
      const highest = richestWeight[copy];
      for (let place = richestFrom[copy]; place < primary.length; place += 1) {
        if (currentWeight[base + primary[place]] !== highest) continue;
        richestFrom[copy] = place;
        return primary[place];
      }
    }
    let best = 0;
    for (let place = 1; place < primary.length; place += 1) {
      if (currentWeight[base + primary[place]] > currentWeight[base + primary[best]]) best = place;
    }
    richestFrom[copy] = best;
    richestWeight[copy] = currentWeight[base + primary[best]];
    return primary[best];
  }

  /** Gives every primary server what it is owed. */
  settleRounds(worker: number): void {
    const rounds = this.takeRounds(worker);
    if (rounds === 0) return;
    const base = this.base(worker);
    for (const server of this.primary) this.currentWeight[base + server] += rounds * this.weight[server];
  }

  /** @returns rounds that are owed; whoever asks has to give them. */
  takeRounds(worker: number): number {
    const copy = this.copyOf(worker);
    const rounds = this.owedRounds[copy];
    this.owedRounds[copy] = 0;
    this.richestFrom[copy] = -1;
    return rounds;
  }

  private isTroubled(state: number, server: number): number {
    return Number(this.fails[state] > 0 || this.effectiveWeight[state] < this.weight[server]);
  }

  /** Whether a server may take a request by everything but its turn. */
  isEligible(server: number, request: PickRequest): boolean {
    return this.isDown[server] === 0 && this.isAble(server, request);
  }

  /** Whether a server may take a request of its own session: as `isEligible`, but a draining server may. */
  isClaimable(server: number, request: PickRequest): boolean {
    if (this.isBackup[server] !== Number(request.isLastResort)) return false;
    return (this.isDown[server] === 0 || this.isDraining[server] === 1) && this.isAble(server, request);
  }

  /** A chosen server that had been shut gets this one request as a probe and is shut again from now on. */
  taken(server: number, request: PickRequest): void {
    const state = this.base(request.worker) + server;
    const nowS = Math.floor(request.timeNs / nsPerSecond);
    if (nowS - this.checkedS[state] > this.failTimeoutS[server]) this.checkedS[state] = nowS;
  }

  /** A server's gain of one round, its effective weight, which recovers by 1. @returns the gain. */
  gainWeight(worker: number, server: number): number {
    const state = this.base(worker) + server;
    const gain = this.effectiveWeight[state];
    this.currentWeight[state] += gain;
    this.richestFrom[this.copyOf(worker)] = -1;
    if (gain < this.weight[server]) {
      this.effectiveWeight[state] = gain + 1;
      this.troubled[this.copyOf(worker)] -= 1 - this.isTroubled(state, server);
    }
    return gain;
  }

  started(server: number, worker: number): void {
    this.conns[this.base(worker) + server] += 1;
  }

  finished(server: number, worker: number, timeNs: number, outcome: AttemptOutcome): void {
    const state = this.base(worker) + server;
    this.conns[state] -= 1;
    if (this.isSingle) return;
    const isGood = outcome === 'ok' || outcome === 'neutral';
    if (isGood && this.fails[state] === 0) return;
    const before = this.isTroubled(state, server);
    if (isGood) {
      if (this.accessedS[state] < this.checkedS[state]) this.fails[state] = 0;
    } else this.countFailure(server, state, timeNs);
    this.troubled[this.copyOf(worker)] += this.isTroubled(state, server) - before;
  }

  private countFailure(server: number, state: number, timeNs: number): void {
    const nowS = Math.floor(timeNs / nsPerSecond);
    this.fails[state] += 1;
    this.accessedS[state] = nowS;
    this.checkedS[state] = nowS;
    const maxFails = this.maxFails[server];
    if (maxFails === 0) return;
    const effective = this.effectiveWeight[state] - Math.floor(this.weight[server] / maxFails);
    this.effectiveWeight[state] = Math.max(0, effective);
  }

  private isAble(server: number, request: PickRequest): boolean {
    const state = this.base(request.worker) + server;
    const maxConns = this.maxConns[server];
    if (maxConns > 0 && this.conns[state] >= maxConns) return false;
    if (this.isSingle) return true;
    if (request.triedCount > 0 && request.tried[server] === 1) return false;
    const maxFails = this.maxFails[server];
    if (maxFails === 0 || this.fails[state] < maxFails) return true;
    return Math.floor(request.timeNs / nsPerSecond) - this.checkedS[state] > this.failTimeoutS[server];
  }
}
