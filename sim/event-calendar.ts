import { ChunkLists } from './chunk-lists.ts';
import type { EventSlots } from './event-slots.ts';
import { invariant } from './invariant.ts';

/** Length of a day [ns]: about a second, so that what stands in slots is what happens within the next one. */
const DAY_NS = 2 ** 30;
/** Most days that have a list of their own, about 39 hours; what comes later is kept aside. */
const MOST_DAYS = 2 ** 17;

// A chunk of a day's list: link, kind and count of words in use, two halves of a sequence number, then events. An event
// without a slot takes three words: time within the day, argument, sequence number less that of the chunk.
const STATE = 1;
const SEQ_HIGH = 2;
const SEQ_LOW = 3;
const HEADER = 4;
const EVENT_WORDS = 3;
const EVENTS = 16;
const USED_MOST = EVENTS * EVENT_WORDS;
const USED_MASK = 255;
const KIND_SHIFT = 8;
/** Kind of a chunk that holds slots, one word each. */
const SLOTS = -1;
/** Sequence numbers of a chunk are less than this apart. */
const SEQ_RANGE = 2 ** 31;

/**
 * A calendar of the events that are still far away: an unsorted list for each day, in the order of the pushes. Whatever
 * happens at or after `startNs` is in here, and nothing else; so events of one time are always together.
 *
 * Why: in a large model most events wait for long (a client thinks for minutes). One that nobody can cancel needs no slot
 * while it waits: 13 bytes instead of 44, and a day is read from end to end when it comes, not at random.
 * @see R. Brown, "Calendar queues", Communications of the ACM 31 (1988).
 */
export class EventCalendar {
  /** From here on events belong in here [ns]; +Infinity while the calendar is not in use. */
  startNs = Number.POSITIVE_INFINITY;
  /** Events that it holds, cancelled ones included. */
  size = 0;
  /** Slots of the events of the day taken last. */
  taken = new Int32Array(64);
  /** Number of the first day. */
  private first = 0;
  /** For each day the first and the last chunk of its list; day d stands at d modulo their length. */
  private heads = new Int32Array(64);
  private tails = new Int32Array(64);
  private readonly lists = new ChunkLists(HEADER + USED_MOST);
  /** Slots of what happens after the last day, and the first day of them. */
  private readonly beyond: number[] = [];
  private beyondDay = Number.POSITIVE_INFINITY;
  /** Days whose lists are not in the order of the sequence numbers. */
  private readonly shuffled = new Set<number>();

  constructor(private readonly store: EventSlots) {}

  /** Begins with the day after `nowNs`; the caller hands over what is pending. */
  open(nowNs: number): void {
    this.first = Math.floor(nowNs / DAY_NS) + 1;
    this.startNs = this.first * DAY_NS;
  }

  /** Whether an event at `timeNs` >= startNs can be kept without a slot. */
  reaches(timeNs: number): boolean {
    return timeNs < this.startNs + MOST_DAYS * DAY_NS;
  }

  /** Adds an event that nobody can cancel, and that the calendar reaches. */
  addFirm(timeNs: number, seq: number, kind: number, a: number): void {
    const { lists } = this;
    const day = Math.floor(timeNs / DAY_NS);
    if (day - this.first >= this.heads.length) this.growTo(day);
    const place = day & (this.heads.length - 1);
    let chunk = this.tails[place];
    if (chunk === 0 || !this.hasRoom(chunk, kind, seq)) chunk = this.extend(place, kind, seq);
    const words = lists.pageOf(chunk);
    const word = lists.wordOf(chunk);
    const event = word + HEADER + (words[word + STATE] & USED_MASK);
    words[event] = timeNs - day * DAY_NS;
    words[event + 1] = a;
    words[event + 2] = seq - (words[word + SEQ_HIGH] * SEQ_RANGE + words[word + SEQ_LOW]);
    words[word + STATE] += EVENT_WORDS;
    this.size++;
  }

  private hasRoom(chunk: number, kind: number, seq: number): boolean {
    const words = this.lists.pageOf(chunk);
    const word = this.lists.wordOf(chunk);
    const state = words[word + STATE];
    if (state >> KIND_SHIFT !== kind || (state & USED_MASK) === USED_MOST) return false;
    return seq - (words[word + SEQ_HIGH] * SEQ_RANGE + words[word + SEQ_LOW]) < SEQ_RANGE;
  }

  /** Adds the event of a slot. @param isOlder - than others of its day, which were added before. */
  add(slot: number, isOlder = false): void {
    const { lists } = this;
    const day = Math.floor(this.store.timeOf(slot) / DAY_NS);
    this.size++;
    if (day - this.first >= MOST_DAYS) {
      this.beyond.push(slot);
      this.beyondDay = Math.min(this.beyondDay, day);
      return;
    }
    if (isOlder) this.shuffled.add(day);
    if (day - this.first >= this.heads.length) this.growTo(day);
    const place = day & (this.heads.length - 1);
    let chunk = this.tails[place];
    if (chunk === 0 || !this.hasRoom(chunk, SLOTS, 0)) chunk = this.extend(place, SLOTS, 0);
    const words = lists.pageOf(chunk);
    const word = lists.wordOf(chunk);
    words[word + HEADER + (words[word + STATE] & USED_MASK)] = slot;
    words[word + STATE] += 1;
  }

