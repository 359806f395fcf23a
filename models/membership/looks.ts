/** What becomes of members that are overdue: when an observer finds out, or hears the member before. One per pair. */
export class Looks {
  /** Per pair: its place, -1 none. */
  private readonly places: Int32Array;
  private pairs = new Int32Array(64);
  private deadlinesNs = new Float64Array(64);
  private endsNs = new Float64Array(64);
  private isHeard = new Uint8Array(64);
  private count = 0;

  constructor(pairs: number) {
    this.places = new Int32Array(pairs).fill(-1);
  }

  get size(): number {
    return this.count;
  }

  /** Plans the end of a silence; an earlier plan for the pair is void. @param isHeard - no look, but the next heartbeat. */
  set(pair: number, deadlineNs: number, endNs: number, isHeard: boolean): void {
    let place = this.places[pair];
    if (place < 0) {
      if (this.count === this.pairs.length) this.grow();
      place = this.count;
      this.count += 1;
    }
    this.places[pair] = place;
    this.pairs[place] = pair;
    this.deadlinesNs[place] = deadlineNs;
    this.endsNs[place] = endNs;
    this.isHeard[place] = isHeard ? 1 : 0;
  }

  private grow(): void {
    const [pairs, deadlinesNs, endsNs, isHeard] = [this.pairs, this.deadlinesNs, this.endsNs, this.isHeard];
    this.pairs = new Int32Array(2 * this.count);
    this.deadlinesNs = new Float64Array(2 * this.count);
    this.endsNs = new Float64Array(2 * this.count);
    this.isHeard = new Uint8Array(2 * this.count);
    this.pairs.set(pairs);
    this.deadlinesNs.set(deadlinesNs);
    this.endsNs.set(endsNs);
    this.isHeard.set(isHeard);
  }

  /** Takes what is planned for this moment. @returns whether that is a look. */
  take(pair: number, nowNs: number): boolean {
    const place = this.places[pair];
    if (place < 0 || this.endsNs[place] !== nowNs) return false;
    const isLook = this.isHeard[place] === 0;
    this.count -= 1;
    this.places[this.pairs[this.count]] = place;
    this.pairs[place] = this.pairs[this.count];
    this.deadlinesNs[place] = this.deadlinesNs[this.count];
    this.endsNs[place] = this.endsNs[this.count];
    this.isHeard[place] = this.isHeard[this.count];
    this.places[pair] = -1;
    return isLook;
  }

  /** Takes all of them. @returns each pair and since when it is overdue [ns]. */
  takeAll(): [pair: number, deadlineNs: number][] {
    const taken = Array.from({ length: this.count }, (_, place): [number, number] => [
      this.pairs[place],
      this.deadlinesNs[place],
    ]);
    for (const [pair] of taken) this.places[pair] = -1;
    this.count = 0;
    return taken;
  }
}
