import { eventKind } from '../events.ts';
import type { StrategyHost } from './strategy.ts';

/** What the republisher needs of the manager. */
export interface Publisher {
  owns(node: number, session: number): boolean;
  /** Makes a node the primary of a session. */
  own(session: number, node: number, version: number): void;
  /** The next member in turn, -1 if there is none. */
  chooseBackup(node: number): number;
  republish(session: number, node: number): void;
  republishIdle(node: number, backup: number): void;
}

/**
 * After a death each survivor gives a new backup to the sessions that have lost their backup or their primary: one
 * after the other, in one thread, the whole session each. A joining node only gets what has no backup at all.
 * What waits for its turn is pinned, and stands in the order of the clients: no result hangs on which row a session has.
 * @see source: Tomcat 10.1 AbstractReplicatedMap.memberDisappeared, mapMemberAdded.
 */
export class Republisher {
  private readonly host: StrategyHost;
  private readonly publisher: Publisher;
  /** Per node: sessions to publish, how many of them are done, and how many of those left before the run wait. */
  private readonly rows: number[][];
  private readonly done: Int32Array;
  private readonly idle: Int32Array;
  private readonly isBusy: Uint8Array;

  constructor(host: StrategyHost, publisher: Publisher) {
    const { count } = host.nodes;
    this.host = host;
    this.publisher = publisher;
    this.rows = Array.from({ length: count }, () => []);
    this.done = new Int32Array(count);
    this.idle = new Int32Array(count);
    this.isBusy = new Uint8Array(count);
    host.sim.on(eventKind.REPUBLISH, 'republish', (node, start) => this.next(node, start));
  }

  /** What had its backup at the dead member gets a new one, what had its primary there gets this node as primary. */
  memberLost(observer: number, member: number): void {
    const { sessions, nodes } = this.host;
    this.collect(observer, (row) => {
      const hasLostBackup = sessions.second.get(row) === member || sessions.second.get(row) < 0;
      const hasLostPrimary = sessions.second.get(row) === observer && sessions.owner.get(row) === member;
      return hasLostPrimary || (hasLostBackup && this.publisher.owns(observer, row));
    });
    if (nodes.count > 2) {
      this.idle[observer] += Math.round((2 * this.host.idleSessions(member)) / (nodes.count - 1));
    }
    this.begin(observer);
  }

  memberJoined(observer: number): void {
    const { sessions } = this.host;
    this.collect(observer, (row) => sessions.second.get(row) < 0 && this.publisher.owns(observer, row));
    this.begin(observer);
  }

  private collect(node: number, isWanted: (row: number) => boolean): void {
    const { sessions } = this.host;
    for (const row of sessions.live(isWanted)) {
      sessions.pin(row);
      this.rows[node].push(row);
    }
  }

  private begin(node: number): void {
    if (this.isBusy[node] === 1) return;
    this.isBusy[node] = 1;
    this.scheduleNext(node);
  }

  /** The session published last is safe: the next one. */
  scheduleNext(node: number): void {
    this.host.sim.schedule(0, eventKind.REPUBLISH, node, this.host.nodes.start[node]);
  }

  private next(node: number, start: number): void {
    const { nodes } = this.host;
    if (nodes.start[node] !== start || !nodes.isUp(node)) return;
    const rows = this.rows[node];
    while (this.done[node] < rows.length) {
      const row = rows[this.done[node]];
      this.done[node] += 1;
      this.host.sessions.unpin(row);
      if (this.publish(row, node)) return;
    }
    rows.length = 0;
    this.done[node] = 0;
    const backup = this.idle[node] > 0 ? this.publisher.chooseBackup(node) : -1;
    if (backup < 0) {
      this.isBusy[node] = 0;
      return;
    }
    this.idle[node] -= 1;
    this.publisher.republishIdle(node, backup);
  }

  /** @returns false when the session needs nothing any more. */
  private publish(row: number, node: number): boolean {
    const { nodes, sessions, membership } = this.host;
    const second = sessions.second.get(row);
    const isBackup = second === node;
    if (!sessions.isLive(row) || (!isBackup && !this.publisher.owns(node, row))) return false;
    if (!isBackup && second >= 0 && nodes.isUp(second) && membership.sees(node, second)) return false;
    if (isBackup && (sessions.secondVersion.get(row) < 0 || this.hasPrimary(row))) return false;
    if (isBackup) this.publisher.own(row, node, sessions.secondVersion.get(row));
    sessions.second.set(row, -1);
    this.publisher.republish(row, node);
    return true;
  }

  /**
   * Whether another node is the primary: it has become that meanwhile, or it lives behind a cut. There the backup makes
   * itself a second primary, which nobody asks as long as the balancer is sticky, and which is left out.
   */
  private hasPrimary(row: number): boolean {
    const { sessions, nodes } = this.host;
    const owner = sessions.owner.get(row);
    return nodes.isUp(owner) && this.publisher.owns(owner, row);
  }

  nodeDied(node: number): void {
    for (let place = this.done[node]; place < this.rows[node].length; place += 1)
      this.host.sessions.unpin(this.rows[node][place]);
    this.rows[node].length = 0;
    this.done[node] = 0;
    this.idle[node] = 0;
    this.isBusy[node] = 0;
  }
}
