import { CopiesBefore } from './copies-before.ts';
import { invariant } from './invariant.ts';
import { CONNECTIONS } from './lag-stages.ts';
import { LogWork } from './log-work.ts';

/** Bits of `BroadcastLog.flags`. A message without a bit only costs its receivers time. */
export const logFlag = {
  /** An older message about the same subject may still be on its way when this one arrives. */
  RACY: 1,
  /** Some station holds the subject in a state that the log alone does not tell: every receiver must look. */
  IRREGULAR: 2,
  /** Somebody waits for the consumption of this message (a synchronous acknowledgement); it pays for no wake-up. */
  AWAITED: 4,
  /** A racy one that nobody waits for: it stands in line behind the one before it about its subject (`CopiesBefore`). */
  IN_LINE: 8,
} as const;

/** When, by whom and to whom a message is sent. */
export interface LogEntry {
  /** Moment at which the message enters the log [ns]; never before the entry ahead of it. */
  appendedNs: number;
  /** Moment at which the sender's process has handed it to its kernel [ns]. */
  handedNs: number;
  /** Moment at which the first copy starts on the sender's card [ns]. */
  departNs: number;
  /** Time of one copy on the card [ns]. */
  copyNs: number;
  /** Processor time at a receiver [ns]. */
  serviceNs: number;
  /** Size of a copy [bytes]. */
  bytes: number;
  sender: number;
  /** Row of `BroadcastLog.ranks`: who gets a copy, and as which. */
  view: number;
  /** Station of the view that gets no copy of this one message, -1 none; its place on the card stays empty. */
  except: number;
  /** Code of the change, and the epoch that the message carries; opaque to the log. */
  effect: number;
  epoch: number;
}

/** What a message is about. */
export interface LogSubject {
  /** Number of the subject, or -1: the message changes no state. */
  subject: number;
  /** Value that the message carries; and the state of the subject before it, where nothing is lost or overtakes. */
  value: number;
  previousValue: number;
  previousEpoch: number;
  /** Index of the last message about the same subject, -1 none. */
  previous: number;
  /** When this message and all before it about the same subject have reached every station, without latency and if no
   * thread is missing [ns]. */
  landedNs: number;
  /** What the delays of the message's copies have in common (`KeyedDelay.wordOf`). */
  word: number;
  /** How many times as long as their law says those of a message that nobody waits for are (`KeyedDelay.factorOf`). */
  lagFactor: number;
  flags: number;
}

/**
 * The log of everything that one station sent to all others: an event exists only where something is decided.
 *
 * ```
 *   append ->  first [ ... ................ ] end        one log, ring of typed arrays
 *                      ^cursor of A   ^cursor of B       one `LogCursor` per station replays it when it is asked
 * ```
 *
 * Why: a message to N-1 stations costs one entry here, not N-1 events in the queue. A station replays the entries
 * that have reached it, in the order of their arrival, through its own queue of processors, at the next moment at
 * which anything depends on it. The result equals one event per delivery, bit for bit (test/oracle).
 *
 * Messages about one subject form a chain (`previous`), so that the state a station holds is found by walking back
 * from `head` to the newest message it has consumed; the walk is short because messages of one subject are rare.
 */
