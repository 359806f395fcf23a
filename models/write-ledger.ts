import { invariant } from '../sim/invariant.ts';
import type { SessionTable } from './sessions.ts';

/**
 * Which writes survive. Every write is based on the version that its request saw; a write that did not see its
 * predecessor overwrites it. In the ordinary case (each write saw the one before) nothing is kept here.
 */
export class WriteLedger {
  lostUpdates = 0;
  private readonly sessions: SessionTable;
  /** Per session the writes that did not see their predecessor: pairs (write, version seen), ascending. */
  private readonly jumps = new Map<number, number[]>();
  /** Per session the writes whose response never reached the client. */
  private readonly unanswered = new Map<number, Set<number>>();

  constructor(sessions: SessionTable) {
    this.sessions = sessions;
  }

  /** Notes write `version`, made by a request that saw version `base`. */
  wrote(session: number, version: number, base: number): void {
    if (base === version - 1) return;
    invariant(base < version, () => `write ${version} of session ${session} is based on version ${base}`);
    const list = this.jumps.get(session);
    if (list) list.push(version, base);
    else this.jumps.set(session, [version, base]);
  }

  /** Notes that the client of write `version` got an error instead of a response. */
  neverAnswered(session: number, version: number): void {
    const set = this.unanswered.get(session);
    if (set) set.add(version);
    else this.unanswered.set(session, new Set([version]));
  }

  /** True while some write of the session did not see its predecessor. */
  hasJumps(session: number): boolean {
    return this.jumps.has(session);
  }

  /**
   * Closes the account of a session.
   *
   * @param surviving - versions of the copies that still exist (empty: every copy is gone).
   * @returns acknowledged writes of the measurement window that none of them contains.
   */
  settle(session: number, surviving: readonly number[]): number {
    const latest = this.sessions.latest.get(session);
    const first = this.sessions.firstInWindow.get(session);
    const jumps = this.jumps.get(session);
    const unanswered = this.unanswered.get(session);
    this.jumps.delete(session);
    this.unanswered.delete(session);
    if (first === 0) return 0;
    let lost = 0;
    if (!jumps) {
      let newest = 0;
      for (const version of surviving) if (version > newest) newest = version;
      for (let write = Math.max(first, newest + 1); write <= latest; write += 1) if (!unanswered?.has(write)) lost += 1;
    } else {
      const contained = new Set<number>();
      for (const version of surviving) this.collect(version, first, jumps, contained);
      for (let write = first; write <= latest; write += 1) {
        if (!contained.has(write) && !unanswered?.has(write)) lost += 1;
      }
    }
    this.lostUpdates += lost;
    return lost;
  }

  private collect(version: number, first: number, jumps: readonly number[], into: Set<number>): void {
    let write = version;
    let place = jumps.length - 2;
    while (write >= first) {
      into.add(write);
      while (place >= 0 && jumps[place] > write) place -= 2;
      write = place >= 0 && jumps[place] === write ? jumps[place + 1] : write - 1;
    }
  }
}
