import { type JsonSchema, members } from '../../models/scenario/explain.ts';
import { scenarioJsonSchema } from '../../models/scenario/parse-scenario.ts';

let schema: JsonSchema | undefined;

/** The JSON Schema of a scenario, built once. */
export function rootSchema(): JsonSchema {
  schema ??= scenarioJsonSchema();
  return schema;
}

/** Names of the replication strategies, as the schema knows them. */
export function strategyNames(): string[] {
  return members(rootSchema().properties!.replication).map((member) => String(member.properties!.strategy.const));
}

/** Names of the balancers, as the schema knows them. */
export function balancerNames(): string[] {
  return (rootSchema().properties!.balancer.properties!.type.enum ?? []).map(String);
}

/** Options of one strategy, or of all. */
export function strategyOptions(strategy?: string): string[] {
  return members(rootSchema().properties!.replication)
    .filter(({ properties }) => strategy === undefined || properties!.strategy.const === strategy)
    .flatMap(({ properties }) => Object.keys(properties!).filter((key) => key !== 'strategy'));
}
