import { kindCode } from '../messages.ts';
import { type SendMode, sendMode } from '../outgoing.ts';
import { requestDoes } from '../requests.ts';
import type { TrafficMeter } from '../traffic-meter.ts';
import type { Unicast, UnicastOwner } from '../unicasts.ts';
import type { MapAbout } from './map-message.ts';
import { MapStart } from './map-start.ts';
import { MapPings } from './map-upkeep.ts';
import { type Publisher, Republisher } from './republisher.ts';
import type { Strategy, StrategyHost } from './strategy.ts';

/**
 * What BackupManager is whatever its `mapSendOptions`: a session has a primary and one backup; every other node has a proxy,
 * which knows where the backup is. In the session table `owner` is the primary, `second` the backup; `headVersion` and
 * `secondVersion` their copies. A death makes each survivor re-publish what has lost its primary or its backup, one session
 * after the other.
 * @see source: Tomcat 10.1 BackupManager, tribes AbstractReplicatedMap, LazyReplicatedMap; sizes and counts measured.
 */
export abstract class ReplicatedMap implements Strategy, UnicastOwner, Publisher {
  protected readonly host: StrategyHost;
  /** What `mapSendOptions` asks for. */
  protected readonly mode: SendMode;
  private readonly isReadSent: boolean;
  /** Round robin over the members, per node. */
  private readonly turn: Int32Array;
  protected readonly republisher: Republisher;
  private readonly maps: MapStart;
  private readonly pings: MapPings;

  constructor(host: StrategyHost) {
    const { replication, tomcatVersion } = host.scenario;
    if (replication.strategy !== 'backup') throw new Error(`BackupManager with the options of ${replication.strategy}`);
    this.host = host;
    this.mode = sendMode(replication.mapSendOptions);
    const { isAcknowledged } = this.mode;
    this.isReadSent = tomcatVersion === '10.1';
    const count = host.nodes.count;
    this.turn = new Int32Array(count);
    this.republisher = new Republisher(host, this);
    this.pings = new MapPings(host, isAcknowledged);
    this.maps = new MapStart(host, isAcknowledged, (observer) => this.republisher.memberJoined(observer));
  }

  abstract begin(slot: number): number;
  abstract finish(slot: number): void;
  abstract unicastApplied(message: Unicast): void;
  abstract unicastAnswered(message: Unicast, isAnswered: boolean): void;
  /** What a node had sent when it died is processed all the same. */
  unicastOrphaned(_message: Unicast): void {}

  abstract republishIdle(node: number, backup: number): void;
  /** The whole session to a backup, and a proxy to every other member. */
  protected abstract publish(about: MapAbout, backup: number, isEmpty: boolean): void;

  republish(session: number, node: number): void {
    this.publish({ slot: -1, session, node, isRepublished: true }, this.chooseBackup(node), false);
  }

  adopt(session: number, node: number): void {
    const { sessions, nodes, misdirection, membership } = this.host;
    this.own(session, node, 0);
    if (nodes.count === 1) return;
    const second = (node + 1 + (this.turn[node]++ % (nodes.count - 1))) % nodes.count;
    const isReached = membership.sees(node, second) && misdirection.way(node, second) === 'plain';
    if (!misdirection.isNone && !(isReached && misdirection.sharesName(node, second))) return;
    sessions.second.set(session, second);
    sessions.secondVersion.set(session, 0);
  }

  own(session: number, node: number, version: number): void {
    const { sessions, nodes } = this.host;
    sessions.owner.set(session, node);
    sessions.ownerStart.set(session, nodes.start[node]);
    sessions.headVersion.set(session, version);
  }

  owns(node: number, session: number): boolean {
    const { sessions, nodes } = this.host;
    return sessions.owner.get(session) === node && sessions.ownerStart.get(session) === nodes.start[node];
  }

