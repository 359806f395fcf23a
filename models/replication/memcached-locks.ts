import { operationCode } from '../stores/store-batch.ts';
import type { StoreServers } from '../stores/store-servers.ts';

/**
 * The `lock:` records of memcached-session-manager: ADD succeeds while there is none, DELETE takes away whichever is
 * there, whoever put it there.
 */
export class MemcachedLocks {
  readonly deletion = operationCode['delete lock'];
  private readonly servers: StoreServers;
  private readonly lifeNs: number;
  private untilNs = new Float64Array(1024);
  private places = new Int16Array(1024).fill(-1);
  private starts = new Int16Array(1024);

  constructor(servers: StoreServers, lifeNs: number) {
    this.servers = servers;
    this.lifeNs = lifeNs;
  }

  /** A session begins, unlocked. */
  begin(session: number): void {
    if (session >= this.untilNs.length) this.grow(session);
    this.untilNs[session] = 0;
  }

  /** ADD at a server. @returns whether the lock was free. */
  add(session: number, server: number, nowNs: number): boolean {
    const isHere = this.places[session] === server && this.starts[session] === this.servers.start[server];
    if (isHere && this.untilNs[session] > nowNs) return false;
    this.places[session] = server;
    this.starts[session] = this.servers.start[server];
    this.untilNs[session] = nowNs + this.lifeNs;
    return true;
  }

  delete(session: number): void {
    this.untilNs[session] = 0;
  }

  private grow(session: number): void {
    const size = Math.max(this.untilNs.length * 2, session + 1);
    const untilNs = new Float64Array(size);
    const places = new Int16Array(size).fill(-1);
    const starts = new Int16Array(size);
    untilNs.set(this.untilNs);
    places.set(this.places);
    starts.set(this.starts);
    this.untilNs = untilNs;
    this.places = places;
    this.starts = starts;
  }
}
