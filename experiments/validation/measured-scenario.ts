import { Cluster } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario, ScenarioInput } from '../../models/scenario/schema.ts';
import type { ScriptedClients } from '../../models/scripted-clients.ts';
import { isTrue, type MeasuredRow, numberOr } from './check.ts';
import { measured2core, NETWORK_US } from './measured-2core.ts';

/** An attribute that a request sets. */
export interface SetAttribute {
  readonly name: string;
  readonly type: 'byte[]' | 'Integer';
  readonly bytes: number;
}

/** The attributes of the measured servlet. */
export const counter: SetAttribute = { name: 'c', type: 'Integer', bytes: 0 };
export const payload = (bytes: number): SetAttribute => ({ name: 'p', type: 'byte[]', bytes });

/** What columns do not say but the drive does. */
export interface Drive {
  /** Attributes set by a write. */
  readonly writes?: readonly SetAttribute[];
  /** Serialised attributes of a whole session [bytes]. */
  readonly sessionBytes?: number;
  readonly nodes?: number;
  /** Options of the channel where the file has no column. */
  readonly sendOptions?: number;
  readonly jvmRoute?: boolean;
  readonly faults?: ScenarioInput['faults'];
  readonly seed?: number;
  /** What the JVM takes for itself; by default it is part of the processor times. */
  readonly jvm?: Record<string, unknown>;
  readonly more?: ScenarioInput;
}

function versionOf(text: string | undefined): string {
  return (text || '10.1').split('.').slice(0, 2).join('.');
}

/** The scenario that the columns of a row describe, on the measured machine. */
export function measuredScenario(row: MeasuredRow, drive: Drive): Scenario {
  const number = (column: string, otherwise: number): number => numberOr(row, column, otherwise);
  const options = number('sendOptions', drive.sendOptions ?? 8);
  const strategy =
    row.manager === 'backup' ? { strategy: 'backup', mapSendOptions: options } : { strategy: row.manager || 'delta' };
  const input = {
    name: 'measured',
    tomcatVersion: versionOf(row.tomcat_version),
    nodes: drive.nodes ?? number('nodes', 3),
    node: { cores: 2 },
    service: { cpuMsMean: measured2core.serviceMs, distribution: 'constant' },
    calibration: measured2core.calibration,
    session: { attributes: drive.writes ?? [], bytes: drive.sessionBytes ?? 0 },
    replication: strategy,
    channel: { sendOptions: row.manager === 'backup' ? 8 : options, receiver: { maxThreads: 6 } },
    membership: {
      mcastFrequencyMs: number('frequency_ms', 500),
      memberDropTimeMs: number('dropTime_ms', 3000),
    },
    balancer: { type: 'round-robin', jvmRoute: row.jvmRoute ? isTrue(row.jvmRoute) : (drive.jvmRoute ?? false) },
    network: { latencyUs: NETWORK_US, bandwidthMbps: 10000 },
    faults: drive.faults ?? [],
    run: { seed: drive.seed ?? 1, warmUpS: 0 },
    ...drive.more,
  };
  return parseScenario(input);
}

/** A cluster whose clients follow a script. */
export function scripted(scenario: Scenario, replication: number): { cluster: Cluster; script: ScriptedClients } {
  const cluster = new Cluster(scenario, replication, undefined, true);
  const script = cluster.script!;
  script.connectorNs = measured2core.connectorNs;
  script.responseNs = measured2core.responseNs;
  return { cluster, script };
}
