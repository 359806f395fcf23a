import { invariant } from '../../sim/invariant.ts';
import { MultiServer } from '../../sim/servers.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { eventKind } from '../events.ts';
import type { NetworkCards } from '../network-card.ts';
import type { PacketLoss } from '../packet-loss.ts';
import type { SessionTable } from '../sessions.ts';
import type { TomcatNodes } from '../tomcat-nodes.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import { storeOperations } from './store-batch.ts';
import type { StoreCall } from './store-call.ts';
import { type ArrivalPlan, StoreConnections, way } from './store-connections.ts';
import { StoreCuts } from './store-cuts.ts';

/** What the servers need of the cluster. */
export interface StoreHost {
  readonly sim: Simulation;
  readonly cards: NetworkCards;
  readonly loss: PacketLoss;
  readonly traffic: TrafficMeter;
  readonly nodes: TomcatNodes;
  readonly sessions: SessionTable;
  uniform(name: string, a: number, b: number): number;
}

/** Sizes and speeds of the servers of one store. */
export interface StoreServerOptions {
  readonly servers: number;
  readonly threads: number;
  readonly operationNs: number;
  readonly nsPerByte: number;
  /** Whether a Tomcat has one connection to a server, which all its threads use; else each call has one for itself. */
  readonly isShared: boolean;
}

/**
 * Servers of a store as queues: a card in each direction, c threads, first come, first served.
 *
 * ```
 *   node's card -> STORE: server's card -> threads (applied) -> server's card -> STORE_DONE: answered
 *                    refused (process dead) | silent (host dead, cut off): STORE_DONE when the caller gives up
 * ```
 * Model: a batch of k operations in a row is one job of k services and k round trips: it waits once for what k operations
 * would wait for k times, which is the same in the mean. What it does is decided when it arrives, in the order of arrival,
 * and counts from the moment it is done.
 */
export class StoreServers implements ArrivalPlan {
  readonly isUp: Uint8Array;
  /** 1: the host does not even refuse connections. */
  readonly isSilent: Uint8Array;
  /** Which start of the server this is: what was kept in memory by an earlier one is gone. */
  readonly start: Int16Array;
  /** Factor on the time of every operation. */
  readonly slowness: Float64Array;
  readonly frozenUntilNs: Float64Array;
  /** Operations of the measurement window by `operation code * servers + server`. */
  readonly operations: Float64Array;
  protected readonly host: StoreHost;
  protected readonly queues: MultiServer[];
  private readonly operationNs: number;
  private readonly nsPerByte: number;
  private readonly inFreeNs: Float64Array;
  protected readonly outFreeNs: Float64Array;
  private readonly busyBeforeNs: Float64Array;
  private readonly inBusyNs: Float64Array;
  protected readonly outBusyNs: Float64Array;
  readonly cuts: StoreCuts;
  protected readonly live: (StoreCall | null)[] = [];
  private readonly tickets: number[] = [];
  private readonly free: number[] = [];
  private readonly connections: StoreConnections;

  constructor(host: StoreHost, options: StoreServerOptions) {
    const { servers, threads } = options;
    this.host = host;
    this.isUp = new Uint8Array(servers).fill(1);
    this.isSilent = new Uint8Array(servers);
    this.start = new Int16Array(servers);
    this.slowness = new Float64Array(servers).fill(1);
    this.frozenUntilNs = new Float64Array(servers);
    this.operations = new Float64Array(storeOperations.length * servers);
    this.queues = Array.from({ length: servers }, () => new MultiServer(threads));
    this.operationNs = options.operationNs;
    this.nsPerByte = options.nsPerByte;
    this.inFreeNs = new Float64Array(servers);
    this.outFreeNs = new Float64Array(servers);
    this.busyBeforeNs = new Float64Array(servers);
    this.inBusyNs = new Float64Array(servers);
    this.outBusyNs = new Float64Array(servers);
    this.cuts = new StoreCuts(servers, host.nodes.count);
    const size = { nodes: host.nodes.count, servers, isShared: options.isShared };
    this.connections = new StoreConnections(host.loss, size, this);
  }

  get count(): number {
    return this.isUp.length;
  }

