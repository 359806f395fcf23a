import { MultiServer } from '../../sim/servers.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { eventKind } from '../events.ts';
import type { NetworkCards } from '../network-card.ts';
import type { TrafficMeter } from '../traffic-meter.ts';

/** One operation of a Tomcat at a memcached. */
export interface StoreOperation {
  readonly node: number;
  readonly server: number;
  readonly kind: number;
  /** Request and answer [bytes]. */
  readonly bytes: number;
  readonly answerBytes: number;
  /** How long the caller waits for the answer [ns]; without it as long as it takes. */
  readonly timeoutNs?: number;
  /** Called when the server has done it. */
  applied?(): void;
  /** Called once: when the answer is back, the connection is refused, or the time is up. */
  done?(isAnswered: boolean): void;
}

/** What the servers need of the cluster. */
export interface StoreHost {
  readonly sim: Simulation;
  readonly cards: NetworkCards;
  readonly traffic: TrafficMeter;
}

/**
 * The memcached servers: each a queue of worker threads, without replication, empty after a restart.
 * @see source: memcached 1.6; values belong to sessions and are kept by the strategy.
 */
export class MemcachedServers {
  readonly isUp: Uint8Array;
  /** Which start of the server this is: what was stored in an earlier one is gone. */
  readonly start: Int16Array;
  private readonly host: StoreHost;
  private readonly threads: MultiServer[];
  private readonly serviceNs: number;
  private readonly pending = new Map<
    number,
    { operation: StoreOperation; start: number; departNs: number; isApplied: boolean; isTimedOut: boolean }
  >();
  private next = 0;

  constructor(host: StoreHost, options: { servers: number; threads: number }, operationUs: number) {
    this.host = host;
    this.isUp = new Uint8Array(options.servers).fill(1);
    this.start = new Int16Array(options.servers);
    this.threads = Array.from({ length: options.servers }, () => new MultiServer(options.threads));
    this.serviceNs = Math.round(operationUs * 1000);
  }

  get count(): number {
    return this.isUp.length;
  }

  /** @param readyNs - when the node has the operation ready [ns], not before now. */
  send(operation: StoreOperation, readyNs: number): void {
    const { sim, cards, traffic } = this.host;
    const id = this.next;
    this.next += 1;
    traffic.sent(operation.kind, operation.node, -1, 1, operation.bytes);
    const copyNs = cards.copyNs(operation.bytes);
    const departNs = cards.take(operation.node, sim.nowNs, readyNs, copyNs, 1);
    this.pending.set(id, {
      operation,
      start: this.start[operation.server],
      departNs,
      isApplied: false,
      isTimedOut: false,
    });
    sim.scheduleAt(departNs + copyNs + cards.latencyNs, eventKind.STORE, id);
    if (operation.timeoutNs !== undefined) sim.schedule(operation.timeoutNs, eventKind.STORE_TIMEOUT, id);
  }

  /** STORE_TIMEOUT: the caller goes on; the operation itself may still be done. */
  timeout(id: number): void {
    const entry = this.pending.get(id);
    if (!entry || entry.isTimedOut) return;
    entry.isTimedOut = true;
    entry.operation.done?.(false);
  }

  /** STORE: it arrives; a dead server refuses. */
  arrive(id: number): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    const { sim, cards } = this.host;
    const { server } = entry.operation;
    if (this.isUp[server] === 0) {
      sim.schedule(cards.latencyNs, eventKind.STORE_DONE, id);
      return;
    }
    entry.start = this.start[server];
    this.threads[server].offer(sim.nowNs, this.serviceNs);
    sim.scheduleAt(this.threads[server].lastDoneNs, eventKind.STORE_DONE, id);
  }

  /** STORE_DONE: done at the server, then answered; or refused. */
  progress(id: number): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    const { operation } = entry;
    const { sim, cards, traffic } = this.host;
    const isAlive = this.isUp[operation.server] === 1 && entry.start === this.start[operation.server];
    if (!entry.isApplied && isAlive) {
      entry.isApplied = true;
      operation.applied?.();
      traffic.sent(operation.kind, -1, operation.node, 0, operation.answerBytes);
      sim.schedule(cards.latencyNs + cards.copyNs(operation.answerBytes), eventKind.STORE_DONE, id);
      return;
    }
    this.pending.delete(id);
    if (!entry.isTimedOut) operation.done?.(entry.isApplied);
  }

  /** A node dies: what has not left it never reaches the server. */
  nodeDied(node: number): void {
    for (const [id, entry] of [...this.pending]) {
      if (entry.operation.node === node && entry.departNs > this.host.sim.nowNs) this.pending.delete(id);
    }
  }

  crash(server: number): void {
    this.isUp[server] = 0;
    this.start[server] += 1;
    this.threads[server].reset(this.host.sim.nowNs);
  }

  restart(server: number): void {
    this.isUp[server] = 1;
  }
}
