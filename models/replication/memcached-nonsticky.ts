import { LazyColumn } from '../../sim/lazy-column.ts';
import { milliseconds, seconds } from '../../sim/time.ts';
import { eventKind } from '../events.ts';
import { draw } from '../request-flow.ts';
import { requestDoes } from '../requests.ts';
import type { Batch, Step } from '../stores/store-batch.ts';
import type { CallAbout, StoreCall } from '../stores/store-call.ts';
import { MemcachedLocks } from './memcached-locks.ts';
import { MemcachedStrategy, msmDoes, msmNext } from './memcached-strategy.ts';
import { lookup, type StrategyHost } from './strategy.ts';

/** Waits between two tries to get a lock. @see source: memcached-session-manager LockingStrategy, 10 ms doubling to 500 ms. */
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/** A session in the memory of a Tomcat, for as long as requests there use it. */
interface HeldSession {
  users: number;
  version: number;
  isChanged: boolean;
}

/**
 * memcached-session-manager, non-sticky: each request loads its session and stores it at the end, with a secondary copy
 * (`bak:`) and records of validity on the next memcached. In the session table `second` is the memcached of the id.
 *
 * ```
 *   [ADD lock, again after 10 ms doubling to 500 ms, after operationTimeout without it]  GET, GET validity
 *   changed:   SET, SET validity [, DELETE lock]              beside: SET bak, SET bak validity
 *   unchanged: SET validity, ADD (probe) [, DELETE lock]      beside: ADD bak (probe), SET bak validity
 * ```
 * Model: requests of one session on one Tomcat share the object, the last one stores. A request that never asks for its
 * session costs as much as one that reads (measured). `auto` takes all requests that do not change the session for one URI:
 * a Tomcat locks until it has seen the first of them end. The secondary's health is asked beside the store.
 * @see source: memcached-session-manager 716e147 BackupSessionService, LockingStrategy; measured on Tomcat 9.0.70.
 */
export class MemcachedNonsticky extends MemcachedStrategy {
  private readonly lockingMode: 'none' | 'all' | 'auto' | 'uriPattern';
  private readonly lockedRatio: number;
  private readonly ttlNs: number;
  private readonly locks: MemcachedLocks;
  private readonly held = new Map<number, HeldSession>();
  /** Per node: 1 = it has learnt which requests only read. */
  private readonly hasLearnt: Uint8Array;
  /** Per request slot: its lock (1), the wait before the next try [ms], until when it tries [ns], the copy it loads (-1: the first). */
  private readonly isLocked: number[] = [];
  private readonly waitMs: number[] = [];
  private readonly triesUntilNs: number[] = [];
  private readonly bakAt: number[] = [];
  private readonly forced: number[] = [];
  /** Per session: where its secondary copy is. */
  private readonly bakServer: LazyColumn;

  constructor(host: StrategyHost) {
    const { replication, session } = host.scenario;
    if (replication.strategy !== 'memcached-nonsticky')
      throw new Error(`MemcachedNonsticky with the options of ${replication.strategy}`);
    super(host, replication, []);
    this.lockingMode = replication.lockingMode;
    this.lockedRatio = replication.lockingUriPatternRatio;
    this.ttlNs = 2 * seconds(session.idleTimeoutS);
    this.locks = new MemcachedLocks(this.memcached, seconds(replication.lockExpireS));
    this.bakServer = new LazyColumn(host.sessions, new Int16Array(0), -1);
    this.hasLearnt = new Uint8Array(host.nodes.count);
    host.sim.on(eventKind.STORE_RETRY, 'lock again', (slot, generation) => this.tryAgain(slot, generation));
    this.fillWithStrangers(this.memcached.count > 1 ? 2 : 1);
  }

  private placeOf(session: number, node: number): number {
    return session * this.host.nodes.count + node;
  }

  override adopt(session: number, node: number): void {
    super.adopt(session, node);
    this.fresh(session);
    const server = this.placeAdopted(session);
    const bytes = this.valueBytes(node);
    this.memcached.items.set(2 * session, server, 0, bytes, this.ttlNs);
    if (this.memcached.count === 1) return;
    const bak = (server + 1) % this.memcached.count;
    this.bakServer.set(session, bak);
    this.memcached.items.set(2 * session + 1, bak, 0, bytes, this.ttlNs);
  }

