import { kindCode, type MessageKind } from '../messages.ts';
import { type Outgoing, type SendMode, sendMode } from '../outgoing.ts';
import { requestDoes } from '../requests.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import { effect } from './delivery-plane.ts';
import { type HeldSessions, StateTransfer, type TransferOptions } from './state-transfer.ts';
import { lookup, type Strategy, type StrategyHost } from './strategy.ts';

/** Options that both managers have. */
export interface ManagerOptions extends TransferOptions {
  expireSessionsOnShutdown: boolean;
}

/**
 * What the session managers that send every change to every node share: where copies are looked up, the change of the
 * id at another node (JvmRouteBinderValve), expiry, and the state that a joining node asks of the oldest member.
 */
export abstract class BroadcastManager implements Strategy {
  protected readonly host: StrategyHost;
  protected readonly mode: SendMode;
  private readonly options: ManagerOptions;
  private readonly transfer: StateTransfer;

  constructor(host: StrategyHost, options: ManagerOptions) {
    this.host = host;
    this.mode = sendMode(host.scenario.channel.sendOptions);
    this.options = options;
    this.transfer = new StateTransfer(host, options, this.mode.isAcknowledged, (node) => this.heldBy(node));
  }

  adopt(session: number, node: number): void {
    const { sessions } = this.host;
    sessions.owner.set(session, node);
    if (this.host.misdirection.isNone) sessions.headVersion.set(session, 0);
    else this.keepHere(session, node);
  }

  /** A session from before the run in a cluster not all of whose nodes have heard of it. */
  private keepHere(session: number, node: number): void {
    const { misdirection, membership, nodes, channel } = this.host;
    const about = { session, effect: effect.CREATE, version: 0, epoch: 0 };
    const kind = kindCode['session-created'];
    for (let other = 0; other < nodes.count; other += 1) {
      const isReached = membership.sees(node, other) && misdirection.way(node, other) === 'plain';
      if (other !== node && !(isReached && misdirection.heeds(other, node))) continue;
      channel.keep({ ...about, sender: other, kind, bytes: 0, slot: -1, mode: this.mode, except: -1 });
    }
  }

  /** Sends a message about a session to all members. */
  protected send(slot: number, kind: MessageKind, bytes: number, code: number, version: number): void {
    this.host.channel.broadcast(this.messageOf(slot, kind, bytes, code, version));
  }

  /** Changes the copy of the request's own node only. */
  protected keepOwn(slot: number, code: number, version: number): void {
    this.host.channel.keep(this.messageOf(slot, 'session-delta', 0, code, version));
  }

  private messageOf(slot: number, kind: MessageKind, bytes: number, code: number, version: number): Outgoing {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    return {
      sender: requests.node[slot],
      kind: kindCode[kind],
      bytes,
      session: code === effect.NONE ? -1 : session,
      effect: code,
      version,
      epoch: sessions.epoch.get(session),
      slot,
      mode: this.mode,
      except: -1,
    };
  }

  /** Whether the thread of a request waits for its messages. */
  protected get isWaiting(): boolean {
    return !this.mode.isAsynchronous && this.mode.isAcknowledged;
  }

  begin(slot: number): number {
    const { sessions, requests, plane, sim } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (requests.creates[slot] === 1) {
      sessions.route.set(session, node);
      requests.read[slot] = 0;
      if (this.isWaiting) this.announce(slot);
      return lookup.FOUND;
    }
    const { version, epoch } = plane.read(node, session, sim.nowNs);
    if (version < 0 || epoch !== sessions.epoch.get(session)) return lookup.ABSENT;
    requests.read[slot] = version;
    if (sessions.route.get(session) !== node) this.rename(slot, version);
    return lookup.FOUND;
  }

  /** JvmRouteBinderValve: the id gets the route of this node, and everybody is told. */
  private rename(slot: number, version: number): void {
    const { sessions, requests, sizes, scenario, misdirection } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (scenario.misconfiguration.noBinderValve || misdirection.sharesRoute(sessions.route.get(session), node)) return;
    sessions.route.set(session, node);
    if (!scenario.balancer.jvmRoute) return;
    sessions.epoch.add(session, 1);
    requests.renames[slot] = 1;
    this.send(slot, 'id-changed', sizes.idChanged(this.host.idLength(node)), effect.RENAME, version);
  }

  create(slot: number): void {
    if (!this.isWaiting) this.announce(slot);
  }

  /** A new session is told to everybody. */
  protected abstract announce(slot: number): void;

  /** Every message that a request sends before its end or at it. */
  cpuNs(slot: number): number {
    const { requests, channel, misdirection, sizes } = this.host;
    const node = requests.node[slot];
    if (channel.members(node) === 0) return 0;
    const atEndNs = misdirection.sendsChanges(node) ? this.endCpuNs(slot) : 0;
    const renameNs = requests.renames[slot] === 1 ? this.host.sendCpuNs(sizes.idChanged(this.host.idLength(node))) : 0;
    return atEndNs + renameNs + (requests.creates[slot] === 1 ? this.announceCpuNs(slot) : 0);
  }