export class BroadcastLog {
  readonly stations: number;
  /** Index of the oldest entry kept, and of the next one. */
  first = 0;
  end = 0;
  mask: number;
  /** Whether any message so far was awaited, or left a station out; the last that was. */
  hasSpecial = false;
  lastSpecial = -1;
  /** The last message that is in line with another, -1 none so far; and what it needs of that one. */
  lastInLine = -1;
  readonly before: CopiesBefore;
  /** Whether any message's delays differ from their law by a factor; that factor; when the newest message left [ns]. */
  hasFactors = false;
  lagFactor: Float64Array;
  lastDepartNs = Number.NEGATIVE_INFINITY;
  /** Bounds of the work that the messages bring. */
  readonly work: LogWork;
  appendedNs: Float64Array;
  handedNs: Float64Array;
  departNs: Float64Array;
  copyNs: Float64Array;
  serviceNs: Float64Array;
  bytes: Int32Array;
  previous: Float64Array;
  landedNs: Float64Array;
  previousValue: Int32Array;
  previousEpoch: Int32Array;
  value: Int32Array;
  epoch: Int32Array;
  word: Int32Array;
  subject: Int32Array;
  view: Int32Array;
  sender: Int16Array;
  /** Which of all connections it takes: each sender's in turn; and how often each sender has sent. */
  connection: Int16Array;
  private readonly sentBy: Int32Array;
  /** The message before this one by the same sender, -1 none; and the last one of each station. */
  previousOfSender: Int32Array;
  readonly lastOfSender: Int32Array;
  /** Per station: the last message whose view leaves it out although another sends it, -1 none. */
  readonly lastWithout: Int32Array;
  except: Int16Array;
  /** The message before this one that leaves out the same station, -1 none; and the last one that leaves out each station. */
  previousExcept: Int32Array;
  readonly lastExcept: Int32Array;
  effect: Uint8Array;
  flags: Uint8Array;
  /** `ranks[view * stations + station]`: which copy the station gets in this view, -1 none. */
  ranks: Int16Array;
  /** The same by station, `columns[station * columnLength + view]`: what one station reads lies together. */
  columns: Int16Array;
  columnLength: number;
  /** Per view: 1 = all others get a copy, in rotated order. */
  isWhole: Uint8Array;
  /** Per view: its copies. */
  readonly copies: number[] = [];
  private views = 0;
  /** The last message that carries a flag other than that somebody waits for it. */
  private lastMarked = -1;
  /** Nobody waits for a message before this one. */
  private awaitedFrom = 0;
  /** Per view: the stations that it leaves out. */
  private readonly without: Int16Array[] = [];

  /**
   * @param capacity - entries at the beginning, a power of two.
   * @param servers - processors of the station that has the fewest.
   */
  constructor(stations: number, capacity = 1024, servers = 1) {
    this.stations = stations;
    this.mask = capacity - 1;
    this.work = new LogWork(servers, capacity);
    this.before = new CopiesBefore(capacity);
    this.lastOfSender = new Int32Array(stations).fill(-1);
    this.lastWithout = new Int32Array(stations).fill(-1);
    this.previousOfSender = new Int32Array(capacity);
    this.appendedNs = new Float64Array(capacity);
    this.handedNs = new Float64Array(capacity);
    this.departNs = new Float64Array(capacity);
    this.copyNs = new Float64Array(capacity);
    this.serviceNs = new Float64Array(capacity);
    this.bytes = new Int32Array(capacity);
    this.previous = new Float64Array(capacity);
    this.landedNs = new Float64Array(capacity);
    this.lagFactor = new Float64Array(capacity);
    this.previousValue = new Int32Array(capacity);
    this.previousEpoch = new Int32Array(capacity);
    this.value = new Int32Array(capacity);
    this.epoch = new Int32Array(capacity);
    this.word = new Int32Array(capacity);
    this.subject = new Int32Array(capacity);
    this.view = new Int32Array(capacity);
    this.sender = new Int16Array(capacity);
    this.connection = new Int16Array(capacity);
    this.sentBy = new Int32Array(stations);
    this.except = new Int16Array(capacity);
    this.previousExcept = new Int32Array(capacity);
    this.lastExcept = new Int32Array(stations).fill(-1);
    this.effect = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.ranks = new Int16Array(Math.max(1, stations) * 4);
    this.columnLength = Math.max(4, 2 * stations);
    this.columns = new Int16Array(stations * this.columnLength);
    this.isWhole = new Uint8Array(this.columnLength);
  }

