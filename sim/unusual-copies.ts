/**
 * Copies on their way to a station that do not come as they would alone: lost, held up, or moved in a line. Most stations never have any.
 */
export class UnusualCopies {
  /** Entries that were sent and will not come. */
  readonly absent = new Set<number>();
  /** Copies held up on the way: how much later each leaves and arrives [ns]; those that have yet to enter the window. */
  readonly delayed = new Map<number, number>();
  readonly late = new Set<number>();
  /** Copies whose arrival is another one because of the message behind them in the line [ns]. */
  readonly moved = new Map<number, number>();

  /** Whether all that is to come, and has not been looked at, comes as it should. */
  get expectsNone(): boolean {
    return this.absent.size === 0 && this.delayed.size === 0;
  }

  /** None is lost, held up or late. */
  get hasNone(): boolean {
    return this.expectsNone && this.late.size === 0;
  }

  clear(): void {
    this.absent.clear();
    this.delayed.clear();
    this.late.clear();
    this.moved.clear();
  }

  /** Oldest of an entry and those that are late. */
  oldest(index: number): number {
    let oldest = index;
    for (const late of this.late) oldest = Math.min(oldest, late);
    return oldest;
  }

  /** Forgets how long entries before one were held up, and when they came instead. */
  forgetBefore(oldest: number): void {
    for (const index of this.delayed.keys()) if (index < oldest) this.delayed.delete(index);
    for (const index of this.moved.keys()) if (index < oldest) this.moved.delete(index);
  }

  /** Takes out some of the late copies. @returns them. */
  takeLate(isTaken: (index: number) => boolean): number[] {
    const taken = [...this.late].filter(isTaken);
    for (const index of taken) this.late.delete(index);
    return taken;
  }

  /** Takes out the late copies that have arrived by a moment. @returns them, in the order of arrival. */
  takeArrived(nowNs: number, arrivalNs: (index: number) => number): number[] {
    const arrived = this.takeLate((index) => arrivalNs(index) <= nowNs);
    return arrived.sort((a, b) => arrivalNs(a) - arrivalNs(b) || a - b);
  }
}
