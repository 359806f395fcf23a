import type { Simulation } from '../sim/simulation.ts';
import { eventKind } from './events.ts';
import type { DeliveryPlane } from './replication/delivery-plane.ts';
import type { ClientSide } from './scripted-clients.ts';
import type { SessionTable } from './sessions.ts';

/** How often old messages are forgotten, and at most how long nobody looks when nothing happens. */
const OFTEN_NS = 20e6;
const SELDOM_NS = 1e9;
/** Messages that must have gathered. */
const LOG_SIZE = 8192;

/** What the pruning needs of a cluster. */
interface PruningHost {
  readonly sim: Simulation;
  readonly plane: DeliveryPlane;
  readonly sessions: SessionTable;
  readonly clients: ClientSide;
}

/** Forgets what nobody will ask for again: old messages, and the rows of sessions that are gone. */
export class Pruning {
  private everyNs = OFTEN_NS;
  private sizeBefore = 0;
  private logSize = LOG_SIZE;
  private readonly host: PruningHost;

  constructor(host: PruningHost) {
    this.host = host;
    host.sim.on(eventKind.PRUNE, 'prune', () => this.prune());
    host.sim.schedule(OFTEN_NS, eventKind.PRUNE);
  }

  /** PRUNE: as long as no message was sent and no session has gone, the next look may wait twice as long. */
  private prune(): void {
    const { plane, sim, clients } = this.host;
    let isQuiet = plane.size === this.sizeBefore;
    if (plane.size > this.logSize) {
      plane.prune(sim.nowNs);
      this.logSize = Math.max(LOG_SIZE, 2 * plane.size);
    }
    this.sizeBefore = plane.size;
    if (clients.release((row) => this.isForgotten(row)) > 0) isQuiet = false;
    this.everyNs = isQuiet ? Math.min(2 * this.everyNs, SELDOM_NS) : OFTEN_NS;
    sim.schedule(this.everyNs, eventKind.PRUNE);
  }

  private isForgotten(row: number): boolean {
    const { sessions, plane } = this.host;
    if (sessions.isPinned(row) || !plane.isForgotten(row)) return false;
    plane.forget(row);
    return true;
  }
}
