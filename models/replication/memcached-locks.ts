import { operationCode } from '../stores/store-batch.ts';
import type { StoreServers } from '../stores/store-servers.ts';

/** A record: at which start of which server, and when it runs out [ns]. */
interface Lock {
  readonly server: number;
  readonly start: number;
  readonly untilNs: number;
}

/**
 * The `lock:` records of memcached-session-manager: ADD succeeds while there is none, DELETE takes away whichever is
 * there, whoever put it there.
 */
export class MemcachedLocks {
  readonly deletion = operationCode['delete lock'];
  private readonly servers: StoreServers;
  private readonly lifeNs: number;
  private readonly locks = new Map<number, Lock>();

  constructor(servers: StoreServers, lifeNs: number) {
    this.servers = servers;
    this.lifeNs = lifeNs;
  }

  /** A session begins, unlocked. */
  begin(session: number): void {
    this.locks.delete(session);
  }

  /** ADD at a server. @returns whether the lock was free. */
  add(session: number, server: number, nowNs: number): boolean {
    const lock = this.locks.get(session);
    const start = this.servers.start[server];
    if (lock !== undefined && lock.server === server && lock.start === start && lock.untilNs > nowNs) return false;
    this.locks.set(session, { server, start, untilNs: nowNs + this.lifeNs });
    return true;
  }

  delete(session: number): void {
    this.locks.delete(session);
  }
}
