import { LazyColumn } from '../../sim/lazy-column.ts';
import { seconds } from '../../sim/time.ts';
import { eventKind } from '../events.ts';
import { requestDoes } from '../requests.ts';
import { Batch, type Step } from '../stores/store-batch.ts';
import type { StoreCall } from '../stores/store-call.ts';
import type { TerracottaServers } from '../stores/terracotta.ts';
import { attributesOf, streamBytes } from './attribute-sizes.ts';
import { SessionLocks } from './session-locks.ts';
import { StoreStrategy } from './store-strategy.ts';
import { lookup, type StrategyHost } from './strategy.ts';

/** Calls of a Terracotta client. */
const does = { HOP: 0, COMMIT: 1 } as const;
/** A transaction besides its changes, and its acknowledgement (assumed) [bytes]. */
const TRANSACTION_BYTES = 200;
const ACK_BYTES = 60;

/**
 * Terracotta web sessions: each Tomcat (L1) keeps the sessions that it has the greedy lock of; changes go to the stripe
 * of the session (L2) as transactions, asynchronously or awaited.
 *
 * ```
 *   own session: nothing before, one transaction after a change        another L1's: lock, recall from there, fault (3 round trips)
 *   no active:   whatever must reach the array waits, and the thread with it
 * ```
 * Model: a recall brings what the other L1 has not sent yet. The locks of a client that has died are free after the
 * reconnect time. With session locking requests of one session run one after the other, in the order of their arrival.
 * What a client may have unsent while there is no active is not bounded.
 * @see source: com.terracotta.session.TerracottaSessionManager (DSO 3.x); documentation 3.7, 4.1.
 */
export class Terracotta extends StoreStrategy {
  /** The L1 that has the session, and the array: also of a session that nobody asked for in the window. */
  readonly hasOwnCopies = true;
  private readonly array: TerracottaServers;
  private readonly isSynchronous: boolean;
  private readonly isIdentity: boolean;
  private readonly locks: SessionLocks | null;
  private readonly patienceNs: number;
  private readonly reconnectNs: number;
  private readonly lockStep: Step;
  private readonly hop: Batch;
  private readonly fault: Batch;
  private readonly writeBatch: Batch;
  private readonly createBatch: Batch;
  private readonly diedNs: Float64Array;
  private readonly stripes: LazyColumn;

  constructor(host: StrategyHost) {
    const { replication, session, stores } = host.scenario;
    if (replication.strategy !== 'terracotta')
      throw new Error(`Terracotta with the options of ${replication.strategy}`);
    super(host, host.stores.terracotta);
    this.array = host.stores.terracotta;
    this.isSynchronous = replication.synchronousWrite;
    this.isIdentity = replication.valueMode === 'identity';
    this.locks = replication.sessionLocking ? new SessionLocks() : null;
    const { nonstopTimeoutS, l1ReconnectS } = stores.terracotta;
    this.patienceNs = nonstopTimeoutS > 0 ? seconds(nonstopTimeoutS) : Number.POSITIVE_INFINITY;
    this.reconnectNs = seconds(l1ReconnectS);
    const lockBytes = replication.lockBytes;
    this.lockStep = ['lock', lockBytes, lockBytes];
    const fault: Step = ['fault', lockBytes, lockBytes + session.bytes];
    this.hop = new Batch([this.lockStep, ['recall', lockBytes, lockBytes], fault]);
    this.fault = new Batch([this.lockStep, fault]);
    const changes = attributesOf(host.scenario).reduce((sum, one) => sum + one.name.length + streamBytes(one), 0);
    this.writeBatch = new Batch([['transaction', TRANSACTION_BYTES + changes, ACK_BYTES]]);
    this.createBatch = new Batch([['transaction', TRANSACTION_BYTES + session.bytes, ACK_BYTES]]);
    this.diedNs = new Float64Array(host.nodes.count).fill(Number.NEGATIVE_INFINITY);
    this.stripes = new LazyColumn(host.sessions, new Int16Array(0), 0);
    this.array.rowGroup = (row) => this.stripes.get(row);
    host.sim.on(eventKind.STORE_RETRY, 'lock of a dead client', (slot, generation) => {
      if (host.requests.generation[slot] === generation) this.askFor(slot);
    });
  }

  private place(session: number, version: number): void {
    this.stripes.set(session, this.array.groupOf(this.host.sessions.client.get(session)));
    this.array.reserve(this.host.sessions.capacity);
    this.array.begin(session, version);
  }

  override adopt(session: number, node: number): void {
    super.adopt(session, node);
    this.place(session, 0);
  }

  override begin(slot: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (requests.creates[slot] === 1) {
      this.place(session, -1);
      this.locks?.take(session, slot, requests.generation[slot]);
      return super.begin(slot);
    }
    if (requests.does[slot] === requestDoes.IGNORE) {
      requests.read[slot] = sessions.acknowledged.get(session);
      return lookup.FOUND;
    }
    if (this.locks && !this.locks.take(session, slot, requests.generation[slot])) return lookup.OPEN;
    if (this.owns(node, session)) {
      requests.read[slot] = sessions.headVersion.get(session);
      return lookup.FOUND;
    }
    this.askFor(slot);
    return lookup.OPEN;
  }

