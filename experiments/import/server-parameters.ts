import type { Fact, ScenarioBuilder, Source } from './scenario-builder.ts';
import { refuse } from './source.ts';

/** A value with the line that says it. */
export interface Said<Value> {
  readonly value: Value;
  readonly source: Source;
  readonly text: string;
}

/** Parameters of single servers of the load balancer: the entries of `balancer.servers`, each with its line. */
export class ServerParameters {
  private readonly entries: Record<string, unknown>[];
  private readonly facts: Fact[] = [];
  private readonly sources: Source[] = [];

  constructor(count: number) {
    this.entries = Array.from({ length: count }, () => ({}));
  }

  set(index: number, key: string, { value, source, text }: Said<unknown>): void {
    this.entries[index][key] = value;
    const { file, line } = source;
    this.sources.push(source);
    this.facts.push({ path: `balancer.servers.${index}.${key}`, value, file, line, attribute: text.slice(0, 120) });
  }

  /** Puts them into the scenario, if there are any. */
  into(builder: ScenarioBuilder): void {
    for (const source of this.sources) builder.mark(source);
    if (this.facts.length > 0) builder.setEntries('balancer.servers', this.entries, this.facts);
  }
}

/**
 * One parameter of all servers: what all of them have alike becomes the key of the balancer at `path`, and what differs a
 * parameter of the single server.
 *
 * @param said - one entry per server; undefined: the server has the default.
 */
export function importParameter<Value>(
  builder: ScenarioBuilder,
  servers: ServerParameters,
  { path, key, said }: { path: string; key: string; said: readonly (Said<Value> | undefined)[] },
): void {
  const [first] = said;
  if (first && said.every((one) => one?.value === first.value)) {
    builder.set(path, first.value, first.source, first.text);
    for (const one of said) builder.mark(one?.source);
    return;
  }
  said.forEach((one, index) => {
    if (one) servers.set(index, key, one);
  });
}

/** Load factors of all servers, 1 where none is written; httpd knows hundredths. */
export function importFactors(
  builder: ScenarioBuilder,
  servers: ServerParameters,
  factors: readonly ((Source & { value: string }) | undefined)[],
): void {
  for (const one of factors) builder.mark(one);
  const values = factors.map((one) => Number(one?.value ?? 1));
  const [first] = factors.flatMap((one) => one ?? []);
  if (!first || values.every((value) => value === values[0])) return;
  const wrong = factors[values.findIndex((value) => !(value >= 1 && value <= 1000))];
  if (wrong) throw refuse(wrong, 'a load factor is not a number from 1 to 1000');
  if (values.every(Number.isInteger)) builder.set('balancer.weights', values, first, 'load factors of the members');
  else {
    factors.forEach((one, index) => {
      if (one) servers.set(index, 'loadFactor', { value: values[index], source: one, text: `loadfactor ${one.value}` });
    });
  }
}

/** The route of the simulated node that a `redirect` names. */
export function importRedirect(
  builder: ScenarioBuilder,
  servers: ServerParameters,
  { index, redirect, routes }: { index: number; redirect: Source & { value: string }; routes: readonly string[] },
): void {
  const target = routes.indexOf(redirect.value);
  const text = `redirect=${redirect.value}`;
  if (target < 0) builder.note(redirect, `${text}: no member has that route`);
  else servers.set(index, 'redirect', { value: `n${target + 1}`, source: redirect, text });
}
