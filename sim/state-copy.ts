import { invariant } from './invariant.ts';

type Fields = Record<string, unknown>;
type View = Float64Array;

const kinds = { FIELDS: 0, ARRAY: 1, MAP: 2, SET: 3, VIEW: 4, BUFFER: 5, FUNCTION: 6 } as const;

function nameOf(part: object): string {
  return typeof part === 'function' ? `function ${part.name}` : (part.constructor?.name ?? 'an object without a class');
}

/** How an object holds its state. @throws InvariantError - in a way that cannot be copied. */
function kindOf(part: object): number {
  if (typeof part === 'function') return kinds.FUNCTION;
  const prototype: unknown = Object.getPrototypeOf(part);
  if (prototype === Array.prototype) return kinds.ARRAY;
  if (prototype === Object.prototype) return kinds.FIELDS;
  if (ArrayBuffer.isView(part) && !(part instanceof DataView)) return kinds.VIEW;
  if (prototype === Map.prototype) return kinds.MAP;
  if (prototype === Set.prototype) return kinds.SET;
  if (prototype === ArrayBuffer.prototype) return kinds.BUFFER;
  // Whatever the language makes with state inside (Date, WeakMap, generators, ...) has a tag of its own.
  const isPlain = Object.prototype.toString.call(part) === '[object Object]' && typeof prototype === 'object';
  invariant(isPlain, () => `state in ${nameOf(part)}, which cannot be copied`);
  return kinds.FIELDS;
}

function isPart(value: unknown): value is object {
  return typeof value === 'object' ? value !== null : typeof value === 'function';
}

/**
 * The parts of an object graph as it was built, in the order of a walk over their fields.
 *
 * Two graphs that were built in the same way have the same parts at the same places, whatever their fields point to
 * later: so the state of one can be copied into the other, part by part, and what closures refer to stays in place.
 */
export class Wiring {
  readonly parts: object[] = [];
  readonly places = new Map<object, number>();
  /** Memory that the last copy to here made for buffers of the other: the next copy of the same needs none. */
  memory = new Map<ArrayBuffer, ArrayBuffer>();

  /** @param root - what all state can be reached from; nothing has happened to it yet. */
  constructor(root: object) {
    this.add(root);
    for (let place = 0; place < this.parts.length; place++) this.walk(this.parts[place]);
  }

  private add(value: unknown): void {
    if (!isPart(value) || this.places.has(value)) return;
    this.places.set(value, this.parts.length);
    this.parts.push(value);
  }

  private walk(part: object): void {
    switch (kindOf(part)) {
      case kinds.FIELDS:
        for (const value of Object.values(part)) this.add(value);
        return;
      case kinds.ARRAY:
        for (const value of part as unknown[]) this.add(value);
        return;
      case kinds.MAP:
        for (const [key, value] of part as Map<unknown, unknown>) {
          this.add(key);
          this.add(value);
        }
        return;
      case kinds.SET:
        for (const value of part as Set<unknown>) this.add(value);
        return;
      case kinds.VIEW:
        this.add((part as View).buffer);
    }
  }

  /**
   * Makes another graph, built in the same way, equal to this one as it is now, whatever it was. The two share nothing
   * afterwards but what they shared from the start: constants.
   * @throws InvariantError - the graphs were not built in the same way, or state is where it cannot be copied: in a
   *   closure made since, or in an object of the language that keeps it to itself.
   */
  copyTo(other: Wiring): void {
    new Copy(this, other).run();
  }
}

/** One copying of state from a graph to another. */
class Copy {
  private readonly from: Wiring;
  private readonly to: Wiring;
  /** Counterparts of what has come into being since the graph was built. */
  private readonly made = new Map<object, object>();
  private readonly left: object[] = [];
  private readonly memory = new Map<ArrayBuffer, ArrayBuffer>();

  constructor(from: Wiring, to: Wiring) {
    this.from = from;
    this.to = to;
  }