  private fresh(session: number): void {
    this.bakServer.clear(session);
    this.locks.begin(session);
    this.memcached.items.reserve(2 * this.host.sessions.capacity);
    this.memcached.items.remove(2 * session);
    this.memcached.items.remove(2 * session + 1);
  }

  private hold(session: number, node: number, version: number): void {
    this.held.set(this.placeOf(session, node), { users: 1, version, isChanged: false });
  }

  override begin(slot: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.isLocked[slot] = 0;
    this.bakAt[slot] = -1;
    this.forced[slot] = requests.creates[slot];
    if (requests.creates[slot] === 1) {
      this.fresh(session);
      if (!this.assign(slot)) requests.awaited[slot] += 1;
      this.hold(session, node, 0);
      return super.begin(slot);
    }
    const held = this.held.get(this.placeOf(session, node));
    if (held) {
      held.users += 1;
      requests.read[slot] = held.version;
      return lookup.FOUND;
    }
    const server = sessions.second.get(session);
    const belief = server < 0 ? -1 : this.belief(node, server);
    if (belief === 0) this.ping(slot, server, msmNext.USE);
    else if (belief > 0) this.lockAndLoad(slot);
    else if (!this.loadBak(slot)) return lookup.ABSENT;
    return lookup.OPEN;
  }

  protected override checked(slot: number, next: number, isUp: boolean): void {
    if (next === msmNext.ASSIGN) {
      if (this.assign(slot)) this.answered(slot);
    } else if (isUp) {
      if (this.bakAt[slot] < 0) this.lockAndLoad(slot);
      else this.load(slot);
    } else if (!this.loadBak(slot)) this.host.absent(slot);
  }

  /** Whether the request locks its session. */
  private locksSession(slot: number): boolean {
    const { requests } = this.host;
    const does = requests.does[slot];
    if (this.lockingMode === 'all') return true;
    if (this.lockingMode === 'uriPattern')
      return this.host.drawFor(requests.session[slot], draw.LOCKED_URI) < this.lockedRatio;
    if (this.lockingMode === 'none') return false;
    return does === requestDoes.WRITE || does === requestDoes.MUTATE || this.hasLearnt[requests.node[slot]] === 0;
  }

  private lockAndLoad(slot: number): void {
    if (!this.locksSession(slot)) {
      this.load(slot);
      return;
    }
    this.waitMs[slot] = FIRST_WAIT_MS;
    this.triesUntilNs[slot] = this.host.sim.nowNs + this.operationTimeoutNs;
    this.lock(slot);
  }

  private operation(slot: number, server: number, batch: Batch, does: number, timeoutNs: number, version = -1): void {
    const { requests } = this.host;
    this.call({
      slot,
      session: requests.session[slot],
      node: requests.node[slot],
      server,
      batch,
      does,
      version,
      timeoutNs,
    });
  }

  private lock(slot: number): void {
    const { requests, sessions } = this.host;
    const key = this.keyLength(requests.node[slot]);
    const batch = this.batches.get(key, 0) ?? this.batches.add(key, 0, [this.sizes.addLock(key)]);
    this.operation(slot, sessions.second.get(requests.session[slot]), batch, msmDoes.LOCK, this.operationTimeoutNs);
  }

  private tryAgain(slot: number, generation: number): void {
    if (this.host.requests.generation[slot] === generation) this.lock(slot);
  }

  /** The lock is there, or taken by another request: then later again, and at last without it. */
  private lockAnswered(slot: number, isGranted: boolean, isAnswered: boolean): void {
    const { sim, requests } = this.host;
    const waitNs = milliseconds(this.waitMs[slot]);
    if (isGranted || !isAnswered || sim.nowNs + waitNs > this.triesUntilNs[slot]) {
      this.isLocked[slot] = isGranted ? 1 : 0;
      this.load(slot);
      return;
    }
    this.waitMs[slot] = Math.min(2 * this.waitMs[slot], LONGEST_WAIT_MS);
    sim.schedule(waitNs, eventKind.STORE_RETRY, slot, requests.generation[slot]);
  }

  private load(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const key = this.keyLength(requests.node[slot]);
    const isBak = this.bakAt[slot] >= 0;
    const place = isBak ? 2 : 1;
    const known = this.batches.get(key, place);
    const batch =
      known ?? this.batches.add(key, place, [this.sizes.get(key, isBak), this.sizes.getValidity(key, isBak)]);
    this.operation(
      slot,
      isBak ? this.bakAt[slot] : sessions.second.get(session),
      batch,
      msmDoes.LOAD,
      this.operationTimeoutNs,
    );
  }

