/**
 * Requests of one session that are under way at once: the client goes on when the last of them is answered. Where every
 * request waits for the response to the one before, nothing is kept.
 */
export class ConcurrentRequests {
  /** Share of requests sent without waiting for the previous response. */
  readonly ratio: number;
  /** Sessions with more than one request under way, or with one left of several. */
  private readonly underWay = new Map<number, number>();
  /** Sessions that one of several requests has made after the loss of theirs: nobody goes on with them. */
  private readonly aside = new Set<number>();

  constructor(ratio: number) {
    this.ratio = ratio;
  }

  /** The first request of a round is under way. */
  begin(row: number): void {
    this.underWay.set(row, 1);
  }

  add(row: number): void {
    this.underWay.set(row, (this.underWay.get(row) ?? 0) + 1);
  }

  /** A request goes on with another session. @param isSecond - another one of its round has done so before. */
  moved(from: number, to: number, isSecond: boolean): void {
    const wasAside = this.aside.delete(from);
    if (wasAside) this.aside.add(to);
    else this.aside.delete(to);
    this.underWay.delete(to);
    const count = this.underWay.get(from);
    if (count === undefined) return;
    if (count > 1) this.underWay.set(from, count - 1);
    else this.underWay.delete(from);
    if (isSecond) this.aside.add(to);
  }

  /** One request is answered. @returns whether it is the last of its round. */
  isLast(row: number): boolean {
    if (this.ratio === 0) return true;
    const count = this.underWay.get(row);
    if (count !== undefined && count > 1) {
      this.underWay.set(row, count - 1);
      return false;
    }
    this.underWay.delete(row);
    return true;
  }

  /** Whether nobody goes on with a session. */
  isAside(row: number): boolean {
    return this.aside.delete(row);
  }

  /** Whether requests of a session are under way that are not the last of their round. */
  isWorkedOn(row: number): boolean {
    return this.underWay.size > 0 && this.underWay.has(row);
  }
}