  run(): void {
    const { from, to, left, made } = this;
    invariant(from.parts.length === to.parts.length, () => `${from.parts.length} parts and ${to.parts.length}`);
    for (let place = 0; place < from.parts.length; place++) {
      const part = from.parts[place];
      const counterpart = to.parts[place];
      if (part === counterpart) continue;
      const isAlike = Object.getPrototypeOf(part) === Object.getPrototypeOf(counterpart);
      invariant(isAlike, () => `${nameOf(part)} here, ${nameOf(counterpart)} there: not built in the same way`);
      this.fill(part, counterpart);
    }
    for (let part = left.pop(); part !== undefined; part = left.pop()) this.fill(part, made.get(part) as object);
    to.memory = this.memory;
  }

  private fill(part: object, counterpart: object): void {
    switch (kindOf(part)) {
      case kinds.FIELDS:
        this.fillFields(part as Fields, counterpart as Fields);
        return;
      case kinds.ARRAY:
        this.fillArray(part as unknown[], counterpart as unknown[]);
        return;
      case kinds.MAP: {
        const map = counterpart as Map<unknown, unknown>;
        map.clear();
        for (const [key, value] of part as Map<unknown, unknown>) map.set(this.of(key, part), this.of(value, part));
        return;
      }
      case kinds.SET: {
        const set = counterpart as Set<unknown>;
        set.clear();
        for (const value of part as Set<unknown>) set.add(this.of(value, part));
        return;
      }
      case kinds.BUFFER:
        new Uint8Array(counterpart as ArrayBuffer).set(new Uint8Array(part as ArrayBuffer));
    }
  }

  private fillFields(part: Fields, counterpart: Fields): void {
    const names = Object.keys(part);
    for (const name of names) counterpart[name] = this.of(part[name], part);
    if (Object.keys(counterpart).length === names.length) return;
    for (const name of Object.keys(counterpart)) if (!Object.hasOwn(part, name)) delete counterpart[name];
  }

  /** Grows by pushing: an array that was given its length at once would be slower to use. */
  private fillArray(part: readonly unknown[], counterpart: unknown[]): void {
    counterpart.length = 0;
    for (const value of part) counterpart.push(isPart(value) ? this.of(value, part) : value);
  }

  /** The counterpart of a value. */
  private of(value: unknown, owner: object): unknown {
    if (!isPart(value)) return value;
    const place = this.from.places.get(value);
    if (place !== undefined) return this.to.parts[place];
    return this.made.get(value) ?? this.make(value, owner);
  }

  private make(part: object, owner: object): object {
    const kind = kindOf(part);
    invariant(
      kind !== kinds.FUNCTION,
      () => `${nameOf(part)} came into being in a run, in ${nameOf(owner)}: it cannot be copied`,
    );
    const counterpart = this.empty(part, kind);
    this.made.set(part, counterpart);
    if (kind !== kinds.VIEW && kind !== kinds.BUFFER) this.left.push(part);
    return counterpart;
  }

  private bufferOf(part: ArrayBuffer): ArrayBuffer {
    const known = this.to.memory.get(part);
    const buffer = known ?? new ArrayBuffer(part.byteLength);
    new Uint8Array(buffer).set(new Uint8Array(part));
    this.memory.set(part, buffer);
    return buffer;
  }

  private empty(part: object, kind: number): object {
    switch (kind) {
      case kinds.ARRAY:
        return [];
      case kinds.MAP:
        return new Map();
      case kinds.SET:
        return new Set();
      case kinds.BUFFER:
        return this.bufferOf(part as ArrayBuffer);
      case kinds.VIEW: {
        const { buffer, byteOffset, length } = part as View;
        const Column = part.constructor as Float64ArrayConstructor;
        return new Column(this.of(buffer, part) as ArrayBuffer, byteOffset, length);
      }
      default: {
        const prototype: object = Object.getPrototypeOf(part);
        return prototype === Object.prototype ? { ...part } : Object.create(prototype);
      }
    }
  }
}
