import { z } from 'zod';
import { flag, real, whole, word } from './fields.ts';

const assumed = 'assumed';
const redisSource = (where: string): string => `Redis unstable 4f8cdc2, ${where}`;
const health = (where: string): string => `Terracotta documentation 3.7, HealthChecker ${where}`;

const memcached = z.strictObject({
  servers: whole(2, { text: 'memcached servers n1..nK', min: 1, max: 1024, source: assumed }),
  threads: whole(4, { text: 'worker threads of one memcached', min: 1, max: 256, source: 'memcached 1.6 -t' }),
  memoryMB: real(64, {
    text: 'memory of one memcached for items',
    unit: 'MB',
    min: 1,
    max: 1e7,
    source: 'memcached 1.6 -m',
  }),
  itemSizeMaxBytes: whole(1048576, {
    text: 'largest item; a larger session cannot be stored',
    unit: 'bytes',
    min: 1024,
    source: 'memcached 1.6 -I',
  }),
});

const redis = z.strictObject({
  shards: whole(1, { text: 'masters, each with a share of the sessions: n1..nS', min: 1, max: 512, source: assumed }),
  replicas: whole(1, { text: 'replicas of each master: nS+1 and up', max: 5, source: assumed }),
  failover: word(['none', 'sentinel', 'cluster'], 'sentinel', {
    text: 'who makes a replica master',
    source: assumed,
  }),
  sentinels: whole(3, { text: 'Sentinel processes', min: 1, max: 101, source: 'Redis Sentinel documentation' }),
  quorum: whole(2, { text: 'Sentinels that must agree', min: 1, max: 101, source: 'Redis Sentinel documentation' }),
  downAfterMs: real(30000, {
    text: 'silence after which a Sentinel takes a master for dead',
    unit: 'ms',
    min: 1,
    max: 1e7,
    source: redisSource('sentinel.c down-after-milliseconds'),
  }),
  nodeTimeoutMs: real(15000, {
    text: 'silence after which a node of a Cluster takes another for dead; a master in a minority then refuses writes',
    unit: 'ms',
    min: 1,
    max: 1e7,
    source: redisSource('cluster-node-timeout'),
  }),
  replicationLagMs: real(1, {
    text: 'how far replicas are behind their master',
    unit: 'ms',
    max: 1e6,
    source: assumed,
  }),
  minReplicasToWrite: whole(0, {
    text: 'a master with fewer replicas refuses writes; 0 = off',
    max: 100,
    source: redisSource('config.c min-replicas-to-write'),
  }),
  minReplicasMaxLagS: real(10, {
    text: 'silence after which a replica does not count for that',
    unit: 's',
    max: 1e6,
    source: redisSource('config.c min-replicas-max-lag'),
  }),
  persistence: word(['off', 'everysec'], 'off', {
    text: 'append-only file: off, or written to the disk every second',
    source: redisSource('config.c appendonly, appendfsync'),
  }),
});

const healthCheck = z.strictObject({
  pingIdleTimeMs: real(5000, {
    text: 'silence before the first ping',
    unit: 'ms',
    max: 1e6,
    source: health('ping.idletime'),
  }),
  pingIntervalMs: real(1000, { text: 'between pings', unit: 'ms', min: 1, max: 1e6, source: health('ping.interval') }),
  pingProbes: whole(3, { text: 'pings without an answer', min: 1, max: 1000, source: health('ping.probes') }),
  socketConnectTimeout: whole(5, {
    text: 'wait for a connect, in ping intervals',
    min: 1,
    max: 1000,
    source: health('socketConnectTimeout'),
  }),
  socketConnectCount: whole(10, {
    text: 'connects that may succeed while pings fail: how long a frozen process is tolerated',
    min: 1,
    max: 1000,
    source: health('socketConnectCount'),
  }),
});

const terracotta = z.strictObject({
  stripes: whole(1, { text: 'stripes, each with a share of the sessions: n1..nS', min: 1, max: 64, source: assumed }),
  mirrors: whole(1, { text: 'mirrors of each active: nS+1 and up', max: 5, source: assumed }),
  electionS: real(5, {
    text: 'time of an election',
    unit: 's',
    max: 1e5,
    source: 'Terracotta documentation 3.7, ha election-time',
  }),
  clientReconnectWindowS: real(120, {
    text: 'how long a new active waits for all clients that it knows; nothing is processed meanwhile',
    unit: 's',
    max: 1e5,
    source: 'Terracotta documentation 3.7, client-reconnect-window',
  }),
  l1ReconnectS: real(5, {
    text: 'how long a client that has gone keeps its locks',
    unit: 's',
    max: 1e5,
    source: 'Terracotta documentation 3.7, l2.l1reconnect.timeout.millis',
  }),
  healthCheck: healthCheck.prefault({}),
  nonstopTimeoutS: real(0, {
    text: 'wait for the array before the request fails; 0 = for ever',
    unit: 's',
    max: 1e5,
    source: 'Terracotta documentation 4.1: nonstop is off by default',
  }),
  restartable: flag(false, { text: 'a server keeps its data over a restart', source: 'Terracotta documentation 4.1' }),
});

/** The servers that keep sessions outside the Tomcats. */
export const storesFields = z.strictObject({
  memcached: memcached.prefault({}),
  redis: redis.prefault({}),
  terracotta: terracotta.prefault({}),
});
