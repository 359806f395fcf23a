/** What memcached keeps beside key and value of an item [bytes]. @see source: memcached 1.6, item header with CAS. */
const ITEM_OVERHEAD_BYTES = 56;
const NONE = -1;

/**
 * The items of memcached servers: what is kept where, until when, and which item goes first when memory is short.
 *
 * Model: one least-recently-used list per server; slab classes are left out (an item takes its own size).
 * @see source: memcached 1.6 doc/protocol.txt (-m, -I).
 */
export class ItemMemory {
  /** Items thrown out for want of memory. */
  evictions = 0;
  /** Items refused as too large. */
  tooLarge = 0;
  private readonly limitBytes: number;
  private readonly itemMaxBytes: number;
  private readonly usedBytes: Float64Array;
  private readonly newest: Int32Array;
  private readonly oldest: Int32Array;
  /** Bytes of items that nobody of this run asks for; they are the oldest. */
  private readonly strangeBytes: Float64Array;
  private where = new Int16Array(1024).fill(NONE);
  private bytes = new Int32Array(1024);
  private values = new Int32Array(1024);
  private untilNs = new Float64Array(1024);
  private newer = new Int32Array(1024);
  private older = new Int32Array(1024);

  constructor(servers: number, limitBytes: number, itemMaxBytes: number) {
    this.limitBytes = limitBytes;
    this.itemMaxBytes = itemMaxBytes;
    this.usedBytes = new Float64Array(servers);
    this.strangeBytes = new Float64Array(servers);
    this.newest = new Int32Array(servers).fill(NONE);
    this.oldest = new Int32Array(servers).fill(NONE);
  }

  /** Bytes in use at a server. */
  used(server: number): number {
    return this.usedBytes[server];
  }

  /** Fills a server with items of earlier sessions. */
  addStrange(server: number, items: number, itemBytes: number): void {
    const bytes = Math.min(items * (itemBytes + ITEM_OVERHEAD_BYTES), this.limitBytes - this.usedBytes[server]);
    this.strangeBytes[server] += bytes;
    this.usedBytes[server] += bytes;
  }

  /** The value of an item at a server, -1 = it is not there. */
  get(item: number, server: number, nowNs: number): number {
    if (item >= this.where.length || this.where[item] !== server) return NONE;
    if (this.untilNs[item] <= nowNs) {
      this.remove(item);
      return NONE;
    }
    this.unlink(item);
    this.link(item, server);
    return this.values[item];
  }

  /** As `get`, but leaves the order as it is. */
  peek(item: number, server: number, nowNs: number): number {
    const isThere = item < this.where.length && this.where[item] === server && this.untilNs[item] > nowNs;
    return isThere ? this.values[item] : NONE;
  }

  /** Keeps a value; a server that has one under this key keeps the new one. @returns false when it is too large. */
  set(item: number, server: number, value: number, bytes: number, untilNs: number): boolean {
    if (item >= this.where.length) this.resize(Math.max(this.where.length * 2, item + 1));
    this.remove(item);
    const size = bytes + ITEM_OVERHEAD_BYTES;
    if (size > this.itemMaxBytes || size > this.limitBytes) {
      this.tooLarge += 1;
      return false;
    }
    this.makeRoom(server, size);
    this.where[item] = server;
    this.bytes[item] = size;
    this.values[item] = value;
    this.untilNs[item] = untilNs;
    this.usedBytes[server] += size;
    this.link(item, server);
    return true;
  }

  private makeRoom(server: number, size: number): void {
    const excess = this.usedBytes[server] + size - this.limitBytes;
    if (excess <= 0) return;
    const strange = Math.min(excess, this.strangeBytes[server]);
    this.strangeBytes[server] -= strange;
    this.usedBytes[server] -= strange;
    while (this.usedBytes[server] + size > this.limitBytes && this.oldest[server] !== NONE) {
      this.remove(this.oldest[server]);
      this.evictions += 1;
    }
  }

  /** Forgets an item wherever it is. */
  remove(item: number): void {
    if (item >= this.where.length || this.where[item] === NONE) return;
    this.usedBytes[this.where[item]] -= this.bytes[item];
    this.unlink(item);
    this.where[item] = NONE;
  }

  /** Empties a server. */
  clear(server: number): void {
    while (this.oldest[server] !== NONE) this.remove(this.oldest[server]);
    this.usedBytes[server] = 0;
    this.strangeBytes[server] = 0;
  }

  private link(item: number, server: number): void {
    const before = this.newest[server];
    this.older[item] = before;
    this.newer[item] = NONE;
    if (before === NONE) this.oldest[server] = item;
    else this.newer[before] = item;
    this.newest[server] = item;
  }

  private unlink(item: number): void {
    const server = this.where[item];
    const older = this.older[item];
    const newer = this.newer[item];
    if (older === NONE) this.oldest[server] = newer;
    else this.newer[older] = newer;
    if (newer === NONE) this.newest[server] = older;
    else this.older[newer] = older;
  }

  /** Makes room for items that will come, at once instead of by doubling. */
  reserve(items: number): void {
    if (items > this.where.length) this.resize(items);
  }

  private resize(size: number): void {
    const grown = <T extends Int16Array | Int32Array | Float64Array>(old: T, larger: T): T => {
      larger.set(old);
      return larger;
    };
    this.where = grown(this.where, new Int16Array(size).fill(NONE));
    this.bytes = grown(this.bytes, new Int32Array(size));
    this.values = grown(this.values, new Int32Array(size));
    this.untilNs = grown(this.untilNs, new Float64Array(size));
    this.newer = grown(this.newer, new Int32Array(size));
    this.older = grown(this.older, new Int32Array(size));
  }
}
