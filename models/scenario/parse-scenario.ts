import { z } from 'zod';
import { type Scenario, scenarioSchema } from './schema.ts';

/** One thing wrong with a scenario. */
export interface ScenarioProblem {
  /** Dotted path of the key, for example `membership.mcastFrequencyMs`. */
  readonly path: string;
  readonly message: string;
}

/** A scenario that cannot be run; `problems` holds every reason found. */
export class ScenarioError extends Error {
  readonly problems: readonly ScenarioProblem[];
  constructor(problems: readonly ScenarioProblem[]) {
    super(problems.map(({ path, message }) => `${path || 'scenario'}: ${message}`).join('\n'));
    this.name = 'ScenarioError';
    this.problems = problems;
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Issues of a union are reported for the member that fits best: the one whose first key is present. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const best = [...issue.errors].sort((a, b) => score(a) - score(b))[0];
  return best.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function score(issues: readonly z.core.$ZodIssue[]): number {
  let points = 0;
  for (const issue of issues) points += issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 1;
  return points;
}

function problemOf(input: unknown, issue: z.core.$ZodIssue): ScenarioProblem {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return { path: [...issue.path.map(String), issue.keys[0]].join('.'), message: 'unknown key' };
  }
  const value = valueAt(input, issue.path);
  return { path, message: `${show(value)}: ${issue.message}` };
}

/** Combinations that no single key can rule out. */
function crossChecks(scenario: Scenario): ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const nodes = nodeCount(scenario);
  const check = (ok: boolean, path: string, message: string): void => {
    if (!ok) problems.push({ path, message });
  };
  const { mcastFrequencyMs, memberDropTimeMs } = scenario.membership;
  check(
    memberDropTimeMs > mcastFrequencyMs,
    'membership.memberDropTimeMs',
    `${memberDropTimeMs}: must exceed mcastFrequencyMs (${mcastFrequencyMs}), else every member is dropped between two heartbeats`,
  );
  const { weights, serverNames } = scenario.balancer;
  check(
    weights.length === 0 || weights.length === nodes,
    'balancer.weights',
    `${weights.length} weights for ${nodes} nodes`,
  );
  check(
    serverNames.length === 0 || serverNames.length === nodes,
    'balancer.serverNames',
    `${serverNames.length} names for ${nodes} nodes`,
  );
  check(
    scenario.load.clients.networks.some((network) => network.share > 0),
    'load.clients.networks',
    'at least one network needs a share above 0',
  );
  scenario.faults.forEach((fault, index) => {
    for (const name of faultTargets(fault)) {
      const number = Number(name.replace(/^(node-|n)/, ''));
      const limit = name.startsWith('node-') ? nodes : scenario.stores.memcached.servers;
      check(number <= limit, `faults.${index}`, `${name}: there are ${limit}`);
    }
    if ('partition' in fault) {
      const [left, right] = fault.partition;
      const shared = left.find((name) => right.includes(name));
      check(shared === undefined, `faults.${index}.partition`, `${shared} stands on both sides`);
    }
  });
  if (scenario.replication.strategy === 'memcached-sticky') {
    const servers = scenario.stores.memcached.servers;
    const unknown = scenario.replication.failoverNodes.find((name) => Number(name.slice(1)) > servers);
    check(unknown === undefined, 'replication.failoverNodes', `${unknown}: there are ${servers} memcached servers`);
    check(
      new Set(scenario.replication.failoverNodes).size < servers,
      'replication.failoverNodes',
      'leave at least one memcached server that is not a failover node',
    );
  }
  return problems;
}

function faultTargets(fault: Scenario['faults'][number]): string[] {
  const names: string[] = [];
  for (const [key, value] of Object.entries(fault)) {
    if (key === 'partition') names.push(...(value as string[][]).flat());
    else if (typeof value === 'string') names.push(value);
  }
  return names;
}

/** Number of Tomcats of a scenario. */
export function nodeCount(scenario: Scenario): number {
  return typeof scenario.nodes === 'number' ? scenario.nodes : scenario.nodes.length;
}

/**
 * Checks a scenario and fills in the defaults.
 *
 * @param input - parsed YAML or JSON.
 * @returns the complete scenario.
 * @throws ScenarioError - naming path, value and what is allowed, for every problem found.
 */
export function parseScenario(input: unknown): Scenario {
  const parsed = scenarioSchema.safeParse(input ?? {});
  if (!parsed.success) {
    throw new ScenarioError(parsed.error.issues.flatMap(flatten).map((issue) => problemOf(input, issue)));
  }
  const problems = crossChecks(parsed.data);
  if (problems.length > 0) throw new ScenarioError(problems);
  return parsed.data;
}

/** The JSON Schema (draft-07) of a scenario, for editors. */
export function scenarioJsonSchema(): unknown {
  return z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' });
}
