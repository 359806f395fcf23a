/** A column of a table: one number per row. */
export interface Column {
  get(row: number): number;
  set(row: number, value: number): void;
  add(row: number, change: number): void;
}

/** What `PackedRows` tells its columns: where their numbers stand. */
interface Placed {
  /** @param words - of rows of `width` words each. */
  place(words: ArrayBuffer, width: number): void;
}

const HALF_MASK = 0xffff;
const HALF_BITS = 16;
const HALF_BYTES = 2;
const WORD_BYTES = 4;
const TWO_POW_32 = 2 ** 32;
/** Whether the lower half of a word comes first in memory. */
const IS_LOWER_FIRST = new Int16Array(new Int32Array([1]).buffer)[0] === 1;

/**
 * A table whose columns stand side by side: whatever is read of a row lies in one or two lines of the machine's memory.
 *
 * ```
 *   words   | row 0: client, request, ... | row 1: client, request, ... |      `width` words of 32 bits per row
 * ```
 * Why: of a million rows those in use are scattered, and who asks for one reads a dozen of its columns. As arrays of their
 * own each of them costs a look at memory that no cache holds. A column is a view of the same memory that begins at its own
 * place, so that what it has of a row stands `width` words behind what it has of the row before: one multiplication, and
 * few enough instructions for the compiler to put each of them where it is used.
 *
 * All columns are made before the first row.
 */
export class PackedRows {
  private words = new Int32Array(0);
  /** Words of a row. */
  width = 0;
  /** Word of which the upper half is not taken, -1 none. */
  private open = -1;
  /** What a row begins with. */
  private readonly begin: number[] = [];
  private readonly columns: Placed[] = [];

  /** A column of int32. @param initial - what each row begins with. */
  word(initial: number): WordColumn {
    return this.with(new WordColumn(this.take(initial)));
  }

  /** A column of uint32. */
  unsigned(initial: number): UnsignedColumn {
    return this.with(new UnsignedColumn(this.take(initial)));
  }

  /** A column of int16; two of them share a word. */
  half(initial: number): HalfColumn {
    const isUpper = this.open >= 0;
    const word = isUpper ? this.open : this.take(0);
    this.open = isUpper ? -1 : word;
    this.begin[word] |= isUpper ? initial << HALF_BITS : initial & HALF_MASK;
    return this.with(new HalfColumn(2 * word + (isUpper === IS_LOWER_FIRST ? 1 : 0)));
  }

  /** A column of moments, integers from 0 to 2^53 - 1 [ns]; each row begins with 0. */
  time(): TimeColumn {
    const low = this.take(0);
    return this.with(new TimeColumn(low, this.take(0)));
  }

  private with<Kind extends Placed>(column: Kind): Kind {
    this.columns.push(column);
    return column;
  }

  private take(initial: number): number {
    this.begin.push(initial | 0);
    return this.width++;
  }

  /** Makes room for so many rows; what they hold stays. */
  resize(rows: number): void {
    const larger = new Int32Array(rows * this.width);
    larger.set(this.words);
    this.words = larger;
    for (const column of this.columns) column.place(larger.buffer, this.width);
  }

  /** Every column of a row is as it begins. */
  clear(row: number): void {
    const { words, width, begin } = this;
    const first = row * width;
    for (let word = 0; word < width; word += 1) words[first + word] = begin[word];
  }
}

/** A column of int32, see `PackedRows`. */
export class WordColumn implements Column, Placed {
  private cells = new Int32Array(0);
  private width = 0;

  constructor(private readonly word: number) {}

  place(words: ArrayBuffer, width: number): void {
    this.cells = new Int32Array(words, WORD_BYTES * this.word);
    this.width = width;
  }

  get(row: number): number {
    return this.cells[row * this.width];
  }

  set(row: number, value: number): void {
    this.cells[row * this.width] = value;
  }

  add(row: number, change: number): void {
    this.cells[row * this.width] += change;
  }
}

/** A column of uint32, see `PackedRows`. */
class UnsignedColumn implements Column, Placed {
  private cells = new Uint32Array(0);
  private width = 0;

  constructor(private readonly word: number) {}

  place(words: ArrayBuffer, width: number): void {
    this.cells = new Uint32Array(words, WORD_BYTES * this.word);
    this.width = width;
  }

  get(row: number): number {
    return this.cells[row * this.width];
  }

  set(row: number, value: number): void {
    this.cells[row * this.width] = value;
  }

  add(row: number, change: number): void {
    this.cells[row * this.width] += change;
  }
}

/** A column of int16, see `PackedRows`. */
class HalfColumn implements Column, Placed {
  private cells = new Int16Array(0);
  /** Halves of a row. */
  private width = 0;

  constructor(private readonly half: number) {}

  place(words: ArrayBuffer, width: number): void {
    this.cells = new Int16Array(words, HALF_BYTES * this.half);
    this.width = 2 * width;
  }

  get(row: number): number {
    return this.cells[row * this.width];
  }

  set(row: number, value: number): void {
    this.cells[row * this.width] = value;
  }

  add(row: number, change: number): void {
    this.cells[row * this.width] += change;
  }
}

/** A column of moments [ns], see `PackedRows`. */
class TimeColumn implements Column, Placed {
  private lower = new Uint32Array(0);
  private upper = new Uint32Array(0);
  private width = 0;

  constructor(
    private readonly low: number,
    private readonly high: number,
  ) {}

  place(words: ArrayBuffer, width: number): void {
    this.lower = new Uint32Array(words, WORD_BYTES * this.low);
    this.upper = new Uint32Array(words, WORD_BYTES * this.high);
    this.width = width;
  }

  get(row: number): number {
    const at = row * this.width;
    return this.upper[at] * TWO_POW_32 + this.lower[at];
  }

  set(row: number, value: number): void {
    const at = row * this.width;
    this.lower[at] = value;
    this.upper[at] = value / TWO_POW_32;
  }

  add(row: number, change: number): void {
    this.set(row, this.get(row) + change);
  }
}
