import { z } from 'zod';
import { productOf } from '../stores/product.ts';
import { allowedAt, type JsonSchema, show, unknownKey } from './explain.ts';
import { faultSchema } from './fault-schema.ts';
import { nearest } from './nearest.ts';
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

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** Issues of a union are reported for the one member that accepts the kind of value; else for the union as a whole. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const fitting = issue.errors.filter((errors) =>
    errors.every((error) => error.path.length > 0 || error.code !== 'invalid_type'),
  );
  if (fitting.length !== 1 || issue.errors.length === 1) return [{ ...issue, errors: [] }];
  return fitting[0].flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

const faultKeys = faultSchema.options.map((option) => Object.keys(option.shape));
const faultKinds = faultKeys.flatMap((keys) => keys.filter((key) => key !== 'atS' && key !== 'forS'));

/** A fault is told by its one kind; with that known, only that kind's issues are of interest. */
function faultProblems(fault: object, path: string, issue: z.core.$ZodIssue): ScenarioProblem[] {
  const given = Object.keys(fault).filter((key) => key !== 'atS' && key !== 'forS');
  const kinds = given.filter((key) => faultKinds.includes(key));
  if (kinds.length > 1) return [{ path, message: `${kinds.join(' and ')}: one kind per fault; write two faults` }];
  if (kinds.length === 0) {
    const meant = given.length === 1 ? nearest(given[0], faultKinds) : undefined;
    const advice = meant ? `did you mean ${meant}?` : `one of ${faultKinds.join(', ')} is needed`;
    return [{ path: [path, ...given.slice(0, 1)].join('.'), message: `${given[0] ? 'unknown key; ' : ''}${advice}` }];
  }
  const member = faultKeys.findIndex((keys) => keys.includes(kinds[0]));
  const issues = issue.code === 'invalid_union' ? (issue.errors[member] ?? []) : [issue];
  const schema = z.toJSONSchema(faultSchema.options[member], { io: 'input' }) as JsonSchema;
  return issues.flatMap((one) => problemsOf(fault, one, schema, path));
}

/** @param under - path of `input` in the scenario. */
function problemsOf(input: unknown, issue: z.core.$ZodIssue, schema: JsonSchema, under = ''): ScenarioProblem[] {
  const path = [...(under === '' ? [] : [under]), ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: unknownKey(schema, issue.path, key),
    }));
  }
  const value = valueAt(input, issue.path);
  const isFault = under === '' && issue.path[0] === 'faults' && issue.path.length === 2;
  if (isFault && typeof value === 'object' && value !== null) return faultProblems(value, path, issue);
  return [{ path, message: `${value === undefined ? 'missing' : show(value)}: ${allowedAt(schema, issue, value)}` }];
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
  const { distribution, cv } = scenario.service;
  check(
    distribution !== 'hyperexponential' || cv >= 1,
    'service.cv',
    `${cv}: a hyperexponential law varies more than an exponential one; at least 1, or distribution: lognormal`,
  );
  const { weights, serverNames, servers } = scenario.balancer;
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
    servers.length === 0 || servers.length === nodes,
    'balancer.servers',
    `${servers.length} entries for ${nodes} nodes`,
  );
  check(
    servers.length === 0 || servers.some(({ down, backup, status = '' }) => !down && !backup && !/[DSH]/.test(status)),
    'balancer.servers',
    'at least one server must be neither down nor a reserve',
  );
  check(
    scenario.load.clients.networks.some((network) => network.share > 0),
    'load.clients.networks',
    'at least one network needs a share above 0',
  );
  const { profile, profilePeriodS } = scenario.load;
  profile.forEach(({ atS }, index) => {
    const isInOrder = atS < profilePeriodS && (index === 0 || atS > profile[index - 1].atS);
    check(isInOrder, `load.profile.${index}.atS`, `${atS}: ascending, and below profilePeriodS (${profilePeriodS})`);
  });
  check(
    profile.length === 0 || profile.some(({ factor }) => factor > 0),
    'load.profile',
    'at least one factor above 0 is needed',
  );
  scenario.faults.forEach((fault, index) => {
    for (const name of faultTargets(fault)) {
      const number = Number(name.replace(/^(node-|n)/, ''));
      const limit = name.startsWith('node-') ? nodes : storeServers(scenario);
      const kind = name.startsWith('node-') ? 'nodes' : 'store servers';
      check(number <= limit, `faults.${index}`, `${name}: there are ${limit} ${kind}`);
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

/** Servers of the store that a scenario uses; a strategy without a store has those of memcached, for nobody. */
export function storeServers({ stores, replication }: Scenario): number {
  const { memcached, redis, terracotta } = stores;
  const product = productOf(replication.strategy);
  if (product === 'redis') return redis.shards * (1 + redis.replicas);
  return product === 'terracotta' ? terracotta.stripes * (1 + terracotta.mirrors) : memcached.servers;
}

function faultTargets(fault: Scenario['faults'][number]): string[] {
  const names: string[] = [];
  for (const [key, value] of Object.entries(fault)) {
    if (key === 'partition') names.push(...(value as string[][]).flat());
    else if (Array.isArray(value)) names.push(...(value as string[]));
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
    const schema = scenarioJsonSchema();
    const issues = parsed.error.issues.flatMap((issue) => (issue.path[0] === 'faults' ? [issue] : flatten(issue)));
    const problems = issues.flatMap((issue) => problemsOf(input, issue, schema));
    const same = (a: ScenarioProblem, b: ScenarioProblem): boolean => a.path === b.path && a.message === b.message;
    throw new ScenarioError(problems.filter((one, at) => problems.findIndex((other) => same(one, other)) === at));
  }
  const problems = crossChecks(parsed.data);
  if (problems.length > 0) throw new ScenarioError(problems);
  return parsed.data;
}

/** The JSON Schema (draft-07) of a scenario, for editors. */
export function scenarioJsonSchema(): JsonSchema {
  return z.toJSONSchema(scenarioSchema, { target: 'draft-7', io: 'input' }) as JsonSchema;
}