  /**
   * Registers a set of receivers. Copies leave in rotated order, starting after the sender, so that no station is
   * always first.
   *
   * @param sender - station whose view this is.
   * @param isMember - per station, 1 = gets a copy; the sender itself never does.
   * @returns number of the view.
   */
  addView(sender: number, isMember: Uint8Array): number {
    const needed = (this.views + 1) * this.stations;
    if (needed > this.ranks.length) {
      const larger = new Int16Array(needed * 2);
      larger.set(this.ranks);
      this.ranks = larger;
    }
    if (this.views === this.columnLength) this.widenColumns();
    const row = this.views * this.stations;
    let rank = 0;
    const without: number[] = [];
    for (let step = 0; step < this.stations; step += 1) {
      const station = (sender + step) % this.stations;
      this.ranks[row + station] = station !== sender && isMember[station] === 1 ? rank++ : -1;
    }
    for (let station = 0; station < this.stations; station += 1) {
      this.columns[station * this.columnLength + this.views] = this.ranks[row + station];
      if (this.ranks[row + station] < 0) without.push(station);
    }
    this.isWhole[this.views] = rank === this.stations - 1 ? 1 : 0;
    this.without.push(Int16Array.from(without));
    this.copies.push(rank);
    this.views += 1;
    return this.views - 1;
  }

  private widenColumns(): void {
    const { columns, columnLength, stations } = this;
    const wider = new Int16Array(stations * columnLength * 2);
    for (let station = 0; station < stations; station += 1) {
      const column = columns.subarray(station * columnLength, (station + 1) * columnLength);
      wider.set(column, station * columnLength * 2);
    }
    this.columns = wider;
    const whole = new Uint8Array(columnLength * 2);
    whole.set(this.isWhole);
    this.isWhole = whole;
    this.columnLength = columnLength * 2;
  }

  /** Appends a message. @returns its index; indices grow by one and are never reused. */
  append(entry: LogEntry, about: LogSubject): number {
    if (this.end - this.first > this.mask) this.grow();
    const index = this.end;
    invariant(index < 2 ** 31, 'a run of more than 2^31 messages to all: shorten it');
    if ((about.flags & logFlag.AWAITED) !== 0 || entry.except >= 0) {
      this.hasSpecial = true;
      this.lastSpecial = index;
    }
    if ((about.flags & logFlag.IN_LINE) !== 0) {
      this.lastInLine = index;
      this.before.keep(this, index, about.previous);
    }
    const { sender } = entry;
    if (this.isWhole[entry.view] === 0) this.noteWithout(entry, index);
    const slot = index & this.mask;
    const { appendedNs, departNs, copyNs } = entry;
    this.work.append(this, appendedNs, departNs - appendedNs, this.stations * copyNs, entry.serviceNs);
    this.previousOfSender[slot] = this.lastOfSender[sender];
    this.lastOfSender[sender] = index;
    this.appendedNs[slot] = entry.appendedNs;
    this.handedNs[slot] = entry.handedNs;
    this.departNs[slot] = entry.departNs;
    this.copyNs[slot] = entry.copyNs;
    this.serviceNs[slot] = entry.serviceNs;
    this.bytes[slot] = entry.bytes;
    this.previous[slot] = about.previous;
    this.landedNs[slot] = about.landedNs;
    this.previousValue[slot] = about.previousValue;
    this.previousEpoch[slot] = about.previousEpoch;
    this.value[slot] = about.value;
    this.epoch[slot] = entry.epoch;
    this.word[slot] = about.word;
    this.lagFactor[slot] = about.lagFactor;
    if (about.lagFactor !== 1) this.hasFactors = true;
    this.lastDepartNs = departNs;
    this.subject[slot] = about.subject;
    this.view[slot] = entry.view;
    this.sender[slot] = sender;
    this.connection[slot] = sender * CONNECTIONS + (this.sentBy[sender] % CONNECTIONS);
    this.sentBy[sender] += 1;
    this.except[slot] = entry.except;
    if (entry.except >= 0) {
      this.previousExcept[slot] = this.lastExcept[entry.except];
      this.lastExcept[entry.except] = index;
    }
    this.effect[slot] = entry.effect;
    this.flags[slot] = about.flags;
    if ((about.flags & ~logFlag.AWAITED) !== 0) this.lastMarked = index;
    this.end = index + 1;
    return index;
  }

