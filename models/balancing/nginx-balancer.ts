import type { AttemptOutcome, Balancer, BalancerOptions, PickRequest } from './balancer.ts';
import { NginxPeers } from './nginx-peers.ts';

/** More hash candidates than this one found shut, and nginx takes the next server in turn. */
const hashTriesMax = 20;

/** What all methods of nginx share: the state of the servers and smooth weighted round robin to fall back on. */
export abstract class NginxBalancer implements Balancer {
  protected readonly peers: NginxPeers;

  constructor(options: BalancerOptions) {
    this.peers = new NginxPeers(options);
  }

  abstract pick(request: PickRequest): number;

  claim(request: PickRequest, server: number): boolean {
    if (!this.peers.isClaimable(server, request)) return false;
    this.peers.taken(server, request);
    return true;
  }

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
    let server = this.turn(request.onBackup ? peers.backup : peers.primary, request);
    if (server === -1 && !request.onBackup && peers.backup.length > 0) {
      request.onBackup = true;
      server = this.turn(peers.backup, request);
    }
    if (server !== -1) peers.taken(server, request);
    return server;
  }

  /**
   * One round of smooth weighted round robin over the eligible servers of a list: each gains its effective weight, the
   * richest (the first one among equals) is chosen and pays what all have gained.
   *
   * @param chosen - server that is chosen whoever is the richest (it was claimed), or -1.
   */
  protected turn(list: Int32Array, request: PickRequest, chosen = -1): number {
    const { peers } = this;
    const base = peers.base(request.worker);
    let best = -1;
    let total = 0;
    for (let position = 0; position < list.length; position++) {
      const server = list[position];
      if (!peers.isEligible(server, request)) continue;
      const state = base + server;
      const effective = peers.effectiveWeight[state];
      peers.currentWeight[state] += effective;
      total += effective;
      if (effective < peers.weight[server]) peers.effectiveWeight[state] = effective + 1;
      if (best === -1 || peers.currentWeight[state] > peers.currentWeight[base + best]) best = server;
    }
    if (chosen !== -1) best = chosen;
    if (best !== -1) peers.currentWeight[base + best] -= total;
    return best;
  }
}