  /** Whether a server answers a node. */
  answers(node: number, server: number): boolean {
    return (
      this.isUp[server] === 1 && this.frozenUntilNs[server] <= this.host.sim.nowNs && this.cuts.reaches(node, server)
    );
  }

  /** The measurement window opens. */
  measureFrom(): void {
    this.queues.forEach((queue, server) => {
      this.busyBeforeNs[server] = queue.busyNsUntil(this.atLeast(server, this.host.sim.nowNs));
      this.inBusyNs[server] = 0;
      this.outBusyNs[server] = 0;
    });
  }

  /** Busy share of the threads, or of one direction of the card, of the busiest server, at most 1. */
  utilisationMax(windowNs: number): number {
    let most = 0;
    this.queues.forEach((queue, server) => {
      const busyNs = queue.busyNsUntil(this.atLeast(server, this.host.sim.nowNs)) - this.busyBeforeNs[server];
      most = Math.max(most, busyNs / queue.servers, this.inBusyNs[server], this.outBusyNs[server]);
    });
    return Math.min(1, most / windowNs);
  }

  /** @param readyNs - when the node has the call ready [ns], not before now. */
  send(call: StoreCall, readyNs: number): void {
    const { sim, cards, traffic, nodes } = this.host;
    const { batch, node } = call;
    // A Tomcat that stands still sends nothing.
    const runsNs = nodes.frozenUntilNs[node];
    call.sentNs = Math.max(sim.nowNs, runsNs);
    if (traffic.isOpen) {
      for (const operation of batch.operations) this.operations[operation * this.count + call.server] += 1;
      for (const { kind, messages, bytes } of batch.sums) traffic.sent(kind, node, -1, messages, bytes);
    }
    const copyNs = cards.copyNs(batch.bytes);
    call.departNs = cards.take(node, sim.nowNs, Math.max(readyNs, runsNs), copyNs, 1);
    this.post(call, this.connections.arrivalNs(way.CALL, call, call.departNs + copyNs + cards.latencyNs));
  }

  protected post(call: StoreCall, atNs: number): void {
    const id = this.free.pop() ?? this.live.length;
    this.live[id] = call;
    this.host.sessions.pin(call.session);
    call.ticket = this.tickets[id] ?? 0;
    call.id = id;
    call.isOnTheWay = true;
    this.expectArrival(id, call, atNs);
  }

  /** The call arrives then; who waits for it waits no longer than its patience lasts. */
  private expectArrival(id: number, call: StoreCall, atNs: number): void {
    const { sim } = this.host;
    const patienceNs = call.sentNs + call.timeoutNs;
    call.arrivesNs = atNs;
    sim.scheduleAt(atNs, eventKind.STORE, id, call.ticket);
    if (call.isAwaited && atNs > patienceNs) sim.scheduleAt(patienceNs, eventKind.STORE_DONE, id, call.ticket);
  }

  sooner(direction: number, call: StoreCall, beforeNs: number, atNs: number): void {
    const { id } = call;
    if (this.live[id] !== call || call.arrivesNs !== beforeNs || call.isOnTheWay !== (direction === way.CALL)) return;
    this.renew(id, call);
    if (call.isOnTheWay) this.expectArrival(id, call, atNs);
    else this.expectAnswer(id, call, atNs, this.tripsNs(call));
  }

  /** Voids what is scheduled for a call. */
  private renew(id: number, call: StoreCall): void {
    this.tickets[id] = ((this.tickets[id] ?? 0) + 1) | 0;
    call.ticket = this.tickets[id];
  }

  /** Versions of a session that calls of one kind carry and that no server has taken yet. */
  carried(session: number, does: number, into: Set<number>): void {
    if (!this.host.sessions.isPinned(session)) return;
    for (const call of this.live) {
      if (call && call.session === session && call.does === does && !call.isTaken) into.add(call.version);
    }
  }

  protected release(id: number): void {
    this.host.sessions.unpin(this.live[id]?.session ?? -1);
    this.live[id] = null;
    this.tickets[id] = ((this.tickets[id] ?? 0) + 1) | 0;
    this.free.push(id);
  }