  private noteWithout({ view, sender }: LogEntry, index: number): void {
    for (const station of this.without[view]) if (station !== sender) this.lastWithout[station] = index;
  }

  /** Sets a flag of a message. */
  mark(index: number, flag: number): void {
    this.flags[index & this.mask] |= flag;
    this.lastMarked = Math.max(index, this.lastMarked);
  }

  /** Whether none of the messages from one to before another carries a flag; false also where that is not known. */
  isPlain(from: number, to: number): boolean {
    if (this.lastMarked >= from) return false;
    const { flags, mask, end } = this;
    let index = Math.max(this.awaitedFrom, this.first);
    while (index < end && (flags[index & mask] & logFlag.AWAITED) === 0) index += 1;
    this.awaitedFrom = index;
    return index >= to;
  }

  /** Forgets every entry before `index`; all cursors must have consumed them. */
  prune(index: number): void {
    invariant(index >= this.first && index <= this.end, 'a log is pruned within its bounds');
    this.first = index;
  }

  /**
   * The first entry from the oldest to `end` of which a copy may still be on its way, whoever takes it; `end` if there is none.
   * @param largestNs - from leaving the card to the end of the largest delay [ns].
   */
  landedTo(end: number, nowNs: number, largestNs: number): number {
    const { departNs, copyNs, mask, stations } = this;
    let index = this.first;
    while (index < end && departNs[index & mask] + stations * copyNs[index & mask] + largestNs <= nowNs) index += 1;
    return index;
  }

  private grow(): void {
    const capacity = (this.mask + 1) * 2;
    invariant(capacity <= 2 ** 30, 'the log outgrows 2^30 entries: a receiver has stopped consuming');
    const move = <T extends Float64Array | Int32Array | Int16Array | Uint8Array>(old: T, larger: T): T => {
      for (let index = this.first; index < this.end; index += 1)
        larger[index & (capacity - 1)] = old[index & this.mask];
      return larger;
    };
    this.appendedNs = move(this.appendedNs, new Float64Array(capacity));
    this.handedNs = move(this.handedNs, new Float64Array(capacity));
    this.departNs = move(this.departNs, new Float64Array(capacity));
    this.copyNs = move(this.copyNs, new Float64Array(capacity));
    this.serviceNs = move(this.serviceNs, new Float64Array(capacity));
    this.bytes = move(this.bytes, new Int32Array(capacity));
    this.previous = move(this.previous, new Float64Array(capacity));
    this.landedNs = move(this.landedNs, new Float64Array(capacity));
    this.lagFactor = move(this.lagFactor, new Float64Array(capacity));
    this.previousValue = move(this.previousValue, new Int32Array(capacity));
    this.previousEpoch = move(this.previousEpoch, new Int32Array(capacity));
    this.value = move(this.value, new Int32Array(capacity));
    this.epoch = move(this.epoch, new Int32Array(capacity));
    this.word = move(this.word, new Int32Array(capacity));
    this.subject = move(this.subject, new Int32Array(capacity));
    this.view = move(this.view, new Int32Array(capacity));
    this.sender = move(this.sender, new Int16Array(capacity));
    this.connection = move(this.connection, new Int16Array(capacity));
    this.except = move(this.except, new Int16Array(capacity));
    this.effect = move(this.effect, new Uint8Array(capacity));
    this.flags = move(this.flags, new Uint8Array(capacity));
    this.previousOfSender = move(this.previousOfSender, new Int32Array(capacity));
    this.previousExcept = move(this.previousExcept, new Int32Array(capacity));
    this.before.grow(move, capacity);
    this.work.grow(move, capacity);
    this.mask = capacity - 1;
  }
}
