import { parseScenario, ScenarioError } from '../../models/scenario/parse-scenario.ts';
import { scenarioSchema } from '../../models/scenario/schema.ts';
import type { Finding } from '../lint/finding.ts';
import { lintSituation } from '../lint/rules.ts';
import { type ClusterPaths, readClusterFiles } from './cluster-files.ts';
import { importBalancer } from './from-balancer.ts';
import { importSessionTimeout, importStrategy } from './from-manager.ts';
import { importMistakes } from './from-mistakes.ts';
import { importRedissonYaml } from './from-redisson.ts';
import { importChannel, importNodes, importVersion } from './from-server-xml.ts';
import { importSpringServer } from './from-spring.ts';
import { importWorkload } from './from-workload.ts';
import { noteTheRest } from './not-modelled.ts';
import { type Fact, type Note, ScenarioBuilder } from './scenario-builder.ts';
import { type Situation, situationOf } from './situation.ts';
import type { TomcatVersion } from './tomcat-versions.ts';

export type { Finding } from '../lint/finding.ts';
export type { ClusterPaths } from './cluster-files.ts';
export type { Fact, Note } from './scenario-builder.ts';

/** What the files of a cluster become. */
export interface ImportedCluster {
  /** A partial scenario: the keys the files decide; every other key keeps its default. */
  readonly scenario: Record<string, unknown>;
  /** Every value of the scenario with file, line and the words it came from. */
  readonly used: readonly Fact[];
  /** Everything that was read and is not simulated. */
  readonly notModelled: readonly Note[];
  /** What the lint rules say of these files. */
  readonly findings: readonly Finding[];
}

/** Keys the simulator does not have (yet) are taken out and listed: the schema is the authority. */
function dropUnknownKeys(builder: ScenarioBuilder): void {
  for (let round = 0; round < 10; round += 1) {
    const parsed = scenarioSchema.safeParse(builder.scenario);
    const unknown = (parsed.error?.issues ?? []).flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
    );
    if (unknown.length === 0) return;
    for (const path of unknown) builder.remove(path, 'not simulated');
  }
}

/** A strategy the simulator has no model of: the scenario is left without `replication`, and a finding says so. */
function dropUnknownStrategy(builder: ScenarioBuilder): Finding[] {
  const fact = builder.used.find(({ path }) => path === 'replication.strategy');
  if (!fact) return [];
  const known = scenarioSchema.safeParse({ replication: { strategy: fact.value } }).success;
  if (known) return [];
  builder.remove('replication', 'not simulated');
  const { file, line, attribute } = fact;
  return [
    {
      rule: 'strategy-not-simulated',
      severity: 'error',
      file,
      line,
      message: `${attribute}: not simulated`,
      consequence:
        'the imported scenario has no replication key; without one it would run the default, which is another strategy',
      fix: 'choose a strategy with --set replication.strategy=..., or compare by --strategies',
    },
  ];
}

function checkValues(builder: ScenarioBuilder): void {
  try {
    parseScenario(builder.scenario);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const [{ path, message }] = error.problems;
    throw builder.refusal(path, message);
  }
}

/**
 * The scenario of a situation, every value with its source.
 *
 * @throws InputError - a value that cannot be simulated, at its file and line.
 */
export function scenarioOf(situation: Situation): ImportedCluster {
  const builder = new ScenarioBuilder();
  importVersion(builder, situation);
  importNodes(builder, situation);
  importStrategy(builder, situation);
  importChannel(builder, situation);
  importBalancer(builder, situation);
  const { spring, redisson } = situation.files;
  if (spring) importSpringServer(builder, spring);
  importSessionTimeout(builder, situation);
  if (redisson) importRedissonYaml(builder, redisson, situation.strategy.kind === 'redisson');
  if (situation.files.workload) importWorkload(builder, situation.files.workload);
  const findings = lintSituation(situation);
  importMistakes(builder, situation, findings);
  const notSimulated = dropUnknownStrategy(builder);
  dropUnknownKeys(builder);
  checkValues(builder);
  noteTheRest(builder, situation);
  return {
    scenario: builder.scenario,
    used: builder.used,
    notModelled: builder.notes,
    findings: [...notSimulated, ...findings],
  };
}

/**
 * Reads the files of one cluster and translates them into a partial scenario.
 *
 * Several server.xml are several nodes of one cluster; the first is the pattern for what a cluster has only once.
 * @throws InputError - the first thing that cannot be read or simulated, in one line with file and line.
 */
export function importCluster(paths: ClusterPaths, tomcatVersion?: TomcatVersion): ImportedCluster {
  return scenarioOf(situationOf(readClusterFiles(paths), tomcatVersion));
}
