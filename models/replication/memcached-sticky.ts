import { LazyColumn } from '../../sim/lazy-column.ts';
import { seconds } from '../../sim/time.ts';
import { draw } from '../request-flow.ts';
import { requestDoes } from '../requests.ts';
import type { StoreCall } from '../stores/store-call.ts';
import { MemcachedStrategy, msmDoes, msmNext } from './memcached-strategy.ts';
import { lookup, type StrategyHost } from './strategy.ts';

/** @see source: Tomcat ManagerBase.processExpiresFrequency. */
const EXPIRE_FREQUENCY = 6;
/** backgroundProcessorDelay of a Context that does not set it. */
const NO_DELAY_S = -1;

/**
 * memcached-session-manager, sticky: the session lives in its Tomcat; after each request that changed it the whole
 * session is stored in the one memcached that its id names, before the response (synchronous) or after it.
 * In the session table `second` is that memcached.
 *
 * ```
 *   own session:          [ping, once a second] servlet, serialise, SET if the bytes differ
 *   its memcached down:   another one, another id, SET at the end
 *   another Tomcat's:     GET, DELETE of the old key, another id, SET at the end
 * ```
 * Model: changes in place are detected (the stored bytes differ). What a request with an ignored URI changes is stored
 * after the next other one. An asynchronous SET that is lost counts as stored. A value lives for maxInactiveInterval less
 * the idle time plus 6 x backgroundProcessorDelay of the Context (-1 unless set): a session that is only read runs out.
 * @see source: memcached-session-manager 716e147 MemcachedSessionService, BackupSessionTask, RequestTrackingHostValve.
 */
export class MemcachedSticky extends MemcachedStrategy {
  private readonly ttlNs: number;
  private readonly refreshNs: number;
  /** Per request slot: 1 = the session must be stored even if nothing changed (it has a new id). */
  private readonly forced: number[] = [];
  /** Per session: 1 = changed by a request with an ignored URI, not stored yet; until when memcached keeps it [ns],
   * kept where what is only read is stored again in time. */
  private readonly unsaved: LazyColumn;
  private readonly keptUntilNs: LazyColumn;

  constructor(host: StrategyHost) {
    const { replication, session } = host.scenario;
    if (replication.strategy !== 'memcached-sticky')
      throw new Error(`MemcachedSticky with the options of ${replication.strategy}`);
    super(host, replication, replication.failoverNodes);
    const delayS = replication.backgroundProcessorDelayS;
    const refreshNs = seconds(EXPIRE_FREQUENCY * (delayS > 0 ? delayS : NO_DELAY_S));
    this.ttlNs = Math.max(seconds(1), seconds(session.idleTimeoutS) + refreshNs);
    this.refreshNs = delayS > 0 ? seconds(2 * delayS) : 0;
    this.unsaved = new LazyColumn(host.sessions, new Uint16Array(0), 0);
    this.keptUntilNs = new LazyColumn(host.sessions, new Float64Array(0), 0);
    this.fillWithStrangers(1);
  }

  override adopt(session: number, node: number): void {
    super.adopt(session, node);
    this.fresh(session);
    const server = this.placeAdopted(session);
    this.memcached.items.set(session, server, 0, this.valueBytes(node), this.ttlNs);
    if (this.refreshNs > 0) this.keptUntilNs.set(session, this.ttlNs);
  }

  private fresh(session: number): void {
    this.unsaved.clear(session);
    this.keptUntilNs.clear(session);
    this.memcached.items.reserve(this.host.sessions.capacity);
    this.memcached.items.remove(session);
  }

  override begin(slot: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.forced[slot] = 0;
    if (requests.creates[slot] === 1) {
      this.fresh(session);
      if (!this.assign(slot)) requests.awaited[slot] += 1;
      return super.begin(slot);
    }
    const server = sessions.second.get(session);
    const belief = server < 0 ? -1 : this.belief(node, server);
    if (this.owns(node, session)) {
      if (belief === 0) {
        this.ping(slot, server, msmNext.USE);
        requests.awaited[slot] += 1;
      } else if (belief < 0 && !this.relocate(slot)) requests.awaited[slot] += 1;
      return super.begin(slot);
    }
    if (belief < 0) return lookup.ABSENT;
    if (belief === 0) this.ping(slot, server, msmNext.LOAD);
    else this.load(slot);
    return lookup.OPEN;
  }

  /** The session's memcached is down: another one, another id, and the session is stored again. */
  private relocate(slot: number): boolean {
    const { requests, sessions } = this.host;
    sessions.epoch.add(requests.session[slot], 1);
    this.forced[slot] = 1;
    return this.assign(slot);
  }

  protected override checked(slot: number, next: number, isUp: boolean): void {
    if (next === msmNext.LOAD) {
      if (isUp) this.load(slot);
      else this.host.absent(slot);
    } else if (next === msmNext.USE ? isUp || this.relocate(slot) : this.assign(slot)) this.answered(slot);
  }

  /** Another Tomcat than the session's loads it from memcached. */
  private load(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const key = this.keyLength(node);
    const batch =
      this.batches.get(key, msmDoes.LOAD) ?? this.batches.add(key, msmDoes.LOAD, [this.sizes.get(key, false)]);
    const server = sessions.second.get(session);
    const timeoutNs = this.operationTimeoutNs;
    this.call({ slot, session, node, server, batch, does: msmDoes.LOAD, version: -1, timeoutNs });
  }

  storeApplied(call: StoreCall): void {
    const { session, server, does } = call;
    const { sim, sessions } = this.host;
    if (does === msmDoes.LOAD) call.version = this.memcached.items.get(session, server, sim.nowNs);
    else if (does === msmDoes.DELETE) {
      if (sessions.epoch.get(session) === call.epoch) this.memcached.items.remove(session);
    } else if (does === msmDoes.STORE && sessions.epoch.get(session) === call.epoch) this.kept(call);
  }

