import { invariant } from '../sim/invariant.ts';
import { LazyColumn } from '../sim/lazy-column.ts';
import { type Column, PackedRows } from '../sim/packed-rows.ts';

/** Life of a session: free row, in use by a client, left by its client, gone (expired, logged out or lost). */
export const sessionState = { FREE: 0, ACTIVE: 1, LEFT: 2, GONE: 3 } as const;

/** A row that more messages name than a column can count is a leak of the model. */
const MOST_PINS = 2 ** 15 - 1;

/** Columns that some strategies use for every session, and others never or seldom. */
export type OptionalColumn = 'second' | 'secondVersion' | 'head' | 'pins';

/**
 * All sessions of the cluster, one row each; rows are reused once a session is gone.
 *
 * A session's content is a count of its writes: version 0 is the state at creation, write k makes version k. What every
 * request reads stands side by side (`PackedRows`). Columns of which most runs make no use take no memory until they do
 * (`LazyColumn`): what a session costs depends on the strategy.
 */
export class SessionTable {
  rows = 0;
  /** Rows that there is room for. */
  capacity = 1024;
  private readonly packed = new PackedRows();
  /** Number of the client; its random draws are a function of it and of `request`. */
  readonly client = this.packed.unsigned(0);
  /** Requests sent so far in this session's life. */
  readonly request = this.packed.word(0);
  /** Last access [ns]. */
  readonly accessedNs = this.packed.time();
  readonly state = this.packed.half(sessionState.ACTIVE);
  /** Node whose route the session id carries (-1 none). */
  readonly route = this.packed.half(-1);
  /** Newest write, newest write whose response has reached the client, first write of the measurement window. */
  readonly latest = this.packed.word(0);
  readonly acknowledged = this.packed.word(0);
  readonly firstInWindow = this.packed.word(0);
  /** Version of the owner's copy, or of the newest message (-1 none). */
  readonly headVersion = this.packed.word(-1);
  /** Node that holds the session as its own (-1 none); node of the newest write. */
  readonly owner = this.packed.half(-1);
  readonly writer = this.packed.half(-1);
  /** Which start of the owner it was. */
  readonly ownerStart = new LazyColumn(this, new Int16Array(0), 0);
  /** Which request of the client created it; which of the client's connections is in use. */
  readonly creation = new LazyColumn(this, new Int32Array(0), 0);
  readonly connection = new LazyColumn(this, new Int32Array(0), 0);
  /** Node that answered the client last, -1 none; kept where a timeline counts moves. */
  readonly served = new LazyColumn(this, new Int16Array(0), -1);
  /** Second holder: backup node, or memcached node; -1 none. */
  readonly second: Column;
  /** Version at the second holder, -1 none. */
  readonly secondVersion: Column;
  /** Serialised attributes of the whole session [bytes]; -1 = what the scenario says. */
  readonly bytes = new LazyColumn(this, new Int32Array(0), -1);
  /** How often the id has been changed. */
  readonly epoch = new LazyColumn(this, new Int32Array(0), 0);
  /** Newest message about the session in the broadcast log (-1 none), and the epoch that it leaves. */
  readonly head: Column;
  readonly headEpoch = new LazyColumn(this, new Int32Array(0), 0);
  /** Nodes whose copy must be kept apart because the log alone does not tell it. */
  readonly irregular = new LazyColumn(this, new Int16Array(0), 0);
  /** Changes made in place, in all and as far as they have left their node. */
  readonly mutations = new LazyColumn(this, new Int32Array(0), 0);
  readonly mutationsKept = new LazyColumn(this, new Int32Array(0), 0);
  /** Node in whose memory they happened. */
  readonly mutator = new LazyColumn(this, new Int16Array(0), -1);
  /** Address of the client [IPv4 as uint32]; kept where the balancer reads it. */
  readonly address = new LazyColumn(this, new Uint32Array(0), 0);
  /** Messages and store operations under way that name the row: until they are over it is not used again. */
  private readonly pins: Column;
  private readonly lazy: readonly LazyColumn[];
  private readonly free: number[] = [];
  /** Whether any session has ever been changed in place. */
  hasMutations = false;