  /** The lock of the session is this request's turn. */
  private go(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    if (this.owns(requests.node[slot], session)) this.host.found(slot, sessions.headVersion.get(session));
    else this.askFor(slot);
  }

  private isAlive(session: number): boolean {
    const { sessions, nodes } = this.host;
    const owner = sessions.owner.get(session);
    return owner >= 0 && nodes.isUp(owner) && nodes.start[owner] === sessions.ownerStart.get(session);
  }

  /** Lock and session from the array, which gets them from the L1 that has them. */
  private askFor(slot: number): void {
    const { requests, sessions, sim } = this.host;
    const session = requests.session[slot];
    const owner = sessions.owner.get(session);
    const isAlive = this.isAlive(session);
    const freeNs = isAlive || owner < 0 ? 0 : this.diedNs[owner] + this.reconnectNs;
    if (freeNs > sim.nowNs) sim.scheduleAt(freeNs, eventKind.STORE_RETRY, slot, requests.generation[slot]);
    else this.send(slot, isAlive ? this.hop : this.fault, does.HOP, -1, this.patienceNs);
  }

  private send(slot: number, batch: Batch, what: number, version: number, timeoutNs: number): void {
    const { requests } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const server = this.array.masterFor(node, this.stripes.get(session));
    this.call({ slot, session, node, server, batch, does: what, version, timeoutNs });
  }

  storeApplied(call: StoreCall): void {
    const { session, server } = call;
    const { sessions } = this.host;
    const stored = this.array.versionAt(session, server);
    if (call.does === does.HOP) {
      const recalled = this.isAlive(session) ? sessions.headVersion.get(session) : -1;
      call.version = Math.max(stored, recalled);
      if (recalled > stored) this.array.write(call, session, recalled);
    } else if (call.epoch === sessions.epoch.get(session)) {
      this.array.write(call, session, Math.max(stored, call.version));
      if (this.isIdentity)
        sessions.mutationsKept.set(session, Math.max(call.mutations, sessions.mutationsKept.get(session)));
    }
  }

  storeAnswered(call: StoreCall, isAnswered: boolean): void {
    if (!this.isCurrent(call)) return;
    const { slot, session, version } = call;
    if (!isAnswered || (call.does === does.HOP && version < 0)) {
      this.unlock(slot, session);
      if (isAnswered) this.host.absent(slot);
      else this.host.error(slot);
    } else if (call.does === does.COMMIT) {
      this.unlock(slot, session);
      this.answered(slot);
    } else {
      const { sessions } = this.host;
      this.take(session, call.node);
      sessions.headVersion.set(session, version);
      sessions.route.set(session, call.node);
      this.host.found(slot, version);
    }
  }

  private unlock(slot: number, session: number): void {
    const next = this.locks?.give(session, slot, this.host.requests.generation) ?? -1;
    if (next >= 0) this.go(next);
  }

  private isChanged(slot: number): boolean {
    const { requests } = this.host;
    const what = requests.does[slot];
    return (
      what === requestDoes.WRITE || requests.creates[slot] === 1 || (this.isIdentity && what === requestDoes.MUTATE)
    );
  }

  private batchOf(slot: number): Batch {
    return this.host.requests.creates[slot] === 1 ? this.createBatch : this.writeBatch;
  }

  override cpuNs(slot: number): number {
    return this.isChanged(slot) ? this.clientNs + this.host.sendCpuNs(this.batchOf(slot).bytes) : 0;
  }

  override finish(slot: number): void {
    super.finish(slot);
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    if (!this.isChanged(slot)) {
      this.unlock(slot, session);
      return;
    }
    const version = Math.max(requests.wrote[slot], sessions.headVersion.get(session));
    if (this.isSynchronous) requests.awaited[slot] += 1;
    this.send(slot, this.batchOf(slot), does.COMMIT, version, this.isSynchronous ? this.patienceNs : 0);
    if (!this.isSynchronous) this.unlock(slot, session);
  }

  override versionAt(node: number, session: number): number {
    return this.host.nodes.isUp(node) ? super.versionAt(node, session) : -1;
  }

  override survivors(session: number, into: Set<number>): void {
    const owner = this.host.sessions.owner.get(session);
    if (owner >= 0) {
      const version = this.versionAt(owner, session);
      if (version >= 0) into.add(version);
    }
    const stored = this.array.survivor(session, this.stripes.get(session));
    if (stored >= 0) into.add(stored);
  }

  override nodeDied(node: number): void {
    this.diedNs[node] = this.host.sim.nowNs;
    const { requests } = this.host;
    for (const slot of this.locks?.leave((slot) => requests.node[slot] === node, requests.generation) ?? [])
      this.go(slot);
  }
}
