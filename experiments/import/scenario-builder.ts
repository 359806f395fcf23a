import { InputError, oneLine, quoted } from '../lib/input-error.ts';
import { type Place, refuse } from './source.ts';
import { isPlaceholder, isTrue, wholeNumber } from './units.ts';
import { attributeOf, type XmlElement } from './xml.ts';

/** One value of the scenario with the line it comes from. */
export interface Fact extends Place {
  /** Dotted path in the scenario. */
  readonly path: string;
  readonly value: unknown;
  /** Where the value stands in the words of the file: `Membership frequency="500"`. */
  readonly attribute: string;
}

/** Something that was read and has no counterpart in the simulator. */
export interface Note extends Place {
  readonly what: string;
}

/** Anything of a file that can be marked as used. */
export type Source = Place & object;

interface NumberFrom {
  readonly path: string;
  readonly names: readonly string[];
  /** Factor from the unit of the file to that of the scenario. */
  readonly scale?: number;
}

function place({ file, line }: Place): Place {
  return { file, line };
}

/** Puts a scenario together, key by key, and remembers where each value came from and what was left. */
export class ScenarioBuilder {
  readonly scenario: Record<string, unknown> = {};
  readonly used: Fact[] = [];
  readonly notes: Note[] = [];
  readonly #marked = new Set<object>();

  /** Sets a value; the first file that says it wins, as node-1 does. */
  set(path: string, value: unknown, source: Source, attribute: string): void {
    this.mark(source);
    const keys = path.split('.');
    let section = this.scenario;
    for (const key of keys.slice(0, -1)) {
      section[key] ??= {};
      section = section[key] as Record<string, unknown>;
    }
    const last = keys[keys.length - 1];
    if (Object.hasOwn(section, last)) return;
    section[last] = value;
    this.used.push({ path, value, ...place(source), attribute: oneLine(attribute, 120) });
  }

  /** Sets a list whose entries have been put together elsewhere, with their facts. */
  setEntries(path: string, entries: readonly object[], facts: readonly Fact[]): void {
    const [first] = facts;
    this.set(path, entries, { ...first }, first.attribute);
    this.used.splice(this.used.length - 1, 1, ...facts);
  }

  /** Takes a key out again. @returns the facts that had set it and what lies below it. */
  forget(path: string): Fact[] {
    const keys = path.split('.');
    const section = keys
      .slice(0, -1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], this.scenario);
    delete (section as Record<string, unknown>)[keys[keys.length - 1]];
    const isBelow = (fact: Fact): boolean => fact.path === path || fact.path.startsWith(`${path}.`);
    const gone = this.used.filter(isBelow);
    const kept = this.used.filter((fact) => !isBelow(fact));
    this.used.splice(0, this.used.length, ...kept);
    return gone;
  }

  /** Takes a key out again; what it said becomes a note. */
  remove(path: string, reason: string): void {
    for (const fact of this.forget(path)) this.note(fact, `${fact.attribute}: ${reason}`);
  }

  note(source: Place, what: string): void {
    this.mark(source);
    this.notes.push({ ...place(source), what: oneLine(what, 200) });
  }

  mark(source: object | undefined): void {
    if (source) this.#marked.add(source);
  }

  isMarked(source: object): boolean {
    return this.#marked.has(source);
  }

  /** Sets a number from the first of several attributes that is there. */
  number(element: XmlElement | undefined, { path, names, scale = 1 }: NumberFrom): number | undefined {
    const attribute = attributeOf(element, ...names);
    if (!element || !attribute) return undefined;
    const text = `${element.name} ${attribute.name}="${attribute.value}"`;
    if (isPlaceholder(attribute.value)) {
      this.note(attribute, `${text}: set from outside the file; the default stands in`);
      return undefined;
    }
    const value = wholeNumber(attribute.value, attribute, `${element.name} ${attribute.name}`) * scale;
    this.set(path, value, attribute, text);
    return value;
  }

  /** Sets a switch from an attribute. */
  flag(element: XmlElement | undefined, path: string, name: string): void {
    const attribute = attributeOf(element, name);
    if (!element || !attribute) return;
    const text = `${element.name} ${name}="${attribute.value}"`;
    if (isPlaceholder(attribute.value))
      this.note(attribute, `${text}: set from outside the file; the default stands in`);
    else this.set(path, isTrue(attribute.value), attribute, text);
  }

  /** The refusal of a value that the scenario does not allow, at the line it came from. */
  refusal(path: string, message: string): Error {
    const fact =
      this.used.find((one) => one.path === path) ??
      this.used.find((one) => path.startsWith(`${one.path}.`) || one.path.startsWith(`${path}.`));
    if (!fact) return new InputError(`scenario ${path}: ${message}`);
    return refuse(fact, `${quoted(fact.attribute)}: ${path} ${message}`);
  }
}
