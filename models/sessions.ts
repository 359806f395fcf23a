/** Life of a session: free row, in use by a client, left by its client, gone (expired, logged out or lost). */
export const sessionState = { FREE: 0, ACTIVE: 1, LEFT: 2, GONE: 3 } as const;

/**
 * All sessions of the cluster in columns, one row each; rows are reused once a session is gone.
 *
 * A session's content is a count of its writes: version 0 is the state at creation, write k makes version k.
 */
export class SessionTable {
  rows = 0;
  /** Number of the client; its random draws are a function of it and of `request`. */
  client = new Float64Array(1024);
  /** Requests sent so far in this session's life. */
  request = new Int32Array(1024);
  /** Which request of the client created it; which of the client's connections is in use. */
  creation = new Int32Array(1024);
  connection = new Int32Array(1024);
  /** Node that answered the client last, -1 none. */
  served = new Int16Array(1024);
  state = new Uint8Array(1024);
  /** Newest write, newest write whose response has reached the client, first write of the measurement window. */
  latest = new Int32Array(1024);
  acknowledged = new Int32Array(1024);
  firstInWindow = new Int32Array(1024);
  /** Node of the newest write; node whose route the session id carries (-1 none). */
  writer = new Int16Array(1024);
  route = new Int16Array(1024);
  /** Node that holds the session as its own, and which start of that node. */
  owner = new Int16Array(1024);
  ownerStart = new Int16Array(1024);
  /** Second holder: backup node, or memcached node; -1 none. */
  second = new Int16Array(1024);
  /** Version at the second holder, -1 none. */
  secondVersion = new Int32Array(1024);
  /** Serialised attributes of the whole session [bytes]; -1 = what the scenario says. */
  bytes = new Int32Array(1024);
  /** How often the id has been changed. */
  epoch = new Int32Array(1024);
  /** Newest message about the session in the broadcast log (-1 none), and the version and epoch that it leaves. */
  head = new Float64Array(1024);
  headVersion = new Int32Array(1024);
  headEpoch = new Int32Array(1024);
  /** When the last message about the session so far has reached every node, without the latency and if no thread is missing [ns]. */
  landedNs = new Float64Array(1024);
  /** Nodes whose copy must be kept apart because the log alone does not tell it. */
  irregular = new Uint16Array(1024);
  /** Changes made in place, in all and as far as they have left their node. */
  mutations = new Int32Array(1024);
  /** Node in whose memory they happened. */
  mutator = new Int16Array(1024);
  mutationsKept = new Int32Array(1024);
  /** Address of the client [IPv4 as uint32]. */
  address = new Uint32Array(1024);
  /** Last access [ns]; next row in the list of sessions left at the same node. */
  accessedNs = new Float64Array(1024);
  next = new Int32Array(1024);
  /** Messages and store operations under way that name the row: until they are over it is not used again. */
  private pins = new Int32Array(1024);
  private free = -1;
  /** Whether any session has ever been changed in place. */
  hasMutations = false;

  /** @returns a fresh row, every column at its start. */
  open(): number {
    let row = this.free;
    if (row >= 0) this.free = this.next[row];
    else {
      row = this.rows++;
      if (row === this.state.length) this.grow();
    }
    this.client[row] = 0;
    this.request[row] = 0;
    this.creation[row] = 0;
    this.connection[row] = 0;
    this.served[row] = -1;
    this.state[row] = sessionState.ACTIVE;
    this.latest[row] = 0;
    this.acknowledged[row] = 0;
    this.firstInWindow[row] = 0;
    this.writer[row] = -1;
    this.route[row] = -1;
    this.owner[row] = -1;
    this.ownerStart[row] = -1;
    this.second[row] = -1;
    this.secondVersion[row] = -1;
    this.bytes[row] = -1;
    this.epoch[row] = 0;
    this.head[row] = -1;
    this.headVersion[row] = -1;
    this.headEpoch[row] = 0;
    this.landedNs[row] = Number.NEGATIVE_INFINITY;
    this.irregular[row] = 0;
    this.mutations[row] = 0;
    this.mutator[row] = -1;
    this.mutationsKept[row] = 0;
    this.address[row] = 0;
    this.accessedNs[row] = 0;
    this.next[row] = -1;
    this.pins[row] = 0;
    return row;
  }

  /** Something under way names the row; -1 = none. */
  pin(row: number): void {
    if (row >= 0) this.pins[row] += 1;
  }

  /** It is over. */
  unpin(row: number): void {
    if (row >= 0) this.pins[row] -= 1;
  }

  isPinned(row: number): boolean {
    return this.pins[row] > 0;
  }

  /** Gives a row back; nothing may refer to it any more. */
  close(row: number): void {
    this.state[row] = sessionState.FREE;
    this.next[row] = this.free;
    this.free = row;
  }

  /** Serialised attributes of a session [bytes]. */
  bytesOf(row: number, otherwise: number): number {
    return this.bytes[row] >= 0 ? this.bytes[row] : otherwise;
  }

  /** A change in place happens in the memory of a node. */
  mutate(row: number, node: number): void {
    this.hasMutations = true;
    this.mutations[row] += 1;
    this.mutator[row] = node;
  }

  /** Changes in place that a node's copy has: all where they happened, elsewhere those that have reached others. */
  mutationsAt(row: number, node: number): number {
    if (!this.hasMutations) return 0;
    return this.mutator[row] === node ? this.mutations[row] : this.mutationsKept[row];
  }

  /** Makes room for rows that will be opened, at once instead of by doubling. */
  reserve(rows: number): void {
    let size = this.state.length;
    while (size < rows) size *= 2;
    if (size > this.state.length) this.resize(size);
  }

  private grow(): void {
    this.resize(this.state.length * 2);
  }

  private resize(size: number): void {
    for (const [name, column] of Object.entries(this)) {
      if (!ArrayBuffer.isView(column)) continue;
      const old = column as Float64Array;
      const larger = new (old.constructor as Float64ArrayConstructor)(size);
      larger.set(old);
      (this as unknown as Record<string, Float64Array>)[name] = larger;
    }
  }
}