  /** STORE: the call arrives. */
  arrive(id: number, ticket: number): void {
    const call = this.live[id];
    if (!call || call.ticket !== ticket) return;
    call.isOnTheWay = false;
    this.redirect(call);
    const { node, server } = call;
    if (server < 0 || this.isSilent[server] === 1 || !this.cuts.reaches(node, server)) this.giveUp(id, call, true);
    else if (this.isUp[server] === 0 || !this.accepts(call)) this.giveUp(id, call, false);
    else this.take(id, call);
  }

  /** A call may go to another server than it was sent to. */
  protected redirect(_call: StoreCall): void {}

  /** Whether a living server does what it is asked for; else it answers with an error. */
  protected accepts(_call: StoreCall): boolean {
    return true;
  }

  /** What the caller waits for in vain: an error at once, or its own patience. */
  protected giveUp(id: number, call: StoreCall, isSilent: boolean): void {
    const { sim, cards } = this.host;
    if (!call.isAwaited) {
      this.release(id);
      return;
    }
    call.isAnswered = false;
    call.isTaken = false;
    const atNs = isSilent ? Math.max(sim.nowNs, call.sentNs + call.timeoutNs) : sim.nowNs + cards.latencyNs;
    sim.scheduleAt(atNs, eventKind.STORE_DONE, id, call.ticket);
  }

  private take(id: number, call: StoreCall): void {
    const { sim, cards } = this.host;
    const { server, batch } = call;
    const readyNs = Math.max(sim.nowNs, this.inFreeNs[server] + cards.copyNs(batch.bytes));
    this.inFreeNs[server] = readyNs;
    this.inBusyNs[server] += cards.copyNs(batch.bytes);
    const workNs = batch.commands * this.operationNs + (batch.bytes + batch.answerBytes) * this.nsPerByte;
    const queue = this.queues[server];
    queue.offer(readyNs, Math.round((workNs + this.extraNs(call)) * this.slowness[server]));
    call.doneNs = queue.lastDoneNs;
    call.isTaken = true;
    call.owner?.storeApplied(call);
    this.reply(id, call);
  }

  /** More work of the server for a call, besides its operations [ns]. */
  protected extraNs(_call: StoreCall): number {
    return 0;
  }

  /** Time between the end of a call at its server and the start of its answer [ns]. */
  protected holdNs(_call: StoreCall): number {
    return 0;
  }

  private reply(id: number, call: StoreCall): void {
    const { cards, traffic } = this.host;
    const { server, batch, node } = call;
    const copyNs = cards.copyNs(batch.answerBytes);
    const outNs = Math.max(call.doneNs + this.holdNs(call), this.outFreeNs[server]);
    this.outFreeNs[server] = outNs + copyNs;
    this.outBusyNs[server] += copyNs;
    if (traffic.isOpen) {
      for (const { kind, answerBytes } of batch.sums) traffic.sent(kind, -1, node, 0, answerBytes);
    }
    const tripsNs = this.tripsNs(call);
    const answeredNs = this.connections.arrivalNs(way.ANSWER, call, outNs + copyNs + cards.latencyNs + tripsNs);
    if (call.isAwaited) this.expectAnswer(id, call, answeredNs, tripsNs);
    else this.release(id);
  }

  /** Round trips of a call's operations but the first [ns]. */
  private tripsNs({ batch }: StoreCall): number {
    return batch.isSequential ? (batch.commands - 1) * 2 * this.host.cards.latencyNs : 0;
  }

  private expectAnswer(id: number, call: StoreCall, answeredNs: number, tripsNs: number): void {
    const { sim } = this.host;
    const patienceNs = call.sentNs + call.timeoutNs + tripsNs;
    call.arrivesNs = answeredNs;
    call.isAnswered = answeredNs <= patienceNs;
    sim.scheduleAt(Math.max(sim.nowNs, Math.min(answeredNs, patienceNs)), eventKind.STORE_DONE, id, call.ticket);
  }

  /** STORE_DONE: the caller goes on. */
  over(id: number, ticket: number): void {
    const call = this.live[id];
    if (!call || call.ticket !== ticket) return;
    const runsNs = this.host.nodes.frozenUntilNs[call.node];
    if (runsNs > this.host.sim.nowNs) {
      this.host.sim.scheduleAt(runsNs, eventKind.STORE_DONE, id, ticket);
      return;
    }
    if (call.isOnTheWay) {
      // Its server does all the same what it is asked for.
      call.isAwaited = false;
      call.owner?.storeAnswered(call, false);
      return;
    }
    this.release(id);
    call.owner?.storeAnswered(call, call.isAnswered);
  }

