import type { Tree } from '../protocol.ts';

/** Everything that a link shares. */
export interface State {
  /** The scenario of the first strategy, as it was written. */
  readonly scenario: Tree;
  /** The second strategy on the same arrivals; null: only one is shown. */
  readonly compare: string | null;
}

/** What is shown first. */
export const initialState: State = {
  scenario: {
    name: 'explorer',
    nodes: 8,
    load: { requestsPerSecond: 400 },
    replication: { strategy: 'delta' },
    balancer: { type: 'sticky-route' },
    run: { warmUpS: 2, durationS: 58, seed: 1 },
  },
  compare: 'none',
};

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a dotted path; undefined where nothing was written. */
export function valueAt(tree: Tree, path: string): unknown {
  let value: unknown = tree;
  for (const key of path.split('.')) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The tree with another value at a path; undefined takes the key out. */
export function withValue(tree: Tree, path: string, value: unknown): Tree {
  const [key, ...rest] = path.split('.');
  const inner = rest.length === 0 ? value : withValue(isTree(tree[key]) ? tree[key] : {}, rest.join('.'), value);
  const { [key]: _before, ...others } = tree;
  return inner === undefined ? others : { ...tree, [key]: inner };
}

/** The scenario of the second strategy: the same arrivals, options of its own at their defaults. */
export function comparedScenario({ scenario, compare }: State): Tree | null {
  return compare === null ? null : { ...scenario, replication: { strategy: compare } };
}

type Fault = Tree & { atS: number };

/** The faults that were written, and those only that have a moment. */
export function faultsOf(scenario: Tree): Fault[] {
  const faults = scenario.faults;
  return Array.isArray(faults) ? faults.filter((one): one is Fault => isTree(one) && typeof one.atS === 'number') : [];
}

/** The scenario with other faults, in their order of time. */
export function withFaults(scenario: Tree, faults: readonly Fault[]): Tree {
  const sorted = [...faults].sort((a, b) => a.atS - b.atS);
  return withValue(scenario, 'faults', sorted.length === 0 ? undefined : sorted);
}

function names(fault: Tree): string[] {
  return Object.values(fault)
    .flatMap((value) => (Array.isArray(value) ? value.flat() : [value]))
    .filter((one) => typeof one === 'string');
}

/** The scenario with another number of nodes; what was said of single nodes holds for its own size only. */
export function resized(scenario: Tree, nodes: number): Tree {
  const kept = faultsOf(scenario).filter((fault) =>
    names(fault).every((name) => !name.startsWith('node-') || Number(name.slice(5)) <= nodes),
  );
  let result = withFaults({ ...scenario, nodes }, kept);
  for (const key of ['weights', 'serverNames', 'servers']) {
    if (valueAt(result, `balancer.${key}`) !== undefined) result = withValue(result, `balancer.${key}`, undefined);
  }
  return result;
}

/** A state as the fragment of a link: base64 (RFC 4648, for URLs) of its JSON. */
export function toFragment(state: State): string {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return `#s=${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

/** The state of a fragment; null where there is none. @throws Error - one that is cut or otherwise broken. */
export function fromFragment(fragment: string): State | null {
  const text = /^#s=([\w-]+)$/.exec(fragment)?.[1];
  if (text === undefined) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const state: unknown = JSON.parse(
    new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (one) => one.charCodeAt(0))),
  );
  if (!isTree(state) || !isTree(state.scenario)) throw new Error('no scenario in it');
  return { scenario: state.scenario, compare: typeof state.compare === 'string' ? state.compare : null };
}
