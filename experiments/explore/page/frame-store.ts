import { type Frame, FrameShape } from '../frames.ts';
import type { RunFacts } from '../protocol.ts';

/** Time that a rate is taken over [s]. */
const WINDOW_S = 1;

/** The frames of one run, as far as they have come. */
export class FrameStore {
  readonly facts: RunFacts;
  private readonly shape: FrameShape;
  private readonly frames: Frame[] = [];
  private readonly window: number;
  /** Frames that can be shown. */
  ready = 0;

  /** @param before - the run before, whose frames up to a moment are those of this one too. */
  constructor(facts: RunFacts, before?: { store: FrameStore; sameUntilS: number }) {
    this.facts = facts;
    this.shape = new FrameShape(facts.nodes);
    this.window = Math.max(1, Math.round(WINDOW_S / facts.dtS));
    const old = before?.store;
    if (!before || !old || old.facts.nodes !== facts.nodes || old.facts.dtS !== facts.dtS) return;
    this.ready = Math.min(old.ready, Math.floor(before.sameUntilS / facts.dtS + 1e-9) + 1, facts.frames);
    this.frames = old.frames.slice(0, this.ready);
  }

  add(first: number, count: number, buffer: ArrayBuffer): void {
    for (let index = 0; index < count; index += 1) this.frames[first + index] = this.shape.at(buffer, index);
    this.ready = Math.max(this.ready, first + count);
  }

  /** Place of the newest frame at or before a moment that has come; -1 none. */
  indexAt(timeS: number): number {
    return Math.min(this.ready - 1, Math.floor(timeS / this.facts.dtS + 1e-9));
  }

  frame(index: number): Frame {
    return this.frames[index];
  }

  /** Mean of a list per second over the frames up to a place. */
  rates(index: number, list: (frame: Frame) => Float32Array, into: Float32Array): Float32Array {
    into.fill(0);
    const first = Math.max(1, index - this.window + 1);
    for (let at = first; at <= index; at += 1) {
      const values = list(this.frames[at]);
      for (let place = 0; place < values.length; place += 1) into[place] += values[place];
    }
    const spanS = Math.max(1, index - first + 1) * this.facts.dtS;
    for (let place = 0; place < into.length; place += 1) into[place] /= spanS;
    return into;
  }

  /** Growth of a total per second, over the frames up to a place. */
  rate(index: number, place: number): number {
    const first = Math.max(0, index - this.window);
    if (index <= first) return 0;
    const growth = this.frames[index].totals[place] - this.frames[first].totals[place];
    return growth / ((index - first) * this.facts.dtS);
  }
}
