import { dirname } from 'node:path';
import { nearest } from '../../models/scenario/nearest.ts';
import { parseScenario, ScenarioError } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { withProfile } from '../calibration/load-profile.ts';
import { describeFaults } from './describe-faults.ts';
import { InputError } from './input-error.ts';
import type { Point } from './run-record.ts';
import { readScenarioFile } from './scenario-file.ts';
import { placed } from './scenario-problems.ts';
import { type Assignment, setPath } from './set-path.ts';
import { strategyOptions } from './vocabulary.ts';

type Tree = Record<string, unknown>;

/** A part of a scenario from one source; later layers win. */
export interface Layer {
  readonly value: unknown;
  /** Where a path, or the nearest key above it, was written; for messages. */
  placeOf(path: string): string;
}

/** A complete scenario, what was stated in it, and how a sweep varies it. */
export interface LoadedScenario {
  readonly scenario: Scenario;
  /** True when a layer or a flag stated the path (or something below it) rather than leaving the default. */
  isStated(path: string): boolean;
  /** The scenario of one cluster of a sweep, checked. */
  variant(point: Omit<Point, 'load_rps'>): Scenario;
  /** @throws InputError - a `--set replication...` that no swept strategy knows. */
  checkAllUsed(): void;
  /** What a reader should know about the variants made so far. */
  notes(): string[];
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(under: unknown, over: unknown): unknown {
  if (!isTree(under) || !isTree(over)) return structuredClone(over);
  const result: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (key === '__proto__') Object.defineProperty(result, key, { value, enumerable: true });
    else result[key] = Object.hasOwn(under, key) ? merge(under[key], value) : structuredClone(value);
  }
  return result;
}

/** Options of one strategy mean nothing to another: stating another strategy drops them. */
function mergeLayers(layers: readonly Layer[]): Tree {
  let result: Tree = {};
  for (const { value } of layers) {
    const stated = isTree(value) && isTree(value.replication) ? value.replication.strategy : undefined;
    const before = isTree(result.replication) ? result.replication.strategy : undefined;
    if (stated !== undefined && stated !== before) result.replication = {};
    result = merge(result, value) as Tree;
  }
  return result;
}

/** Keys of a path that a value states, counted from its start. */
function depthOf(value: unknown, path: string): number {
  let at = value;
  let depth = 0;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) break;
    at = (at as Tree)[key];
    depth += 1;
  }
  return depth;
}

function has(value: unknown, path: string): boolean {
  return depthOf(value, path) === path.split('.').length;
}

/** Where a path was written: the layer that states most of it, the strongest of them. */
function placeIn(layers: readonly Layer[], path: string): string {
  const depths = layers.map(({ value }) => depthOf(value, path));
  const deepest = Math.max(0, ...depths);
  return layers[depths.lastIndexOf(deepest)]?.placeOf(path) ?? 'scenario';
}

/** @throws InputErrors - naming for each problem the place where its path was written. */
function check(input: unknown, placeOf: (path: string) => string): Scenario {
  try {
    return parseScenario(input);
  } catch (error) {
    if (error instanceof ScenarioError) throw placed(error.problems, placeOf);
    throw error;
  }
}

/** A layer that a script or a table of flags states itself. */
export function statedLayer(value: Tree, place: string): Layer {
  return { value, placeOf: () => place };
}

/** The layer of a scenario file. */
export function fileLayer(file: string): Layer {
  const text = readScenarioFile(file);
  return { value: withProfile(text.value, dirname(file)), placeOf: (path) => `${file}:${text.lineOf(path)}` };
}

function isOptionOfStrategy({ path }: Assignment): boolean {
  return path.startsWith('replication.') && path !== 'replication.strategy';
}

/**
 * Puts a scenario together out of its layers and `--set`.
 *
 * @param layers - weakest first; a file whose scenario is wrong by itself is told with its line.
 * @throws InputError - one line per problem.
 */