  /** Voids what is scheduled for the calls that a test finds, and gives them back to `again`. */
  protected interrupt(isHit: (call: StoreCall) => boolean, again: (id: number, call: StoreCall) => void): void {
    for (let id = 0; id < this.live.length; id += 1) {
      const call = this.live[id];
      if (!call || !isHit(call)) continue;
      this.renew(id, call);
      again(id, call);
    }
  }

  /** A node dies: what has not left it never reaches a server. */
  nodeDied(node: number): void {
    const { nowNs } = this.host.sim;
    for (let id = 0; id < this.live.length; id += 1) {
      const call = this.live[id];
      if (call && call.node === node && !call.isTaken && call.departNs > nowNs) this.release(id);
    }
  }

  private atLeast(server: number, timeNs: number): number {
    return Math.max(timeNs, this.inFreeNs[server]);
  }

  /** The process is killed (its host refuses connections), or its host vanishes. */
  crash(server: number, isSilent: boolean): void {
    const { nowNs } = this.host.sim;
    if (this.isUp[server] === 0) return;
    this.isUp[server] = 0;
    this.isSilent[server] = isSilent ? 1 : 0;
    this.start[server] += 1;
    this.frozenUntilNs[server] = 0;
    this.queues[server].reset(this.atLeast(server, nowNs));
    this.outFreeNs[server] = nowNs;
    const isHit = (call: StoreCall): boolean => call.server === server && call.isTaken && call.doneNs > nowNs;
    this.interrupt(isHit, (id, call) => this.giveUp(id, call, isSilent));
  }

  restart(server: number): void {
    this.isUp[server] = 1;
    this.isSilent[server] = 0;
  }

  /** The process stands still until then; a pause that begins in another one makes it longer, or nothing. */
  pause(server: number, untilNs: number): void {
    const fromNs = this.frozenUntilNs[server];
    if (this.isUp[server] === 0) return;
    if (fromNs <= this.host.sim.nowNs) this.freeze(server, untilNs);
    else if (untilNs > fromNs) this.standStill(server, fromNs, untilNs);
  }

  /** A pause is over; the process that stood still may be gone, or another pause keeps it. */
  resume(server: number): void {
    if (this.frozenUntilNs[server] === 0 || this.frozenUntilNs[server] > this.host.sim.nowNs) return;
    this.frozenUntilNs[server] = 0;
    this.thaw(server);
  }

  protected freeze(server: number, untilNs: number): void {
    this.standStill(server, this.host.sim.nowNs, untilNs);
  }

  /** What the process has not done yet it does afterwards. */
  private standStill(server: number, fromNs: number, untilNs: number): void {
    const { nowNs } = this.host.sim;
    invariant(untilNs >= fromNs, 'a freeze that ends before it begins');
    const stillNs = this.atLeast(server, fromNs);
    if (untilNs > stillNs) this.queues[server].standStill(stillNs, untilNs);
    this.frozenUntilNs[server] = untilNs;
    this.outFreeNs[server] = Math.max(this.outFreeNs[server], untilNs);
    const pauseNs = untilNs - fromNs;
    const isHit = (call: StoreCall): boolean => call.server === server && call.isTaken && call.doneNs > nowNs;
    this.interrupt(isHit, (id, call) => {
      call.doneNs += pauseNs;
      this.expectAnswer(id, call, call.doneNs + this.host.cards.latencyNs, 0);
    });
  }

  /** The frozen process goes on. */
  protected thaw(_server: number): void {}

  /** From now on every operation takes `factor` times as long. */
  slow(server: number, factor: number): void {
    this.slowness[server] = factor;
  }

  /** Some servers and nodes can reach each other, and nobody else (`isCut` false: this cut is over); see `StoreCuts`. */
  cut(name: number, servers: readonly number[], nodes: readonly number[], isCut: boolean): void {
    this.cuts.set(name, servers, nodes, isCut);
    if (!isCut) return;
    const isHit = (call: StoreCall): boolean =>
      call.isTaken && call.isAwaited && !this.cuts.reaches(call.node, call.server);
    this.interrupt(isHit, (id, call) => this.giveUp(id, call, true));
  }
}