  /** The memcached of the id is down: the secondary copy, on the next one. @returns whether there is any. */
  private loadBak(slot: number): boolean {
    const { requests, sessions } = this.host;
    const node = requests.node[slot];
    const server = sessions.second.get(requests.session[slot]);
    const next = this.nextServer(node, server);
    if (next < 0 || next === this.bakAt[slot]) return false;
    this.bakAt[slot] = next;
    if (this.belief(node, next) === 0) this.ping(slot, next, msmNext.LOAD);
    else this.load(slot);
    return true;
  }

  /** The next memcached after one that is not known to be down, -1 none. */
  private nextServer(node: number, server: number): number {
    for (let step = 1; step < this.memcached.count; step += 1) {
      const next = (server + step) % this.memcached.count;
      if (this.belief(node, next) >= 0) return next;
    }
    return -1;
  }

  storeApplied(call: StoreCall): void {
    const { session, server, does, doneNs } = call;
    const { sim, sessions } = this.host;
    const { items } = this.memcached;
    if (does === msmDoes.LOCK) call.version = this.locks.add(session, server, doneNs) ? 1 : 0;
    else if (does === msmDoes.LOAD)
      call.version = items.get(2 * session + (server === sessions.second.get(session) ? 0 : 1), server, sim.nowNs);
    else if (call.epoch !== sessions.epoch.get(session)) return;
    else if (does === msmDoes.STORE) {
      if (items.set(2 * session, server, call.version, this.valueBytes(call.node), doneNs + this.ttlNs))
        sessions.mutationsKept.set(session, Math.max(call.mutations, sessions.mutationsKept.get(session)));
    } else if (does === msmDoes.STORE_BAK) {
      this.bakServer.set(session, server);
      items.set(2 * session + 1, server, call.version, this.valueBytes(call.node), doneNs + this.ttlNs);
    } else if (does === msmDoes.DELETE) items.remove(2 * session);
    if (does !== msmDoes.LOCK && does !== msmDoes.LOAD && call.batch.operations.includes(this.locks.deletion))
      this.locks.delete(session);
  }

  storeAnswered(call: StoreCall, isAnswered: boolean): void {
    const { does, slot, version } = call;
    if (does === msmDoes.PING) this.pinged(call, isAnswered);
    else if (!this.isCurrent(call)) return;
    else if (does === msmDoes.LOCK) this.lockAnswered(slot, version === 1, isAnswered);
    else if (does === msmDoes.LOAD) this.loaded(call, isAnswered);
    else {
      if (!isAnswered) this.believe(call.node, call.server, false);
      this.answered(slot);
    }
  }

  private loaded(call: StoreCall, isAnswered: boolean): void {
    const { slot, session, node, version } = call;
    const { sessions } = this.host;
    if (!isAnswered) {
      this.believe(node, call.server, false);
      if (!this.loadBak(slot)) this.host.absent(slot);
      return;
    }
    if (version < 0) {
      this.host.absent(slot);
      return;
    }
    if (this.bakAt[slot] >= 0) {
      sessions.epoch.add(session, 1);
      sessions.second.set(session, this.bakAt[slot]);
      this.forced[slot] = 1;
    }
    sessions.route.set(session, node);
    const held = this.held.get(this.placeOf(session, node));
    if (held) held.users += 1;
    else this.hold(session, node, version);
    this.host.found(slot, held ? held.version : version);
  }

  override cpuNs(slot: number): number {
    const node = this.host.requests.node[slot];
    return 6 * this.clientNs + (this.isAsync ? 0 : this.serialiseNs(node));
  }

  override finish(slot: number): void {
    const { requests, sim } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const place = this.placeOf(session, node);
    const held = this.held.get(place);
    if (!held) return;
    const does = requests.does[slot];
    const isChanged = does === requestDoes.WRITE || does === requestDoes.MUTATE || this.forced[slot] === 1;
    held.version = Math.max(held.version, requests.wrote[slot]);
    held.isChanged ||= isChanged;
    held.users -= 1;
    if (held.users > 0) return;
    this.held.delete(place);
    if (!isChanged) this.hasLearnt[node] = 1;
    const isIgnored = this.ignoreRatio > 0 && this.host.drawFor(session, draw.IGNORED_URI) < this.ignoreRatio;
    if (isIgnored && this.forced[slot] === 0) this.unlock(slot);
    else this.store(slot, held, this.isAsync ? this.inBackground(node) : sim.nowNs);
  }

