import { requestDoes } from '../requests.ts';
import { BroadcastManager } from './broadcast-manager.ts';
import { effect } from './delivery-plane.ts';
import type { StrategyHost } from './strategy.ts';
import { losesDelta } from './unserialisable.ts';

/**
 * DeltaManager: creation, every request's changes, accesses, expiry and changes of the id go to every node.
 * @see source: Tomcat DeltaManager.requestCompleted, DeltaSession; rules by version measured (MODEL.md).
 */
export class Delta extends BroadcastManager {
  /** Since 10.1 the first access of each request records setNew(false), so that reads send a delta as well. */
  private readonly isReadSent: boolean;

  constructor(host: StrategyHost) {
    const { replication, tomcatVersion } = host.scenario;
    if (replication.strategy !== 'delta') throw new Error(`Delta with the options of ${replication.strategy}`);
    super(host, { ...replication });
    this.isReadSent = tomcatVersion === '10.1';
  }

  protected announce(slot: number): void {
    this.send(slot, 'session-created', this.createdBytes(slot), effect.CREATE, 0);
  }

  private createdBytes(slot: number): number {
    return this.host.sizes.created(this.host.idLength(this.host.requests.node[slot]));
  }

  /** Size of the delta at the end of a request [bytes], 0 = none is sent. */
  private deltaBytes(slot: number): number {
    const { requests, sizes } = this.host;
    const idLength = this.host.idLength(requests.node[slot]);
    const isWrite = requests.does[slot] === requestDoes.WRITE;
    if (requests.creates[slot] === 1) return sizes.createDelta(idLength, isWrite);
    if (isWrite) return sizes.writeDelta(idLength);
    return this.isReadSent ? sizes.readDelta(idLength) : 0;
  }

  /** A node that replicates to itself may have replaced the session under the request that creates it. */
  private isReplaced(slot: number): boolean {
    const { channel, requests } = this.host;
    return requests.creates[slot] === 1 && (channel.misdirected?.takeReplaced(requests.session[slot]) ?? false);
  }

  protected announceCpuNs(slot: number): number {
    return this.host.sendCpuNs(this.createdBytes(slot));
  }

  protected endCpuNs(slot: number): number {
    const bytes = this.deltaBytes(slot);
    return bytes > 0 ? this.host.sendCpuNs(bytes) : 0;
  }

  finish(slot: number): void {
    const { requests, sessions, sizes } = this.host;
    const node = requests.node[slot];
    if (this.isMute(slot)) return;
    const session = requests.session[slot];
    const bytes = this.deltaBytes(slot);
    if (losesDelta(this.host, slot)) {
      this.keepOwn(slot, effect.UPDATE, requests.wrote[slot]);
    } else if (bytes > 0 && !this.isReplaced(slot)) {
      const isWrite = this.writes(slot);
      this.send(slot, 'session-delta', bytes, isWrite ? effect.UPDATE : effect.NONE, requests.wrote[slot]);
    } else if (sessions.owner.get(session) !== node) {
      this.send(slot, 'session-accessed', sizes.accessed(this.host.idLength(node)), effect.NONE, 0);
    }
    sessions.owner.set(session, node);
  }
}
