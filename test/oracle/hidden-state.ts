import { Session } from 'node:inspector';
import { Wiring } from '../../sim/state-copy.ts';

interface Remote {
  readonly objectId?: string;
  readonly value?: unknown;
  readonly unserializableValue?: string;
  readonly description?: string;
}
interface Properties {
  readonly internalProperties?: { readonly name: string; readonly value?: Remote }[];
}
type Post = <T>(method: string, parameters: object) => T;
type Hand = Record<string, unknown>;

/** Where the program and its debugger hand objects to one another. */
const HAND = '__hand';
const hand = globalThis as unknown as Hand;

/** Attaches a debugger; in one thread its answers are there when a call returns. */
function attach(): { post: Post; detach: () => void } {
  const session = new Session();
  session.connect();
  const post = <R>(method: string, parameters: object): R => {
    let answer: R | undefined;
    session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result as R;
    });
    return answer as R;
  };
  return { post, detach: () => session.disconnect() };
}

function idOf(post: Post, value: unknown): string {
  hand[HAND] = value;
  return post<{ result: Remote }>('Runtime.evaluate', { expression: HAND }).result.objectId!;
}

function received(post: Post, remote: Remote): unknown {
  if (remote.objectId === undefined) return remote.unserializableValue ?? remote.value;
  const functionDeclaration = `function () { globalThis.${HAND} = this; }`;
  post('Runtime.callFunctionOn', { objectId: remote.objectId, functionDeclaration });
  return hand[HAND];
}

/** All objects of this process that are still reachable, but for those of the question itself. */
function allObjects(post: Post): object[] {
  const { objects } = post<{ objects: Remote }>('Runtime.queryObjects', {
    prototypeObjectId: idOf(post, Object.prototype),
  });
  const found = received(post, objects) as object[];
  post('Runtime.releaseObject', { objectId: objects.objectId });
  return found.filter((part) => !('prototypeObjectId' in part || 'params' in part || 'clearImmediate' in part));
}

interface Scope {
  readonly description: string;
  readonly object: object;
}

/** The variables that a function sees around it: in the functions and blocks, or in its module. */
function variables(post: Post, closure: object, where: RegExp): Map<string, unknown> {
  const of = { objectId: idOf(post, closure), ownProperties: true };
  const { internalProperties } = post<Properties>('Runtime.getProperties', of);
  const remote = internalProperties!.find(({ name }) => name === '[[Scopes]]')!.value!;
  const found = new Map<string, unknown>();
  const scopes = Array.from(received(post, remote) as ArrayLike<Scope>);
  for (const [depth, { description, object }] of scopes.entries()) {
    if (!where.test(description)) continue;
    for (const [name, value] of Object.entries(object)) found.set(`${name} (${depth})`, value);
  }
  return found;
}

/** What the modules of some classes keep between uses: memory, not state, since every run of a process shares it. */
function keptByModules(post: Post, parts: readonly object[]): object {
  const classes = new Set(parts.map((part) => part.constructor).filter((one) => typeof one === 'function'));
  const isOurs = (one: object): boolean => !/\[native code\]/.test(String(one));
  const kept = [...classes].filter(isOurs).flatMap((one) => [...variables(post, one, /^Module/).values()]);
  return kept.filter((value) => Array.isArray(value));
}

const AROUND = /^(Closure|Block)/;

/** What differs between the variables of two closures, and of the closures among these. */
function differences(post: Post, one: object, other: object, seen: Set<object>, name: string): string[] {
  if (one === other || seen.has(one)) return [];
  seen.add(one);
  const theirs = variables(post, other, AROUND);
  return [...variables(post, one, AROUND)].flatMap(([variable, value]) => {
    const own = theirs.get(variable);
    const path = `${name} > ${variable}`;
    if (typeof value === 'function') return differences(post, value, own as object, seen, path);
    if (typeof value === 'object' && value !== null) return [];
    return Object.is(value, own) ? [] : [`${path}: ${String(value)} and ${String(own)}`];
  });
}

/** Two graphs, the second a copy of the first, and everything that hangs on them. */
export interface Copied {
  readonly from: Wiring;
  readonly to: Wiring;
  readonly everything: object;
}

/**
 * Looks where a walk over fields cannot: which objects live on closures alone, and which variables of closures differ
 * between an original and its copy. The language hides both from the program and shows them to a debugger.
 * @param make - makes the two; nothing else is made meanwhile.
 */
export function hiddenState(make: () => Copied): string[] {
  const { post, detach } = attach();
  const before = new WeakSet(allObjects(post));
  const copied = make();
  const after = allObjects(post);
  const reached = new Wiring([copied, keptByModules(post, copied.from.parts)]).places;
  const hidden = after
    .filter((part) => typeof part !== 'function' && part !== before && !before.has(part))
    .filter((part) => !reached.has(part) && part !== part.constructor?.prototype)
    .map((part) => `${part.constructor?.name} of ${Object.keys(part).join(', ').slice(0, 80)}: only closures hold it`);
  const seen = new Set<object>();
  const changed = copied.from.parts.flatMap((part, place) =>
    typeof part === 'function' ? differences(post, part, copied.to.parts[place], seen, part.name) : [],
  );
  delete hand[HAND];
  detach();
  return [...hidden, ...changed];
}
