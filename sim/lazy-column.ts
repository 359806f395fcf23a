type Numbers = Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array;

/** A table with columns: so many rows have room in each. */
export interface Rows {
  readonly capacity: number;
}

/**
 * A column of a table that takes no memory until one of its rows differs from what all rows begin with.
 *
 * Why: most columns say something about few models; whoever does not use one does not pay for it.
 */
export class LazyColumn {
  /** What the rows hold less `initial`: memory that was never written to is none of the machine's. */
  private values: Numbers;
  /** Rows that have a place in it; most columns have none. */
  private placed = 0;
  private readonly table: Rows;
  private readonly initial: number;

  /**
   * @param empty - an array of the kind of number that a row holds, without elements.
   * @param initial - what each row begins with.
   */
  constructor(table: Rows, empty: Numbers, initial: number) {
    this.table = table;
    this.values = empty;
    this.initial = initial;
  }

  get(row: number): number {
    return row < this.placed ? this.valueAt(row) : this.initial;
  }

  private valueAt(row: number): number {
    return this.values[row] + this.initial;
  }

  set(row: number, value: number): void {
    if (row < this.placed || value !== this.initial) this.write(row, value);
  }

  private write(row: number, value: number): void {
    if (row >= this.placed) this.grow();
    this.values[row] = value - this.initial;
  }

  add(row: number, change: number): void {
    this.set(row, this.get(row) + change);
  }

  /** The row is as it began. */
  clear(row: number): void {
    if (row < this.placed && this.values[row] !== 0) this.values[row] = 0;
  }

  private grow(): void {
    const { values, table } = this;
    const larger = new (values.constructor as Int32ArrayConstructor)(table.capacity);
    larger.set(values);
    this.values = larger;
    this.placed = larger.length;
  }
}
