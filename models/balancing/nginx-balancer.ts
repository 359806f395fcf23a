import type { AttemptOutcome, Balancer, BalancerOptions, PickRequest } from './balancer.ts';
import { NginxPeers } from './nginx-peers.ts';

/** More hash candidates than this one found shut, and nginx takes the next server in turn. */
const hashTriesMax = 20;

/** What all methods of nginx share: the state of the servers and smooth weighted round robin to fall back on. */
export abstract class NginxBalancer implements Balancer {
  protected readonly peers: NginxPeers;
  private readonly isSticky: boolean;
  private readonly noFailover: boolean;

  constructor(options: BalancerOptions) {
    this.peers = new NginxPeers(options);
    this.isSticky = options.sticky ?? false;
    this.noFailover = options.noFailover ?? false;
  }

  pick(request: PickRequest): number {
    const { routeServer } = request;
    if (!this.isSticky || routeServer === -1) return this.choose(request);
    if (!this.peers.isClaimable(routeServer, request)) return this.noFailover ? -1 : this.choose(request);
    this.countSticky(request, routeServer);
    this.peers.taken(routeServer, request);
    return routeServer;
  }

  /** The choice of the method for a request without a usable route. */
  protected abstract choose(request: PickRequest): number;

  /** What a method's books keep of a request that goes to the server of its route; most keep nothing. */
  protected countSticky(_request: PickRequest, _server: number): void {}

  started(server: number, worker: number, _timeNs: number): void {
    this.peers.started(server, worker);
  }

  finished(server: number, worker: number, timeNs: number, outcome: AttemptOutcome, _bytes: number): void {
    this.peers.finished(server, worker, timeNs, outcome);
  }

  /** Counts a hash candidate that cannot serve. @returns whether the method gives up. */
  protected givesUp(request: PickRequest): boolean {
    request.hashTries += 1;
    return request.hashTries > hashTriesMax;
  }

  protected hasGivenUp(request: PickRequest): boolean {
    return request.hashTries > hashTriesMax;
  }

  /** The next server in turn, if need be among the backup servers, where the request then stays. */
  protected pickInTurn(request: PickRequest): number {
    const { peers } = this;
    if (peers.isSingle) return peers.isEligible(0, request) ? 0 : -1;
    let server = this.turn(request.isLastResort ? peers.backup : peers.primary, request);
    if (server === -1 && !request.isLastResort && peers.backup.length > 0) {
      request.isLastResort = true;
      server = this.turn(peers.backup, request);
    }
    if (server !== -1) peers.taken(server, request);
    return server;
  }

  /**
   * One round of smooth weighted round robin over the eligible servers of a list: each gains its effective weight, the
   * richest (the first one among equals) is chosen and pays what all have gained.
   *
   * @param chosen - server that is chosen whoever is the richest (a session's route names it), or -1.
   */
  protected turn(list: Int32Array, request: PickRequest, chosen = -1): number {
    const { peers } = this;
    const base = peers.base(request.worker);
    const isPrimary = list === peers.primary;
    if (isPrimary && chosen === -1 && peers.isEven && peers.isQuiet(request)) return this.evenTurn(request);
    if (peers.isQuiet(request)) {
      return this.quietTurn(list, base, chosen, isPrimary ? 1 + peers.takeRounds(request.worker) : 1);
    }
    if (isPrimary) peers.settleRounds(request.worker);
    let best = -1;
    let total = 0;
    for (let position = 0; position < list.length; position++) {
      const server = list[position];
      if (!peers.isEligible(server, request)) continue;
      total += peers.gainWeight(request.worker, server);
      if (best === -1 || peers.currentWeight[base + server] > peers.currentWeight[base + best]) best = server;
    }
    if (chosen !== -1) best = chosen;
    if (best !== -1) peers.currentWeight[base + best] -= total;
    return best;
  }

  /** The same round where all weights are equal as well: what all gain is owed, and the richest stays the richest. */
  private evenTurn({ worker }: PickRequest): number {
    const best = this.peers.richest(worker);
    this.peers.roundFor(worker, best);
    return best;
  }

  /** The same round where every server is eligible and gains its full weight. @param rounds - 1, and those owed. */
  private quietTurn(list: Int32Array, base: number, chosen: number, rounds: number): number {
    const { currentWeight, weight } = this.peers;
    let best = -1;
    let highest = Number.NEGATIVE_INFINITY;
    let total = 0;
    for (let position = 0; position < list.length; position++) {
      const server = list[position];
      const gained = currentWeight[base + server] + rounds * weight[server];
      currentWeight[base + server] = gained;
      total += weight[server];
      if (gained <= highest) continue;
      highest = gained;
      best = server;
    }
    if (chosen !== -1) best = chosen;
    if (best !== -1) currentWeight[base + best] -= total;
    return best;
  }
}