  /** Processor time of `announce`, and of what is sent at the end of a request [ns]. */
  protected abstract announceCpuNs(slot: number): number;
  protected abstract endCpuNs(slot: number): number;

  abstract finish(slot: number): void;

  /** Without a ReplicationValve nobody asks the manager at the end of a request: what it changed stays at its node. */
  protected isMute(slot: number): boolean {
    const { misdirection, requests } = this.host;
    if (misdirection.sendsChanges(requests.node[slot])) return false;
    if (requests.wrote[slot] >= 0) this.keepOwn(slot, effect.UPDATE, requests.wrote[slot]);
    return true;
  }

  /** Whether a request changes the session by setAttribute. */
  protected writes(slot: number): boolean {
    return this.host.requests.does[slot] === requestDoes.WRITE;
  }

  versionAt(node: number, session: number): number {
    const { plane, sim, sessions } = this.host;
    const { version, epoch } = plane.read(node, session, sim.nowNs);
    return epoch === sessions.epoch.get(session) ? version : -1;
  }

  survivors(session: number, into: Set<number>): void {
    const { plane, nodes } = this.host;
    const isUniform = plane.isUniform(session);
    for (let node = 0; node < nodes.count; node += 1) {
      if (!nodes.isServing(node)) continue;
      if (!isUniform) this.host.catchUp(node);
      const version = this.versionAt(node, session);
      if (version < 0) continue;
      into.add(version);
      if (isUniform) return;
    }
  }

  expire(node: number, count: number): void {
    for (let sent = 0; sent < count; sent += 1) this.sendExpired(node);
  }

  private expired(node: number, session: number): Outgoing {
    return {
      sender: node,
      kind: kindCode['session-expired'],
      bytes: this.host.sizes.expired(this.host.idLength(node)),
      session,
      effect: session < 0 ? effect.NONE : effect.REMOVE,
      version: 0,
      epoch: session < 0 ? 0 : this.host.sessions.epoch.get(session),
      slot: -1,
      mode: this.mode,
      except: -1,
    };
  }

  private sendExpired(node: number): void {
    this.host.channel.broadcast(this.expired(node, -1));
  }

  end(session: number, node: number): void {
    if (this.holds(node, session)) this.sendExpired(node);
  }

  /** Whether a node still has a session that it believes to be there; only a stop with that option takes it away. */
  private holds(node: number, session: number): boolean {
    if (!this.options.expireSessionsOnShutdown) return true;
    this.host.catchUp(node);
    return this.host.plane.read(node, session, this.host.sim.nowNs).version >= 0;
  }

  /**
   * With expireSessionsOnShutdown a node that stops expires every session that it knows, everywhere.
   *
   * Model: all messages leave before the channel closes (in reality what still waits for a dispatcher thread then is
   * dropped), at once and without waiting for acknowledgements.
   * @see source: DeltaManager.stopInternal, DeltaSession.expire(notify, notifyCluster).
   */
  stopping(node: number): void {
    if (!this.options.expireSessionsOnShutdown || this.host.channel.members(node) === 0) return;
    const { sessions, nodes, channel } = this.host;
    for (const row of sessions.live((one) => this.holds(node, one))) channel.farewell(this.expired(node, row));
    for (let other = 0; other < nodes.count; other += 1) {
      for (let left = this.host.idleSessions(other); left > 0; left -= 1) channel.farewell(this.expired(node, -1));
    }
    this.host.dropIdleSessions();
  }

  viewChanged(_observer: number, _member: number, _isMember: boolean): void {}

  nodeDied(node: number): void {
    this.transfer.nodeDied(node);
  }

  transferState(node: number): number {
    return this.transfer.ask(node);
  }

  opened(node: number): void {
    this.transfer.opened(node);
  }

  /** What a node can give to a joining one: the sessions it knows, and those of them whose first attributes it has. */
  private heldBy(node: number): HeldSessions {
    const { sessions, nodes } = this.host;
    this.host.catchUp(node);
    let held = 0;
    for (let other = 0; other < nodes.count; other += 1) held += this.host.idleSessions(other);
    let withAttributes = held;
    for (let row = 0; row < sessions.rows; row += 1) {
      if (!sessions.isLive(row)) continue;
      const version = this.versionAt(node, row);
      if (version >= 0) held += 1;
      if (version > 0 || (version === 0 && sessions.latest.get(row) === 0)) withAttributes += 1;
    }
    return { sessions: held, withAttributes };
  }

  private sessionsHeld(at: number): number {
    const { sessions, nodes } = this.host;
    let held = sessions.countLive((row) => this.holds(at, row));
    for (let node = 0; node < nodes.count; node += 1) held += this.host.idleSessions(node);
    return held;
  }

  memoryBytes(node: number): number {
    return this.host.nodes.isServing(node) ? this.sessionsHeld(node) * this.host.scenario.session.bytes : 0;
  }

  meter(_traffic: TrafficMeter): void {}
}
