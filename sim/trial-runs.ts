import { keyedUniform } from './keyed-random.ts';
import { RunLaw } from './run-law.ts';

const STRETCH_SALT = 0x7f4a7c15;
/** Draws of a stretch: 0 and 1 its ends, then two per run. */
const DRAWS = 2 ** 24;

/**
 * Endless rows of independent trials, each of which fails with one probability: any trial of any row can be asked for,
 * and the next long run of failures costs no more when it is far away.
 *
 * The runs are drawn, not the trials. Stretches of 2^bits trials are independent: drawn are the failures at both ends of
 * one, then, from success to success, how many trials pass until a run is complete and how much longer it gets. A trial
 * between two runs is drawn by itself when somebody asks, given that there is no run: it can fail only if its own draw
 * is below p, so it is enough to go back to the last one whose draw is not. All draws belong to keys (row, place), hence
 * the order of asking changes nothing, and the trials are exactly independent.
 *
 * Limits: a draw has 53 bits, so runs whose chance is below 1e-16 per trial have a frequency known to a few bits only.
 */
export class TrialRuns {
  readonly law: RunLaw;
  /** Found by `nextRun`: the successes before and after the run; -1: it begins with the row. */
  before = -1;
  after = -1;
  private readonly size: number;
  /** The last success of a stretch is not before this place. */
  private readonly endMin: number;
  private seed = 0;
  private column = 0;
  /** Places of the first and the last success of the stretch that is looked at, from its begin; none: size and -1. */
  private first = 0;
  private end = 0;
  private isEndKnown = false;
  /** The stretch that these belong to; -1 none. */
  private stretch = -1;
  /** Where `nextRun` stopped: its stretch, the success after the run that it found, the next draw. */
  private pausedIn = -1;
  private pausedAt = 0;
  private pausedDraw = 0;
  /** What lies around the trial asked for: successes at both ends, failures or no run in between. */
  private low = 0;
  private high = 0;
  private isRun = false;

  /**
   * @param p - chance that a trial fails, above 0 and below 1.
   * @param run - failures in a row that matter, 1 or more; shorter runs may be found as well.
   */
  constructor(p: number, run: number) {
    this.law = new RunLaw(p, run);
    this.size = 2 ** this.law.stretchBits;
    this.endMin = this.size - 1 - this.law.failuresMax;
  }

  /** Chooses the row. @param seed - uint32. @param column - uint32. */
  row(seed: number, column: number): this {
    if (seed !== this.seed || column !== this.column) {
      this.stretch = -1;
      this.pausedIn = -1;
    }
    this.seed = seed;
    this.column = column;
    return this;
  }

  /** Whether a trial of the row fails. @param at - 0 or more. */
  isFailure(at: number): boolean {
    return this.successUpTo(at) !== at;
  }

  /** The last success at or before a trial; -1 when there is none. */
  successUpTo(at: number): number {
    this.locate(at);
    return this.isRun ? this.low : this.lastBetween(at);
  }

  /** The first success at or after a trial. @param at - 0 or more. */
  successFrom(at: number): number {
    this.locate(at);
    if (this.isRun) return this.high;
    let place = at;
    let last = this.lastBetween(at);
    for (; last !== place; place += 1) {
      if (place + 1 >= this.high) return this.high;
      if (!this.failsAfter(place - last, place + 1)) last = place + 1;
    }
    return place;
  }

  /**
   * Finds the first run that is not over at a trial, under way there or begun later, and sets `before` and `after`.
   * @param at - 0 or more.
   * @param until - a run that begins after it may be left out.
   */
  nextRun(at: number, until: number): boolean {
    const { size, law } = this;
    let stretch = Math.floor(at / size);
    this.lookAt(stretch);
    if (at < stretch * size + this.first && this.isAcross(stretch)) return true;
    for (; stretch * size <= until; stretch += 1) {
      const begin = stretch * size;
      this.lookAt(stretch);
      if (this.end < 0) continue;
      const isPaused = stretch === this.pausedIn && at >= this.pausedAt;
      let from = isPaused ? this.pausedAt : begin + this.first;
      for (let draw = isPaused ? this.pausedDraw : 2; from < this.lastOf(stretch, from); draw += 2) {
        const done = from + law.wait(this.draw(stretch, draw));
        if (done - law.run > until && begin + this.endMin > until) return false;
        if (done >= this.lastOf(stretch, done)) break;
        this.before = done - law.run;
        from = this.afterRun(stretch, done, draw);
        this.after = from;
        if (from > at) {
          this.pausedIn = stretch;
          this.pausedAt = from;
          this.pausedDraw = draw + 2;
          return true;
        }
      }
      if (this.lastOf(stretch, begin + size) > until) return false;
      if (this.isAcross(stretch + 1) && this.after > at) return true;
    }
    return false;
  }

