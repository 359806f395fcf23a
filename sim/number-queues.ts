import { ChunkLists } from './chunk-lists.ts';

/** Numbers of a chunk; the word before them is its link. */
const NUMBERS = 15;

/** Several queues of int32 numbers, first in first out, that cost what they hold. */
export class NumberQueues {
  private readonly chunks = new ChunkLists(1 + NUMBERS);
  private readonly heads: Int32Array;
  private readonly tails: Int32Array;
  /** Numbers taken from the first chunk, and put into the last one. */
  private readonly taken: Uint8Array;
  private readonly put: Uint8Array;

  constructor(queues: number) {
    this.heads = new Int32Array(queues);
    this.tails = new Int32Array(queues);
    this.taken = new Uint8Array(queues);
    this.put = new Uint8Array(queues);
  }

  isEmpty(queue: number): boolean {
    return this.heads[queue] === this.tails[queue] && this.taken[queue] === this.put[queue];
  }

  push(queue: number, value: number): void {
    const { chunks, heads, tails, put } = this;
    if (tails[queue] === 0 || put[queue] === NUMBERS) {
      const chunk = chunks.take();
      const last = tails[queue];
      if (last === 0) heads[queue] = chunk;
      else chunks.pageOf(last)[chunks.wordOf(last)] = chunk;
      tails[queue] = chunk;
      put[queue] = 0;
    }
    const tail = tails[queue];
    put[queue] += 1;
    chunks.pageOf(tail)[chunks.wordOf(tail) + put[queue]] = value;
  }

  /** The oldest number of a queue that is not empty. */
  first(queue: number): number {
    const head = this.heads[queue];
    return this.chunks.pageOf(head)[this.chunks.wordOf(head) + this.taken[queue] + 1];
  }

  /** Drops the oldest number of a queue that is not empty. */
  shift(queue: number): void {
    const { chunks, heads, tails, taken } = this;
    taken[queue] += 1;
    if (this.isEmpty(queue)) {
      chunks.release(heads[queue]);
      heads[queue] = 0;
      tails[queue] = 0;
      taken[queue] = 0;
      this.put[queue] = 0;
    } else if (taken[queue] === NUMBERS) {
      heads[queue] = chunks.release(heads[queue]);
      taken[queue] = 0;
    }
  }
}
