import { SaxesParser } from 'saxes';
import { quoted } from '../lib/input-error.ts';
import { Budget, checkDepth, limits, type Place, refuse } from './source.ts';

/** One attribute with the line its value ends on. */
export interface XmlAttribute extends Place {
  readonly name: string;
  readonly value: string;
}

/** One element; `line` is the line of its name. Names are local names: prefixes are dropped. */
export interface XmlElement extends Place {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, XmlAttribute>;
  readonly children: readonly XmlElement[];
  /** The text between the tags, children left out. */
  readonly text: string;
  /** Line of the first text that is not blank, 0 if there is none. */
  readonly textLine: number;
}

type Draft = {
  -readonly [Key in keyof XmlElement]: XmlElement[Key] extends readonly XmlElement[]
    ? Draft[]
    : XmlElement[Key] extends ReadonlyMap<string, XmlAttribute>
      ? Map<string, XmlAttribute>
      : XmlElement[Key];
};

/** What a message of the parser means to the person who wrote the file. */
function inWords(message: string, openTag: string | undefined, parent: (Place & { name: string }) | undefined): string {
  const bare = message.replace(/^\d+:\d+: /, '').replace(/\.$/, '');
  if (openTag === undefined) {
    const open =
      parent && /close|unclosed/.test(bare) ? `; <${quoted(parent.name)}> of line ${parent.line} is not closed` : '';
    return `not well-formed XML: ${bare}${open}`;
  }
  const inside =
    /attribute name|attribute without value|no whitespace between attributes|^disallowed character$|forward-slash/;
  if (inside.test(bare)) {
    return `a comment or other text inside the <${quoted(openTag)}> tag; only name="value" may stand there, comments go between the tags`;
  }
  return `not well-formed XML in the <${quoted(openTag)}> tag: ${bare}`;
}

class TreeBuilder {
  readonly #file: string;
  readonly #parser = new SaxesParser({ xmlns: false, position: true });
  readonly #stack: Draft[] = [];
  readonly #budget = new Budget();
  #root: Draft | undefined;
  #draft: Draft | undefined;
  #lastClosed: Draft | undefined;

  constructor(file: string) {
    this.#file = file;
    const parser = this.#parser;
    parser.on('error', (error) => {
      throw refuse(this.#place(), inWords(error.message, this.#draft?.name, this.#notClosed(error.message)));
    });
    parser.on('doctype', (doctype) => {
      if (doctype.includes('[')) {
        throw refuse(
          this.#place(),
          'a DOCTYPE with declarations of its own ([...]); entities are never expanded, remove it',
        );
      }
    });
    parser.on('opentagstart', ({ name }) => this.#openStart(name));
    parser.on('attribute', ({ name, value }) => this.#attribute(name, value));
    parser.on('opentag', () => this.#open());
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
    parser.on('closetag', () => {
      this.#lastClosed = this.#stack.pop();
    });
  }

  parse(text: string): XmlElement {
    this.#parser.write(text).close();
    if (!this.#root) throw refuse({ file: this.#file, line: 1 }, 'no element; an XML document is expected');
    return this.#root as XmlElement;
  }

  /** At a close tag that does not fit, the parser has closed the innermost element before it complains. */
  #notClosed(message: string): Draft | undefined {
    return message.includes('unexpected close tag') ? this.#lastClosed : this.#stack.at(-1);
  }

  #place(): Place {
    return { file: this.#file, line: this.#parser.line };
  }

  #openStart(name: string): void {
    /** The parser has read one character beyond the name; where that was a line break it stands on the next line. */
    const { line, column } = this.#parser;
    const place = { file: this.#file, line: column === 0 ? line - 1 : line };
    checkDepth(this.#stack.length + 1, place);
    this.#budget.item(place);
    const local = name.slice(name.indexOf(':') + 1);
    this.#draft = { name: local, attributes: new Map(), children: [], text: '', textLine: 0, ...place };
  }

  #attribute(name: string, value: string): void {
    const { attributes } = this.#draft!;
    if (attributes.size >= limits.attributes) throw refuse(this.#place(), `more than ${limits.attributes} attributes`);
    attributes.set(name, { name, value, ...this.#place() });
  }

  #open(): void {
    const draft = this.#draft!;
    this.#draft = undefined;
    const parent = this.#stack.at(-1);
    if (parent) parent.children.push(draft);
    else this.#root = draft;
    this.#stack.push(draft);
  }

  #text(text: string): void {
    const element = this.#stack.at(-1);
    if (!element || text.trim() === '') return;
    if (element.textLine === 0) {
      const below = text.slice(text.search(/\S/)).split('\n').length - 1;
      element.textLine = this.#parser.line - below;
    }
    element.text += text;
  }
}

/**
 * Parses XML without ever expanding an entity of its own or opening a DTD.
 *
 * @throws InputError - not well-formed, a DOCTYPE with an internal subset, nested deeper than 64, too many elements.
 */
export function parseXml(text: string, file: string): XmlElement {
  return new TreeBuilder(file).parse(text.replace(/^\uFEFF/, ''));
}

/** The first child with this name. */
export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name);
}

/** Every child with this name. */
export function childrenNamed(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? [];
}

/** Every element below, the outer ones first, the element itself included. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const one of element.children) yield* descendants(one);
}

/** The first attribute that is there, of several spellings in different versions. */
export function attributeOf(element: XmlElement | undefined, ...names: readonly string[]): XmlAttribute | undefined {
  for (const name of names) {
    const found = element?.attributes.get(name);
    if (found) return found;
  }
  return undefined;
}

/** The last part of a class name. */
export function simpleClass(element: XmlElement | undefined): string {
  const name = element?.attributes.get('className')?.value.trim() ?? '';
  return name.slice(name.lastIndexOf('.') + 1);
}
