/** One request that holds or wants a lock. */
interface Turn {
  readonly slot: number;
  readonly generation: number;
}

/** One lock per session of the whole cluster, first come, first served. */
export class SessionLocks {
  /** Per locked session: the request that holds it, then those that wait. */
  private readonly turns = new Map<number, Turn[]>();

  /** @returns whether the request has the lock; else it waits for its turn. */
  take(session: number, slot: number, generation: number): boolean {
    const list = this.turns.get(session);
    if (!list) {
      this.turns.set(session, [{ slot, generation }]);
      return true;
    }
    if (list[0].slot === slot && list[0].generation === generation) return true;
    list.push({ slot, generation });
    return false;
  }

  /** Gives a lock back. @returns the slot of the next request in turn, -1 none. */
  give(session: number, slot: number, generations: ArrayLike<number>): number {
    const list = this.turns.get(session);
    if (!list || list[0].slot !== slot) return -1;
    list.shift();
    while (list.length > 0 && generations[list[0].slot] !== list[0].generation) list.shift();
    if (list.length > 0) return list[0].slot;
    this.turns.delete(session);
    return -1;
  }

  /** Requests whose node has died leave. @returns slots whose turn it is now. */
  leave(isGone: (slot: number) => boolean, generations: ArrayLike<number>): number[] {
    const next: number[] = [];
    for (const [session, list] of [...this.turns]) {
      const holder = list[0];
      const rest = list.filter(({ slot, generation }) => !isGone(slot) && generations[slot] === generation);
      if (rest.length === 0) this.turns.delete(session);
      else {
        this.turns.set(session, rest);
        if (rest[0] !== holder) next.push(rest[0].slot);
      }
    }
    return next;
  }
}