  /** @param used - columns in which every session has something to say: they stand beside those that all use. */
  constructor(used: readonly OptionalColumn[] = []) {
    const half = (column: OptionalColumn, initial: number): Column =>
      used.includes(column) ? this.packed.half(initial) : new LazyColumn(this, new Int16Array(0), initial);
    const word = (column: OptionalColumn, initial: number): Column =>
      used.includes(column) ? this.packed.word(initial) : new LazyColumn(this, new Int32Array(0), initial);
    this.second = half('second', -1);
    this.pins = half('pins', 0);
    this.secondVersion = word('secondVersion', -1);
    this.head = word('head', -1);
    this.lazy = Object.values(this).filter((part) => part instanceof LazyColumn);
    this.packed.resize(this.capacity);
  }

  /** @returns a fresh row, every column at its start. */
  open(): number {
    const row = this.free.pop() ?? this.rows++;
    if (row === this.capacity) this.resize(this.capacity * 2);
    this.packed.clear(row);
    for (const column of this.lazy) column.clear(row);
    return row;
  }

  /** Something under way names the row; -1 = none. */
  pin(row: number): void {
    if (row < 0) return;
    invariant(this.pins.get(row) < MOST_PINS, () => `more than ${MOST_PINS} messages about session ${row}`);
    this.pins.add(row, 1);
  }

  /** It is over. */
  unpin(row: number): void {
    if (row >= 0) this.pins.add(row, -1);
  }

  isPinned(row: number): boolean {
    return this.pins.get(row) > 0;
  }

  /** Gives a row back; nothing may refer to it any more. */
  close(row: number): void {
    this.state.set(row, sessionState.FREE);
    this.free.push(row);
  }

  /** Whether a client still uses the session, or has left it to expire. */
  isLive(row: number): boolean {
    const state = this.state.get(row);
    return state === sessionState.ACTIVE || state === sessionState.LEFT;
  }

  /** How many live sessions are wanted. */
  countLive(isWanted: (row: number) => boolean): number {
    let count = 0;
    for (let row = 0; row < this.rows; row += 1) if (this.isLive(row) && isWanted(row)) count += 1;
    return count;
  }

  /** The live sessions that are wanted, in the order of their clients: which row a session has must not matter. */
  live(isWanted: (row: number) => boolean): number[] {
    const { client, creation } = this;
    const wanted: number[] = [];
    for (let row = 0; row < this.rows; row += 1) if (this.isLive(row) && isWanted(row)) wanted.push(row);
    return wanted.sort((a, b) => client.get(a) - client.get(b) || creation.get(a) - creation.get(b));
  }

  /** Serialised attributes of a session [bytes]. */
  bytesOf(row: number, otherwise: number): number {
    const bytes = this.bytes.get(row);
    return bytes >= 0 ? bytes : otherwise;
  }

  /** A change in place happens in the memory of a node. */
  mutate(row: number, node: number): void {
    this.hasMutations = true;
    this.mutations.add(row, 1);
    this.mutator.set(row, node);
  }

  /** Changes in place that a node's copy has: all where they happened, elsewhere those that have reached others. */
  mutationsAt(row: number, node: number): number {
    if (!this.hasMutations) return 0;
    return this.mutator.get(row) === node ? this.mutations.get(row) : this.mutationsKept.get(row);
  }

  /** Makes room for rows that will be opened, at once instead of by doubling. */
  reserve(rows: number): void {
    let size = this.capacity;
    while (size < rows) size *= 2;
    if (size > this.capacity) this.resize(size);
  }

  private resize(size: number): void {
    this.packed.resize(size);
    this.capacity = size;
  }
}
