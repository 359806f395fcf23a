import type { Detection } from '../results.ts';

/** Every change of every view, in columns: a lossy day of a large cluster has millions. */
export class ViewChanges {
  private count = 0;
  private atNs = new Float64Array(64);
  private afterNs = new Float64Array(64);
  private observer = new Uint16Array(64);
  private member = new Uint16Array(64);
  private isAdded = new Uint8Array(64);

  /** @param causeNs - when something last happened to the member [ns]; NaN: nothing. */
  add(atNs: number, observer: number, member: number, isAdded: boolean, causeNs: number): void {
    if (this.count === this.atNs.length) this.grow();
    const at = this.count;
    this.atNs[at] = atNs;
    this.afterNs[at] = atNs - causeNs;
    this.observer[at] = observer;
    this.member[at] = member;
    this.isAdded[at] = isAdded ? 1 : 0;
    this.count += 1;
  }

  private grow(): void {
    const larger = <T extends Float64Array | Uint16Array | Uint8Array>(column: T, fresh: T): T => {
      fresh.set(column);
      return fresh;
    };
    const size = 2 * this.count;
    this.atNs = larger(this.atNs, new Float64Array(size));
    this.afterNs = larger(this.afterNs, new Float64Array(size));
    this.observer = larger(this.observer, new Uint16Array(size));
    this.member = larger(this.member, new Uint16Array(size));
    this.isAdded = larger(this.isAdded, new Uint8Array(size));
  }

  /** @param names - of the nodes. */
  rows(names: readonly string[]): Detection[] {
    return Array.from({ length: this.count }, (_, at) => ({
      at_s: this.atNs[at] / 1e9,
      observer: names[this.observer[at]],
      member: names[this.member[at]],
      event: this.isAdded[at] === 1 ? 'added' : 'disappeared',
      after_ms: Number.isNaN(this.afterNs[at]) ? null : this.afterNs[at] / 1e6,
    }));
  }
}