  private unlock(slot: number): void {
    const { requests, sessions } = this.host;
    if (this.isLocked[slot] === 0) return;
    const key = this.keyLength(requests.node[slot]);
    const batch = this.batches.get(key, 3) ?? this.batches.add(key, 3, [this.sizes.deleteLock(key)]);
    this.operation(slot, sessions.second.get(requests.session[slot]), batch, msmDoes.UNLOCK, 0);
  }

  private store(slot: number, held: HeldSession, readyNs: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const server = sessions.second.get(session);
    if (server < 0) return;
    const key = this.keyLength(node);
    const isLocked = this.isLocked[slot] === 1;
    const { isChanged, version } = held;
    const place = 4 + (isChanged ? 1 : 0) + (isLocked ? 2 : 0);
    const batch = this.batches.get(key, place) ?? this.batches.add(key, place, this.steps(key, isChanged, isLocked));
    const isWaiting = !this.isAsync && isChanged;
    const timeoutNs = isWaiting ? this.backupTimeoutNs : 0;
    const does = isChanged ? msmDoes.STORE : msmDoes.REST;
    const about = { slot, session, node, server, batch, does, version, timeoutNs };
    if (isWaiting) this.callAndWait(about);
    else this.call(about, readyNs);
    this.storeBak(about, isChanged, readyNs);
  }

  private steps(key: number, isChanged: boolean, isLocked: boolean): Step[] {
    const validity = this.sizes.setValidity(key, false);
    const stored = isChanged ? [this.sizes.set(key, false), validity] : [validity, this.sizes.probe(key, false)];
    return isLocked ? [...stored, this.sizes.deleteLock(key)] : stored;
  }

  private bakSteps(key: number, isChanged: boolean): Step[] {
    return [isChanged ? this.sizes.set(key, true) : this.sizes.probe(key, true), this.sizes.setValidity(key, true)];
  }

  private storeBak(about: CallAbout, isChanged: boolean, readyNs: number): void {
    const { slot, session, node, version } = about;
    const server = this.nextServer(node, about.server);
    if (server < 0) return;
    if (this.belief(node, server) === 0) this.pingBeside(node, server);
    const key = this.keyLength(node);
    const place = isChanged ? 8 : 9;
    const batch = this.batches.get(key, place) ?? this.batches.add(key, place, this.bakSteps(key, isChanged));
    const does = isChanged ? msmDoes.STORE_BAK : msmDoes.REST;
    this.call({ slot, session, node, server, batch, does, version, timeoutNs: 0 }, readyNs);
  }

  override versionAt(node: number, session: number): number {
    return this.held.get(this.placeOf(session, node))?.version ?? -1;
  }

  override survivors(session: number, into: Set<number>): void {
    const { sessions, sim } = this.host;
    const { items } = this.memcached;
    const server = sessions.second.get(session);
    const first = server >= 0 ? items.peek(2 * session, server, sim.nowNs) : -1;
    const bak = this.bakServer.get(session);
    const version = first >= 0 || bak < 0 ? first : items.peek(2 * session + 1, bak, sim.nowNs);
    if (version >= 0) into.add(version);
    this.memcached.carried(session, msmDoes.STORE, into);
  }

  override end(session: number, node: number): void {
    const server = this.host.sessions.second.get(session);
    if (server < 0 || !this.host.nodes.isUp(node)) return;
    const key = this.keyLength(node);
    const batch = this.batches.get(key, 10) ?? this.batches.add(key, 10, [this.sizes.delete(key)]);
    this.call({ slot: -1, session, node, server, batch, does: msmDoes.DELETE, version: -1, timeoutNs: 0 });
  }

  override nodeDied(node: number): void {
    super.nodeDied(node);
    this.hasLearnt[node] = 0;
    for (const place of [...this.held.keys()]) if (place % this.host.nodes.count === node) this.held.delete(place);
  }

  override memoryBytes(_node: number): number {
    return 0;
  }
}