export function loadScenario(layers: readonly Layer[], sets: readonly Assignment[]): LoadedScenario {
  const merged = mergeLayers(layers);
  const complete = check(merged, (path) => placeIn(layers, path));
  const tree = structuredClone(complete) as unknown as Tree;
  for (const set of sets.filter((one) => !isOptionOfStrategy(one))) {
    setPath(tree, set);
    if (set.path === 'calibration') Object.assign(tree, withProfile(tree, '.'));
  }
  const setOf = (path: string): string | undefined => {
    const set = sets.findLast(
      (one) => path === one.path || path.startsWith(`${one.path}.`) || one.path.startsWith(`${path}.`),
    );
    return set && `--set ${set.path}=${set.text}`;
  };
  const placeOf = (path: string): string => setOf(path) ?? placeIn(layers, path);
  const scenario = check(tree, placeOf);
  const options = sets.filter(isOptionOfStrategy);
  const used = new Set<Assignment>();
  const notes = new Set(lateFaults(scenario, placeOf));

  const variant = ({ strategy, balancer, nodes }: Omit<Point, 'load_rps'>): Scenario => {
    const own = structuredClone(scenario) as unknown as Tree;
    if (scenario.replication.strategy !== strategy) own.replication = { strategy };
    for (const set of options) {
      if (!strategyOptions(strategy).includes(set.path.split('.')[1])) continue;
      setPath(own, set);
      used.add(set);
    }
    resize(own, scenario, nodes, notes);
    (own.balancer as Tree).type = balancer;
    return check(own, (path) => `${setOf(path) ?? placeIn(layers, path)}: ${strategy}, ${nodes} nodes`);
  };
  return {
    scenario,
    isStated: (path) => has(merged, path) || sets.some((set) => set.path === path || set.path.startsWith(`${path}.`)),
    variant,
    checkAllUsed: () => checkUsed(options, used),
    notes: () => [...notes],
  };
}

/** One line for each fault that the run does not live to see. */
function lateFaults({ faults, run }: Scenario, placeOf: (path: string) => string): string[] {
  const endS = run.warmUpS + run.durationS;
  return faults.flatMap((fault, index) =>
    fault.atS < endS
      ? []
      : [`${placeOf(`faults.${index}`)}: ${describeFaults([fault])}: never, the run ends at ${endS} s`],
  );
}

/** Gives a scenario another number of nodes; what was said of single nodes holds for its own size only. */
function resize(own: Tree, scenario: Scenario, nodes: number, notes: Set<string>): void {
  const size = typeof scenario.nodes === 'number' ? scenario.nodes : scenario.nodes.length;
  if (nodes === size) return;
  const { weights, serverNames, servers } = scenario.balancer;
  const dropped = [
    ...(typeof scenario.nodes === 'number' ? [] : ['settings of single nodes']),
    ...(weights.length > 0 ? ['weights'] : []),
    ...(serverNames.length > 0 ? ['server names'] : []),
    ...(servers.length > 0 ? ['parameters of single servers'] : []),
  ];
  own.nodes = nodes;
  own.balancer = { ...scenario.balancer, weights: [], serverNames: [], servers: [] };
  if (dropped.length > 0)
    notes.add(`${dropped.join(', ')}: used at ${size} nodes only; other sizes run with equal nodes`);
}

function checkUsed(options: readonly Assignment[], used: ReadonlySet<Assignment>): void {
  const unused = options.find((set) => !used.has(set));
  if (unused === undefined) return;
  const key = unused.path.split('.')[1];
  const known = strategyOptions();
  const meant = known.includes(key) ? undefined : nearest(key, known);
  const advice = meant
    ? `; did you mean replication.${meant}?`
    : known.includes(key)
      ? '; add its strategy to --strategies'
      : '';
  throw new InputError(`--set ${unused.path}=${unused.text}: no strategy of this run has the option ${key}${advice}`);
}