  /** The success after a run that is complete at a trial, within its stretch. */
  private afterRun(stretch: number, done: number, draw: number): number {
    const after = done + 1 + this.law.failures(this.draw(stretch, draw + 1));
    return Math.min(after, this.lastOf(stretch, after));
  }

  /** Whether a run lies across the begin of a stretch, or across whole ones. Sets `before` and `after`. */
  private isAcross(stretch: number): boolean {
    this.before = this.lastBefore(stretch);
    this.after = this.firstFrom(stretch);
    return this.after - this.before > this.law.run;
  }

  private draw(stretch: number, number: number): number {
    return keyedUniform(this.seed ^ STRETCH_SALT, stretch * DRAWS + number, this.column);
  }

  private ownDraw(at: number): number {
    return keyedUniform(this.seed, at, this.column);
  }

  /** Finds both ends of a stretch: two waits for a success, from its begin on and from its end back. */
  private lookAt(stretch: number): void {
    const { size } = this;
    if (stretch === this.stretch) return;
    this.stretch = stretch;
    const first = this.law.failures(this.draw(stretch, 0));
    this.first = Math.min(first, size);
    this.end = this.endMin;
    this.isEndKnown = false;
    if (first >= this.endMin) this.lookAtEnd(stretch);
  }

  /** Few look at the end of a stretch: until then it is the first place that it can have. */
  private lookAtEnd(stretch: number): void {
    const { size, first } = this;
    const end = size - 1 - this.law.failures(this.draw(stretch, 1));
    // Where the two pass one another there is one success at most: each place and none have the chance they should.
    this.end = first < end ? end : first < size ? first : -1;
    this.isEndKnown = true;
  }

  /** The last success of a stretch that is not empty, or, as long as nobody knows it, a place above one asked for. */
  private lastOf(stretch: number, place: number): number {
    const begin = stretch * this.size;
    if (!this.isEndKnown && place >= begin + this.endMin) this.lookAtEnd(stretch);
    return begin + this.end;
  }

  /** The first success in a stretch or a later one. */
  private firstFrom(stretch: number): number {
    let at = stretch;
    this.lookAt(at);
    while (this.end < 0) {
      at += 1;
      this.lookAt(at);
    }
    return at * this.size + this.first;
  }

  /** The last success before a stretch; -1 when there is none. */
  private lastBefore(stretch: number): number {
    for (let at = stretch - 1; at >= 0; at -= 1) {
      this.lookAt(at);
      const last = this.lastOf(at, stretch * this.size);
      if (this.end >= 0) return last;
    }
    return -1;
  }

  /** Finds what lies around a trial. */
  private locate(at: number): void {
    const stretch = Math.floor(at / this.size);
    const begin = stretch * this.size;
    this.lookAt(stretch);
    const first = begin + this.first;
    const last = this.lastOf(stretch, at);
    const isEmpty = this.end < 0;
    if (isEmpty || at < first || at > last) {
      this.isRun = true;
      this.low = !isEmpty && at > last ? last : this.lastBefore(stretch);
      this.high = !isEmpty && at < first ? first : this.firstFrom(stretch + 1);
    } else if (at === first || at === last) this.between(at, at);
    else this.walk(stretch, at);
  }

  private between(low: number, high: number): void {
    this.isRun = false;
    this.low = low;
    this.high = high;
  }

  /** From success to success, until the trial is passed. */
  private walk(stretch: number, at: number): void {
    const { law } = this;
    let from = stretch * this.size + this.first;
    for (let draw = 2; ; draw += 2) {
      const done = from + law.wait(this.draw(stretch, draw));
      const last = this.lastOf(stretch, done);
      const before = done - law.run;
      if (done >= last || at <= before) {
        this.between(from, done >= last ? last : before);
        return;
      }
      const after = this.afterRun(stretch, done, draw);
      if (at < after) {
        this.isRun = true;
        this.low = before;
        this.high = after;
        return;
      }
      from = after;
    }
  }

  /** The last success at or before a trial between two runs. */
  private lastBetween(at: number): number {
    if (at === this.high) return at;
    let last = at;
    while (last > this.low && this.ownDraw(last) < this.law.p) last -= 1;
    for (let place = last + 1; place <= at; place += 1) {
      if (!this.failsAfter(place - 1 - last, place)) last = place;
    }
    return last;
  }

  private failsAfter(failures: number, at: number): boolean {
    const own = this.ownDraw(at);
    return own < this.law.p && own < this.law.failsAgain(failures, this.high - at);
  }
}