  /** The next member in turn; -1 if there is none. */
  chooseBackup(node: number): number {
    const { membership, nodes, misdirection } = this.host;
    for (let step = 0; step < nodes.count; step += 1) {
      const candidate = (node + 1 + (this.turn[node]++ % Math.max(1, nodes.count - 1))) % nodes.count;
      const isMember =
        candidate !== node && membership.sees(node, candidate) && misdirection.sharesName(node, candidate);
      if (isMember && this.maps.runs(candidate)) return candidate;
    }
    return -1;
  }

  /** The members that a node sees besides itself. */
  protected others(node: number): number[] {
    const { nodes, membership, misdirection } = this.host;
    const others: number[] = [];
    for (let other = 0; other < nodes.count; other += 1) {
      if (other !== node && membership.sees(node, other) && misdirection.sharesName(node, other)) others.push(other);
    }
    return others;
  }

  protected hasNoBackup(session: number): void {
    this.host.sessions.second.set(session, -1);
    this.host.sessions.secondVersion.set(session, -1);
  }

  create(_slot: number): void {}

  protected diffBytes(slot: number): number {
    const { requests, sizes } = this.host;
    const idLength = this.host.idLength(requests.node[slot]);
    const isWrite = requests.does[slot] === requestDoes.WRITE;
    if (requests.creates[slot] === 1) return sizes.backupCreateDelta(idLength, isWrite);
    return isWrite || this.isReadSent ? sizes.backupDelta(idLength, isWrite) : 0;
  }

  cpuNs(slot: number): number {
    const bytes = this.host.misdirection.sendsChanges(this.host.requests.node[slot]) ? this.diffBytes(slot) : 0;
    return bytes > 0 && this.host.nodes.count > 1 ? this.host.sendCpuNs(bytes) : 0;
  }

  versionAt(node: number, session: number): number {
    const { sessions, nodes } = this.host;
    if (this.owns(node, session) && nodes.isUp(node)) return sessions.headVersion.get(session);
    return sessions.second.get(session) === node && nodes.isUp(node) ? sessions.secondVersion.get(session) : -1;
  }

  survivors(session: number, into: Set<number>): void {
    const { sessions } = this.host;
    for (const node of [sessions.owner.get(session), sessions.second.get(session)]) {
      const version = node >= 0 ? this.versionAt(node, session) : -1;
      if (version >= 0) into.add(version);
    }
  }

  expire(node: number, count: number): void {
    const { traffic, channel } = this.host;
    const bytes = this.host.sizes.removed(this.host.idLength(node));
    const kind = kindCode['session-expired'];
    if (channel.misdirected === null) channel.countToMembers(kind, node, count, bytes);
    else for (const other of this.others(node)) traffic.sent(kind, node, other, count, count * bytes);
  }

  end(_session: number, node: number): void {
    this.expire(node, 1);
  }

  viewChanged(observer: number, member: number, isMember: boolean): void {
    if (!isMember) this.republisher.memberLost(observer, member);
    else if (this.maps.runs(member)) this.republisher.memberJoined(observer);
  }

  nodeDied(node: number): void {
    const { sessions } = this.host;
    this.republisher.nodeDied(node);
    this.maps.nodeDied(node);
    this.pings.died(node);
    for (let row = 0; row < sessions.rows; row += 1) {
      if (sessions.second.get(row) === node) this.hasNoBackup(row);
    }
  }

  transferState(node: number): number {
    return this.maps.begin(node);
  }

  opened(node: number): void {
    this.pings.opened(node);
  }

  memoryBytes(node: number): number {
    const { sessions, scenario, nodes } = this.host;
    if (!nodes.isUp(node)) return 0;
    const idle = this.host.idleSessions(node) * (nodes.count > 1 ? 2 : 1);
    const held = sessions.countLive((row) => this.owns(node, row) || sessions.second.get(row) === node);
    return (idle + held) * scenario.session.bytes;
  }

  meter(traffic: TrafficMeter): void {
    this.pings.meter(traffic);
  }
}
