import { requestDoes } from '../requests.ts';
import { BroadcastManager } from './broadcast-manager.ts';
import { effect } from './delivery-plane.ts';
import type { StrategyHost } from './strategy.ts';

/**
 * SimpleTcpReplicationManager: the whole session to every node, whenever a request has changed it or, with useDirtyFlag
 * off, after every request.
 * @see source: Apache Tomcat 5.0 SimpleTcpReplicationManager.requestCompleted (from memory); a new session counts as changed (assumed).
 */
export class AllToAll extends BroadcastManager {
  private readonly useDirtyFlag: boolean;

  constructor(host: StrategyHost) {
    const { replication } = host.scenario;
    if (replication.strategy !== 'all-to-all') throw new Error(`AllToAll with the options of ${replication.strategy}`);
    super(host, {
      expireSessionsOnShutdown: replication.expireSessionsOnShutdown,
      stateTransferTimeoutS: 60,
      sendAllSessions: true,
      sendAllSessionsSize: 1000,
      sendAllSessionsWaitTimeMs: 0,
      stateTimestampDrop: false,
    });
    this.useDirtyFlag = replication.useDirtyFlag;
  }

  protected announce(_slot: number): void {}

  private isSent(slot: number): boolean {
    const { requests } = this.host;
    return !this.useDirtyFlag || requests.creates[slot] === 1 || requests.does[slot] === requestDoes.WRITE;
  }

  protected announceCpuNs(_slot: number): number {
    return 0;
  }

  protected endCpuNs(slot: number): number {
    if (!this.isSent(slot)) return 0;
    return this.host.sendCpuNs(this.host.sizes.whole(this.host.idLength(this.host.requests.node[slot])));
  }

  finish(slot: number): void {
    const { requests, sessions, sizes } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    sessions.owner.set(session, node);
    if (this.isMute(slot) || !this.isSent(slot)) return;
    const wrote = requests.wrote[slot];
    const version = wrote >= 0 ? wrote : Math.max(requests.read[slot], this.versionAt(node, session));
    sessions.mutationsKept.set(session, sessions.mutations.get(session));
    this.send(slot, 'session-whole', sizes.whole(this.host.idLength(node)), effect.REPLACE, version);
  }
}
