import { StateClient } from './http-client.ts';
import { nowMs, pause } from './lab.ts';
import { type Bench, type Measurement, measureCases } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

/** From one session to the next [ms]. */
const PACE_MS = 5;
/** From the last session until the other nodes are asked [ms]. */
const REST_MS = 1000;

/** Sessions created at the first node by one request each, and what the others have of them. */
async function rowOf({ lab, effort }: Bench, config: ClusterConfig, query: string): Promise<Row> {
  const [sessions] = effort.sessions;
  const cookies: string[] = [];
  const client = new StateClient();
  for (let session = 0; session < sessions; session += 1) {
    const sentMs = nowMs();
    client.cookie = '';
    await client.ask(0, query);
    cookies.push(client.cookie);
    await pause(Math.max(1, PACE_MS - (nowMs() - sentMs)));
  }
  await pause(REST_MS);
  const counts = { missing: 0, bare: 0, complete: 0 };
  for (let node = 1; node < lab.count; node += 1) {
    for (const cookie of cookies) {
      client.cookie = cookie;
      const { isNew, counter } = await client.ask(node, 'r');
      if (isNew) counts.missing += 1;
      else if (counter < 0) counts.bare += 1;
      else counts.complete += 1;
    }
  }
  client.close();
  const trials = sessions * (lab.count - 1);
  return {
    tomcat_version: lab.version,
    manager: config.manager,
    sendOptions: config.sendOptions,
    nodes: lab.count,
    pace_ms: PACE_MS.toFixed(1),
    first_request: query.replace(/^c/, 'op=inc'),
    sessions,
    trials,
    missing_session: counts.missing,
    session_without_first_attributes: counts.bare,
    complete: counts.complete,
    fraction_without_attributes: (counts.bare / trials).toFixed(4),
  };
}

/** What the other nodes have of new sessions; without jvmRoute, so that looking at a copy does not rename it. */
export const creationRaces: Measurement = {
  name: 'creation-race',
  about: 'new sessions: what the other nodes have of the first request',
  measure: (bench) =>
    measureCases(bench, {
      cases: ({ payloads }) => ['c', `c&p=${payloads[0]}`],
      mayBeRouted: false,
      isTimed: true,
      table: ({ manager, sendOptions }) => `creation-race-${manager}-${sendOptions}`,
      label: (query) => query,
      row: rowOf,
    }),
};
