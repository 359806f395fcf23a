import { mostUsers, NO_NODE, sees } from '../frames.ts';

/** A few users, by the number of their client, and what each of them saw last; who leaves makes room for another. */
export class FollowedUsers {
  private readonly slotOf = new Map<number, number>();
  private readonly free = Array.from({ length: mostUsers }, (_, place) => mostUsers - 1 - place);
  private readonly node = new Uint8Array(mostUsers).fill(NO_NODE);
  private readonly seen = new Uint8Array(mostUsers);
  /** Clients whose session was not found by the request that is under way. */
  private readonly losers = new Set<number>();

  get hasRoom(): boolean {
    return this.free.length > 0;
  }

  /** A user who is there. @param node - where the session is, -1 nowhere yet. */
  meets(client: number, node: number): void {
    if (this.slotOf.has(client)) return;
    const slot = this.free.pop();
    if (slot === undefined) return;
    this.slotOf.set(client, slot);
    this.node[slot] = node < 0 ? NO_NODE : node;
    this.seen[slot] = sees.OK;
  }

  lost(client: number): void {
    if (this.slotOf.has(client)) this.losers.add(client);
  }

  answered(client: number, node: number, of: { isFailed: boolean; isStale: boolean; isOver: boolean }): void {
    const slot = this.slotOf.get(client);
    if (slot === undefined) return;
    const isLost = this.losers.delete(client);
    if (of.isFailed) this.seen[slot] = sees.FAILED;
    else {
      this.node[slot] = node;
      this.seen[slot] = isLost ? sees.LOST : of.isStale ? sees.STALE : sees.OK;
    }
    if (!of.isOver) return;
    this.slotOf.delete(client);
    this.seen[slot] = sees.NOBODY;
    this.node[slot] = NO_NODE;
    this.free.push(slot);
  }

  /** Marks a user whose request is long under way. */
  waits(client: number, userSees: Uint8Array): void {
    const slot = this.slotOf.get(client);
    if (slot !== undefined) userSees[slot] = sees.WAITING;
  }

  write(userNode: Uint8Array, userSees: Uint8Array): void {
    userNode.set(this.node);
    userSees.set(this.seen);
  }
}
