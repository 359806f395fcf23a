import { quantile } from '../validation/check.ts';
import { quotaMissingHere } from './cpu-limit.ts';
import { folderInside } from './isolation.ts';
import type { Lab } from './lab.ts';
import { isCarried, LoadedCluster, PAYLOAD_BYTES, type Step } from './loaded-cluster.ts';
import { type Bench, configsOf, type Measurement, withCluster } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** Quota of each node: 0.15 core, in the shortest slices that the kernel allows [us]. */
const QUOTA_US = 1000;
const PERIOD_US = 6667;
const CORES = 0.15;
/** Steps per node while all is carried, and how closely the limit is looked for after that. */
const FIRST_PER_NODE = 200;
const GROWTH = 1.3;
const CLOSE = 1.04;
const LEAST_PER_NODE = 20;
/** The load beyond the capacity at which `overload_completed_rps` is counted. */
const OVERLOAD = 1.1;

/** Where a search has come to: the highest step that was carried, and the lowest that was not. */
export interface Found {
  readonly carried: Step | null;
  readonly failed: Step | null;
}

/**
 * Looks for the highest load that is carried, upwards and then by halving. A step that fails is tried once more: one pause of the
 * machine decides nothing.
 * @param offer - offers a load [requests/s].
 */
export async function searchCapacity(nodes: number, offer: (perS: number) => Promise<Step>): Promise<Found> {
  let carried: Step | null = null;
  let failed: Step | null = null;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let perS = FIRST_PER_NODE * nodes;
  while (high > CLOSE * low && perS > LEAST_PER_NODE * nodes) {
    let step = await offer(perS);
    if (!isCarried(step)) step = await offer(perS);
    if (isCarried(step)) {
      carried = step;
      low = perS;
    } else {
      failed = step;
      high = perS;
    }
    if (low === 0) perS /= GROWTH;
    else perS = high < Number.POSITIVE_INFINITY ? Math.sqrt(low * high) : perS * GROWTH;
  }
  return { carried, failed };
}

const joined = (values: readonly number[], digits: number): string =>
  values.map((value) => value.toFixed(digits)).join('|');

/** What a step showed, in the columns of the shipped measurements. */
function stepColumns({ counts, cores, throttled, generatorCores, drainS }: Step): Row {
  const at = (share: number): string =>
    counts.latenciesMs.length === 0 ? '' : quantile(counts.latenciesMs, share).toFixed(3);
  return {
    p50_ms: at(0.5),
    p95_ms: at(0.95),
    p99_ms: at(0.99),
    drain_s: drainS.toFixed(1),
    cpu_per_node_cores_mean: (cores.reduce((sum, one) => sum + one, 0) / cores.length).toFixed(4),
    cpu_per_node_cores: joined(cores, 4),
    throttled_share_per_node: joined(throttled, 2),
    generator_cpu_cores: generatorCores.toFixed(4),
    errors: counts.errors,
  };
}

/** The cluster of one row, in the columns of the shipped measurements. */
function clusterColumns(lab: Lab, { manager, sendOptions, jvmRoute }: ClusterConfig, trial: number): Row {
  return {
    tomcat_version: lab.version,
    manager,
    sendOptions,
    nodes: lab.count,
    op: 'inc',
    sticky: 1,
    payload_bytes: PAYLOAD_BYTES,
    jvmRoute: jvmRoute ? 1 : 0,
    quota_cores: CORES,
    trial,
  };
}

/** A search: a row for each step, and one for what it found. */
async function measureOnce(cluster: LoadedCluster, about: Row, { lab, tables, tell }: Bench): Promise<void> {
  const offer = async (perS: number): Promise<Step> => {
    const step = await cluster.step(perS);
    const { offeredPerS, completedPerS, unanswered, counts } = step;
    const isEnough = isCarried(step);
    const columns = stepColumns(step);
    const told = `${offeredPerS.toFixed(0)} requests/s: ${completedPerS.toFixed(0)} completed, p95 ${columns.p95_ms} ms`;
    tell(isEnough ? told : `${told}, too much`);
    tables.add('load-steps', {
      ...about,
      offered_rps: offeredPerS.toFixed(1),
      completed_rps: completedPerS.toFixed(1),
      is_carried: isEnough ? 1 : 0,
      ...columns,
      compilers_cores_per_node: joined(step.compilerCores, 4),
      unanswered_at_end_per_node: unanswered.join('|'),
      generator_lag_p99_ms: quantile(counts.lagsMs, 0.99).toFixed(3),
    });
    return step;
  };
  const { carried, failed } = await searchCapacity(lab.count, offer);
  if (carried === null) {
    return tell('carries nothing: is the machine busy with something else?');
  }
  const overload = await offer(OVERLOAD * carried.offeredPerS);
  tables.add('capacity', {
    ...about,
    capacity_rps: carried.offeredPerS.toFixed(1),
    capacity_rps_per_node: (carried.offeredPerS / lab.count).toFixed(1),
    lowest_failed_rps: failed === null ? '' : failed.offeredPerS.toFixed(1),
    overload_completed_rps: overload.completedPerS.toFixed(1),
    ...stepColumns(carried),
  });
}

async function measureCluster(bench: Bench, config: ClusterConfig): Promise<void> {
  const { lab, effort, tell } = bench;
  const cluster = new LoadedCluster(lab, folderInside()!);
  try {
    tell(`${effort.warmUp} requests per node without a limit`);
    await cluster.warmUp(effort.warmUp);
    cluster.limit(QUOTA_US, PERIOD_US);
    for (let trial = 1; trial <= effort.searches; trial += 1) {
      await measureOnce(cluster, clusterColumns(lab, config, trial), bench);
    }
  } finally {
    cluster.close();
  }
}

/** How much a whole cluster carries, each node with a quota of 0.15 core. */
export const capacity: Measurement = {
  name: 'capacity',
  about: 'requests per second that a cluster carries whose nodes have 0.15 core each',
  async measure(bench) {
    const { lab, effort, tell } = bench;
    const missing = quotaMissingHere();
    if (missing !== null) return tell(`skipped: ${missing}`);
    for (const config of configsOf(effort)) {
      tell(`capacity: ${config.manager} ${config.sendOptions}`);
      await withCluster(lab, config, () => measureCluster(bench, config));
    }
  },
};