  private kept(call: StoreCall): void {
    const { session, server, version, mutations, node } = call;
    const { sessions } = this.host;
    const isKept = this.memcached.items.set(session, server, version, this.valueBytes(node), call.doneNs + this.ttlNs);
    if (!isKept) return;
    sessions.mutationsKept.set(session, Math.max(mutations, sessions.mutationsKept.get(session)));
    if (this.refreshNs > 0) this.keptUntilNs.set(session, call.doneNs + this.ttlNs);
  }

  storeAnswered(call: StoreCall, isAnswered: boolean): void {
    const { does, slot, version } = call;
    if (does === msmDoes.PING) this.pinged(call, isAnswered);
    else if (!this.isCurrent(call)) return;
    else if (does === msmDoes.LOAD) {
      if (isAnswered && version >= 0) this.keepLoaded(slot, version);
      else this.host.absent(slot);
    } else if (does === msmDoes.STORE) {
      if (!isAnswered) this.believe(call.node, call.server, false);
      if (!isAnswered) this.unsaved.set(call.session, 1);
      this.answered(slot);
    }
  }

  /** The loaded session is this Tomcat's own from now on, under another id. */
  private keepLoaded(slot: number, version: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.take(session, node);
    sessions.headVersion.set(session, version);
    if (sessions.route.get(session) !== node) {
      sessions.route.set(session, node);
      sessions.epoch.add(session, 1);
      const key = this.keyLength(node);
      const batch =
        this.batches.get(key, msmDoes.DELETE) ?? this.batches.add(key, msmDoes.DELETE, [this.sizes.delete(key)]);
      const server = sessions.second.get(session);
      this.call({ slot, session, node, server, batch, does: msmDoes.DELETE, version: -1, timeoutNs: 0 });
    }
    this.forced[slot] = 1;
    this.host.found(slot, version);
  }

  /** Whether the request's URI matches requestUriIgnorePattern. */
  private isIgnored(slot: number): boolean {
    return (
      this.ignoreRatio > 0 && this.host.drawFor(this.host.requests.session[slot], draw.IGNORED_URI) < this.ignoreRatio
    );
  }

  /** Whether the session is serialised after the request: attributes were touched, or it has a new id. */
  private isSerialised(slot: number): boolean {
    const { requests } = this.host;
    if (this.isIgnored(slot)) return false;
    const does = requests.does[slot];
    const isTouched = does !== requestDoes.TOUCH && does !== requestDoes.IGNORE;
    return isTouched || requests.creates[slot] === 1 || this.forced[slot] === 1;
  }

  /** Whether its bytes differ from those stored last, or it must be stored for another reason. */
  private isChanged(slot: number): boolean {
    const { requests, sim } = this.host;
    const session = requests.session[slot];
    const does = requests.does[slot];
    const runsOut = this.refreshNs > 0 && this.keptUntilNs.get(session) - sim.nowNs <= this.refreshNs;
    const isNew = requests.creates[slot] === 1 || this.forced[slot] === 1 || this.unsaved.get(session) === 1;
    return isNew || runsOut || does === requestDoes.WRITE || does === requestDoes.MUTATE;
  }

  override cpuNs(slot: number): number {
    if (this.isAsync || !this.isSerialised(slot)) return 0;
    return this.serialiseNs(this.host.requests.node[slot]) + this.clientNs;
  }

  override finish(slot: number): void {
    super.finish(slot);
    const { requests, sessions, sim } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (!this.isSerialised(slot)) {
      if (this.isIgnored(slot) && this.isChanged(slot)) this.unsaved.set(session, 1);
      return;
    }
    const readyNs = this.isAsync ? this.inBackground(node) : sim.nowNs;
    if (!this.isChanged(slot)) return;
    this.unsaved.clear(session);
    const server = sessions.second.get(session);
    if (server < 0) return;
    const key = this.keyLength(node);
    const batch =
      this.batches.get(key, msmDoes.STORE) ?? this.batches.add(key, msmDoes.STORE, [this.sizes.set(key, false)]);
    const timeoutNs = this.isAsync ? 0 : this.backupTimeoutNs;
    const version = sessions.headVersion.get(session);
    const about = { slot, session, node, server, batch, does: msmDoes.STORE, version, timeoutNs };
    if (this.isAsync) this.call(about, readyNs);
    else this.callAndWait(about);
  }

  override versionAt(node: number, session: number): number {
    return this.host.nodes.isUp(node) ? super.versionAt(node, session) : -1;
  }

  override survivors(session: number, into: Set<number>): void {
    const { sessions, sim } = this.host;
    const owner = sessions.owner.get(session);
    if (owner >= 0) {
      const version = this.versionAt(owner, session);
      if (version >= 0) into.add(version);
    }
    const server = sessions.second.get(session);
    const stored =
      server < 0 || this.memcached.isUp[server] === 0 ? -1 : this.memcached.items.peek(session, server, sim.nowNs);
    if (stored >= 0) into.add(stored);
  }

  override end(session: number, node: number): void {
    const { sessions, nodes } = this.host;
    const server = sessions.second.get(session);
    if (server < 0 || !nodes.isUp(node)) return;
    const key = this.keyLength(node);
    const batch =
      this.batches.get(key, msmDoes.DELETE) ?? this.batches.add(key, msmDoes.DELETE, [this.sizes.delete(key)]);
    this.call({ slot: -1, session, node, server, batch, does: msmDoes.DELETE, version: -1, timeoutNs: 0 });
  }
}
