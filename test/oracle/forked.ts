import fc from 'fast-check';
import { randomScenario } from './random-scenario.ts';

type Section = Record<string, unknown>;

function pick<T>(...values: T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** What the planes of deliveries do not care about, and a fork does: every balancer, store and kind of client. */
const more = fc.record({
  balancer: fc.record({
    type: pick(
      ...['random-two', 'by-requests', 'by-traffic', 'by-busyness', 'jk-request', 'jk-busyness', 'jk-session'],
      ...['jk-traffic', 'sticky-route', 'least-conn', 'consistent-hash', 'round-robin'],
    ),
    workerProcesses: pick(1, 3),
    zone: fc.boolean(),
    keepalive: pick(0, 2, 16),
    maxConns: pick(0, 3),
  }),
  load: fc.record({
    clients: fc.constant({
      networks: [
        { share: 2, kind: 'internet' },
        { share: 1, kind: 'nat', count: 2 },
        { share: 1, kind: 'mobile' },
      ],
    }),
    profile: pick(
      [],
      [
        { atS: 0, factor: 0.5 },
        { atS: 2, factor: 2 },
      ],
    ),
  }),
  stores: fc.record({
    memcached: fc.constant({ servers: 3, memoryMB: 1 }),
    redis: fc.record({
      shards: pick(1, 3),
      replicas: pick(0, 2),
      failover: pick('none', 'sentinel', 'cluster'),
      downAfterMs: pick(100, 1000),
      nodeTimeoutMs: pick(100, 1000),
      replicationLagMs: pick(0, 50),
      persistence: pick('off', 'everysec'),
    }),
    terracotta: fc.record({
      stripes: pick(1, 2),
      mirrors: pick(0, 1),
      electionS: pick(0.1, 1),
      clientReconnectWindowS: pick(0.2, 2),
      restartable: fc.boolean(),
    }),
  }),
  strategy: pick(
    ...['none', 'all-to-all', 'delta', 'backup', 'memcached-sticky', 'memcached-nonsticky', 'redisson'],
    ...['redis-manager', 'spring-session', 'terracotta'],
  ),
  isOwn: pick(true, true, false),
  timelineS: pick(0, 0.25),
});

/** Rough scenarios of the planes, and all that a run can have besides. */
export const forkedScenario = fc
  .tuple(randomScenario, more)
  .map(([input, { strategy, isOwn, timelineS, ...other }]) => {
    const scenario = input as Record<string, Section>;
    const merged: Record<string, unknown> = { ...scenario, run: { ...scenario.run, timelineS } };
    for (const [name, section] of Object.entries(other)) merged[name] = { ...scenario[name], ...section };
    return isOwn ? { ...merged, replication: { strategy } } : merged;
  });
