import { invariant } from '../../sim/invariant.ts';

/** Cuts that can be under way at once. */
export const CUTS_MAX = 31;
const NONE = -1;

/**
 * Cuts of a store under way. The servers and nodes of a cut reach each other, and nobody else: two reach each other if they
 * are on the same side of every cut.
 */
export class StoreCuts {
  /** Which cut each bit stands for, and on which side of it each server and each node is. */
  private readonly names = new Int32Array(CUTS_MAX).fill(NONE);
  private readonly serverSide: Int32Array;
  private readonly nodeSide: Int32Array;
  private count = 0;

  constructor(servers: number, nodes: number) {
    this.serverSide = new Int32Array(servers);
    this.nodeSide = new Int32Array(nodes);
  }

  /** @param name - of the cut, 0 or more; two that are under way at once bear different ones. */
  set(name: number, servers: readonly number[], nodes: readonly number[], isCut: boolean): void {
    const bit = this.names.indexOf(isCut ? NONE : name);
    invariant(bit >= 0, () => (isCut ? `more than ${CUTS_MAX} cuts of a store` : `no cut ${name} of the store`));
    const mask = 1 << bit;
    for (const server of servers)
      this.serverSide[server] = isCut ? this.serverSide[server] | mask : this.serverSide[server] & ~mask;
    for (const node of nodes) this.nodeSide[node] = isCut ? this.nodeSide[node] | mask : this.nodeSide[node] & ~mask;
    this.names[bit] = isCut ? name : NONE;
    this.count += isCut ? 1 : -1;
  }

  /** Whether any cut is under way. */
  get hasAny(): boolean {
    return this.count > 0;
  }

  /** Whether a server is among those that a cut names; Sentinels are not. */
  hasServer(server: number): boolean {
    return this.serverSide[server] !== 0;
  }

  hasNode(node: number): boolean {
    return this.nodeSide[node] !== 0;
  }

  /** Whether packets pass between a node and a server. */
  reaches(node: number, server: number): boolean {
    return this.count === 0 || this.nodeSide[node] === this.serverSide[server];
  }

  /** Whether packets pass between two servers. */
  areTogether(server: number, other: number): boolean {
    return this.count === 0 || this.serverSide[server] === this.serverSide[other];
  }
}