  /** Puts a new chunk at the end of a list. */
  private extend(place: number, kind: number, seq: number): number {
    const { lists } = this;
    const chunk = lists.take();
    const words = lists.pageOf(chunk);
    const word = lists.wordOf(chunk);
    words[word + STATE] = kind << KIND_SHIFT;
    words[word + SEQ_HIGH] = Math.floor(seq / SEQ_RANGE);
    words[word + SEQ_LOW] = seq % SEQ_RANGE;
    this.link(place, chunk);
    return chunk;
  }

  private link(place: number, chunk: number): void {
    const { lists } = this;
    const last = this.tails[place];
    if (last === 0) this.heads[place] = chunk;
    else lists.pageOf(last)[lists.wordOf(last)] = chunk;
    this.tails[place] = chunk;
  }

  /**
   * Gives away the events of the next day with events, all of which get slots; the calendar must not be empty.
   * @returns how many stand in `taken`, in the order of their pushes.
   */
  takeDay(): number {
    invariant(this.size > 0, 'a day is taken from an empty calendar');
    if (this.beyond.length > 0) this.recall();
    const { heads, store } = this;
    let day = this.first;
    while (heads[day & (heads.length - 1)] === 0) day++;
    const count = this.takeList(day);
    this.first = day + 1;
    this.startNs = this.first * DAY_NS;
    this.size -= count;
    if (this.shuffled.delete(day)) {
      this.taken.subarray(0, count).sort((one, other) => store.seqOf(one) - store.seqOf(other));
    }
    return count;
  }

  private takeList(day: number): number {
    const { lists, store } = this;
    const place = day & (this.heads.length - 1);
    const startNs = day * DAY_NS;
    let count = 0;
    for (let chunk = this.heads[place]; chunk !== 0; chunk = lists.release(chunk)) {
      const words = lists.pageOf(chunk);
      const word = lists.wordOf(chunk);
      const kind = words[word + STATE] >> KIND_SHIFT;
      const end = word + HEADER + (words[word + STATE] & USED_MASK);
      if (count + USED_MOST > this.taken.length) this.growTaken();
      const { taken } = this;
      if (kind === SLOTS) for (let event = word + HEADER; event < end; event++) taken[count++] = words[event];
      else {
        const seq = words[word + SEQ_HIGH] * SEQ_RANGE + words[word + SEQ_LOW];
        for (let event = word + HEADER; event < end; event += EVENT_WORDS) {
          taken[count++] = store.take(startNs + words[event], seq + words[event + 2], kind, words[event + 1], 0);
        }
      }
    }
    this.heads[place] = 0;
    this.tails[place] = 0;
    return count;
  }

  /** Brings what was too far away into the lists, as far as they reach by now. */
  private recall(): void {
    if (this.size === this.beyond.length) this.first = this.beyondDay;
    if (this.beyondDay - this.first >= MOST_DAYS) return;
    const slots = this.beyond.splice(0);
    this.beyondDay = Number.POSITIVE_INFINITY;
    this.size -= slots.length;
    for (const slot of slots) this.add(slot, true);
  }

  /** Drops what was cancelled. @returns how many that were. */
  sweep(): number {
    const before = this.size;
    for (let place = 0; place < this.heads.length; place++) {
      let chunk = this.heads[place];
      this.heads[place] = 0;
      this.tails[place] = 0;
      while (chunk !== 0) {
        const next = this.lists.pageOf(chunk)[this.lists.wordOf(chunk)];
        this.sweepChunk(place, chunk);
        chunk = next;
      }
    }
    for (const slot of this.beyond.splice(0)) if (!this.isDropped(slot)) this.beyond.push(slot);
    return before - this.size;
  }

  /** Drops what was cancelled of a chunk, and puts it back into its list if anything is left. */
  private sweepChunk(place: number, chunk: number): void {
    const { lists } = this;
    const words = lists.pageOf(chunk);
    const word = lists.wordOf(chunk);
    const state = words[word + STATE];
    if (state >> KIND_SHIFT === SLOTS) {
      const start = word + HEADER;
      let kept = start;
      for (let event = start; event < start + (state & USED_MASK); event++) {
        if (!this.isDropped(words[event])) words[kept++] = words[event];
      }
      words[word + STATE] = (SLOTS << KIND_SHIFT) | (kept - start);
    }
    words[word] = 0;
    if ((words[word + STATE] & USED_MASK) > 0) this.link(place, chunk);
    else lists.release(chunk);
  }

  private isDropped(slot: number): boolean {
    if (!this.store.isCancelled(slot)) return false;
    this.store.release(slot);
    this.size--;
    return true;
  }

  /** Adds the events without slots to counts by kind. */
  countInto(counts: Float64Array): void {
    const { lists } = this;
    for (const head of this.heads) {
      for (let chunk = head; chunk !== 0; chunk = lists.pageOf(chunk)[lists.wordOf(chunk)]) {
        const state = lists.pageOf(chunk)[lists.wordOf(chunk) + STATE];
        if (state >> KIND_SHIFT !== SLOTS) counts[state >> KIND_SHIFT] += (state & USED_MASK) / EVENT_WORDS;
      }
    }
  }

  /** Makes room for the lists of all days up to one. */
  private growTo(day: number): void {
    const old = this.heads.length;
    const { heads, tails, first } = this;
    let days = old;
    while (day - first >= days) days *= 2;
    this.heads = new Int32Array(days);
    this.tails = new Int32Array(days);
    for (let each = first; each < first + old; each++) {
      this.heads[each & (days - 1)] = heads[each & (old - 1)];
      this.tails[each & (days - 1)] = tails[each & (old - 1)];
    }
  }

  private growTaken(): void {
    const larger = new Int32Array(2 * this.taken.length);
    larger.set(this.taken);
    this.taken = larger;
  }
}
