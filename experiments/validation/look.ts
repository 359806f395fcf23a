import type { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import type { ScriptedClients } from '../../models/scripted-clients.ts';

/** How long a question may take, and the steps in which its answer is waited for [ns]. */
const LONGEST_NS = 20e9;
const STEP_NS = 1e6;

/**
 * The version of a session that a node answers with, -1 if it does not know the session.
 *
 * The measurements asked by a request. Where every node holds a copy that tells the same as looking at it. Under BackupManager a
 * node without one gets the session from the backup, so there the request is made.
 */
export function askedAt(cluster: Cluster, script: ScriptedClients, session: number, node: number): number {
  if (cluster.scenario.replication.strategy !== 'backup') {
    cluster.catchUp(node);
    return cluster.strategy.versionAt(node, session);
  }
  let version = Number.NaN;
  script.ask(session, node, requestDoes.READ, ({ isFailed, isNew, read }) => {
    version = isFailed || isNew ? -1 : read;
  });
  const endNs = cluster.sim.nowNs + LONGEST_NS;
  while (Number.isNaN(version) && cluster.sim.nowNs < endNs) cluster.sim.runUntil(cluster.sim.nowNs + STEP_NS);
  return Number.isNaN(version) ? -1 : version;
}
