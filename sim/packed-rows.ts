/** A column of a table: one number per row. */
export interface Column {
  get(row: number): number;
  set(row: number, value: number): void;
  add(row: number, change: number): void;
}

const HALF_MASK = 0xffff;
const HALF_BITS = 16;
const TWO_POW_32 = 2 ** 32;

/**
 * A table whose columns stand side by side: whatever is read of a row lies in one or two lines of the machine's memory.
 *
 * ```
 *   words   | row 0: client, request, ... | row 1: client, request, ... |      `width` words of 32 bits per row
 * ```
 * Why: of a million rows those in use are scattered, and who asks for one reads a dozen of its columns. As arrays of their
 * own each of them costs a look at memory that no cache holds.
 *
 * All columns are made before the first row.
 */
export class PackedRows {
  words = new Int32Array(0);
  /** Words of a row. */
  width = 0;
  /** Word of which the upper half is not taken, -1 none. */
  private open = -1;
  /** What a row begins with. */
  private readonly begin: number[] = [];

  /** A column of int32. @param initial - what each row begins with. */
  word(initial: number): WordColumn {
    return new WordColumn(this, this.take(initial));
  }

  /** A column of uint32. */
  unsigned(initial: number): UnsignedColumn {
    return new UnsignedColumn(this, this.take(initial));
  }

  /** A column of int16; two of them share a word. */
  half(initial: number): HalfColumn {
    const isUpper = this.open >= 0;
    const word = isUpper ? this.open : this.take(0);
    this.open = isUpper ? -1 : word;
    this.begin[word] |= isUpper ? initial << HALF_BITS : initial & HALF_MASK;
    return new HalfColumn(this, word, isUpper);
  }

  /** A column of moments, integers from 0 to 2^53 - 1 [ns]; each row begins with 0. */
  time(): TimeColumn {
    const low = this.take(0);
    this.take(0);
    return new TimeColumn(this, low);
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
  }

  /** Every column of a row is as it begins. */
  clear(row: number): void {
    const { words, width, begin } = this;
    const first = row * width;
    for (let word = 0; word < width; word += 1) words[first + word] = begin[word];
  }
}

/** A column of int32, see `PackedRows`. */
export class WordColumn implements Column {
  constructor(
    private readonly table: PackedRows,
    private readonly word: number,
  ) {}

  get(row: number): number {
    const { words, width } = this.table;
    return words[row * width + this.word];
  }

  set(row: number, value: number): void {
    const { words, width } = this.table;
    words[row * width + this.word] = value;
  }

  add(row: number, change: number): void {
    const { words, width } = this.table;
    words[row * width + this.word] += change;
  }
}

/** A column of uint32, see `PackedRows`. */
class UnsignedColumn implements Column {
  constructor(
    private readonly table: PackedRows,
    private readonly word: number,
  ) {}

  get(row: number): number {
    const { words, width } = this.table;
    return words[row * width + this.word] >>> 0;
  }

  set(row: number, value: number): void {
    const { words, width } = this.table;
    words[row * width + this.word] = value;
  }

  add(row: number, change: number): void {
    this.set(row, this.get(row) + change);
  }
}

/** A column of int16, see `PackedRows`. */
class HalfColumn implements Column {
  /** Bits above it, and below it, in its word. */
  private readonly above: number;
  private readonly below: number;
  /** The other half of its word. */
  private readonly others: number;

  constructor(
    private readonly table: PackedRows,
    private readonly word: number,
    isUpper: boolean,
  ) {
    this.above = isUpper ? 0 : HALF_BITS;
    this.below = isUpper ? HALF_BITS : 0;
    this.others = isUpper ? HALF_MASK : ~HALF_MASK;
  }

  get(row: number): number {
    const { words, width } = this.table;
    return (words[row * width + this.word] << this.above) >> HALF_BITS;
  }

  set(row: number, value: number): void {
    const { words, width } = this.table;
    const at = row * width + this.word;
    words[at] = (words[at] & this.others) | ((value & HALF_MASK) << this.below);
  }

  add(row: number, change: number): void {
    this.set(row, this.get(row) + change);
  }
}

/** A column of moments [ns], see `PackedRows`. */
class TimeColumn implements Column {
  constructor(
    private readonly table: PackedRows,
    private readonly low: number,
  ) {}

  get(row: number): number {
    const { words, width } = this.table;
    const at = row * width + this.low;
    return words[at + 1] * TWO_POW_32 + (words[at] >>> 0);
  }

  set(row: number, value: number): void {
    const { words, width } = this.table;
    const at = row * width + this.low;
    words[at] = value;
    words[at + 1] = Math.floor(value / TWO_POW_32);
  }

  add(row: number, change: number): void {
    this.set(row, this.get(row) + change);
  }
}
