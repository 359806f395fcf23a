const PAGE_BITS = 8;
/** Chunks of a page. */
const PAGE_CHUNKS = 2 ** PAGE_BITS;

/**
 * Many lists of int32 words in chunks of equal length, which go from one list to another: a list costs what it holds, and
 * none is ever moved to make room for it.
 *
 * A chunk is a number, 0 = none. Its words are `pageOf(chunk)` from `wordOf(chunk)` on; the first one is the link to the
 * next chunk of its list, the others belong to the caller.
 */
export class ChunkLists {
  private readonly pages: Int32Array[] = [];
  /** Chunks made so far; the first one is none. */
  private made = 1;
  /** The chunk freed last. */
  private free = 0;

  /** @param words - length of a chunk, its link included. */
  constructor(readonly words: number) {}

  /** @returns a chunk without a link; its other words are whatever they were. */
  take(): number {
    const chunk = this.free;
    if (chunk === 0) return this.fresh();
    const page = this.pageOf(chunk);
    const word = this.wordOf(chunk);
    this.free = page[word];
    page[word] = 0;
    return chunk;
  }

  /** Gives a chunk back. @returns the next one of its list. */
  release(chunk: number): number {
    const page = this.pageOf(chunk);
    const word = this.wordOf(chunk);
    const next = page[word];
    page[word] = this.free;
    this.free = chunk;
    return next;
  }

  pageOf(chunk: number): Int32Array {
    return this.pages[chunk >> PAGE_BITS];
  }

  wordOf(chunk: number): number {
    return (chunk & (PAGE_CHUNKS - 1)) * this.words;
  }

  private fresh(): number {
    const chunk = this.made++;
    if (chunk >> PAGE_BITS === this.pages.length) this.pages.push(new Int32Array(PAGE_CHUNKS * this.words));
    return chunk;
  }
}
