import { Batch, type Step } from '../stores/store-batch.ts';

/** Bytes of a command in the Redis protocol, by the lengths of its words. @see source: Redis RESP2. */
export function commandBytes(...words: readonly number[]): number {
  return words.reduce((sum, length) => sum + 5 + String(length).length + length, 3 + String(words.length).length);
}

/** Bytes of an answer that is one value. */
export function valueBytes(length: number): number {
  return 5 + String(length).length + length;
}

/** Answers that are a number or OK. */
export const NUMBER_BYTES = 4;
export const OK_BYTES = 5;

/** Batches that depend on the length of the session id only, each made once. */
export class BatchCache {
  private readonly batches = new Map<number, Batch>();

  /** The batch, if it was made before. @param key - tells batches of the same id length apart, 0 to 999. */
  get(idLength: number, key: number): Batch | undefined {
    return this.batches.get(idLength * 1000 + key);
  }

  /** Makes a batch that was not there. */
  add(idLength: number, key: number, steps: readonly Step[]): Batch {
    const batch = new Batch(steps);
    this.batches.set(idLength * 1000 + key, batch);
    return batch;
  }
}
