import { z } from 'zod';
import { flag, ratio, real, whole, word } from './fields.ts';

const assumed = 'assumed';
const msm = (name: string): string => `memcached-session-manager 2.3, ${name}`;
const redisson = (name: string): string => `redisson-tomcat 6686397, ${name}`;
const jcoleman = (name: string): string => `tomcat-redis-session-manager bb72ab2, ${name}`;
const spring = (name: string): string => `Spring Session 206fb60, ${name}`;
const terracotta = (name: string): string => `Terracotta 3.x web sessions, ${name}`;

/** What both ways of memcached-session-manager have. */
const msmFields = {
  sessionBackupAsync: flag(true, { text: 'store after the response', source: msm('sessionBackupAsync') }),
  sessionBackupTimeoutMs: real(100, {
    text: 'wait for the store when not asynchronous',
    unit: 'ms',
    min: 1,
    max: 1e6,
    source: msm('sessionBackupTimeout'),
  }),
  backupThreadCount: whole(0, {
    text: 'backup threads; 0 = cores of the node',
    max: 1024,
    source: msm('backupThreadCount'),
  }),
  operationTimeoutMs: real(1000, {
    text: 'wait for a read of the store',
    unit: 'ms',
    min: 1,
    max: 1e6,
    source: msm('operationTimeout'),
  }),
  requestUriIgnorePatternRatio: ratio(0, {
    text: 'share of requests whose URI matches requestUriIgnorePattern: what they change is stored with the next request',
    source: assumed,
  }),
  transcoderFactoryClass: word(['java', 'kryo', 'javolution', 'xstream'], 'java', {
    text: 'serialiser; factors on size and processor time in models/replication/memcached-sizes.ts',
    source: msm('transcoderFactoryClass'),
  }),
};

const memcachedSticky = z.strictObject({
  strategy: z.literal('memcached-sticky'),
  ...msmFields,
  failoverNodes: z
    .array(z.string().regex(/^n\d+$/))
    .max(1024)
    .default([])
    .meta({ description: 'memcached nodes used only when no other is available' }),
  backgroundProcessorDelayS: real(0, {
    text: 'of the Context, for the refresh of sessions that are only read; 0 = not set, they are never refreshed',
    unit: 's',
    max: 1e5,
    source: 'Apache Tomcat 9.0, StandardContext.backgroundProcessorDelay -1',
  }),
});

const memcachedNonsticky = z.strictObject({
  strategy: z.literal('memcached-nonsticky'),
  ...msmFields,
  lockingMode: word(['none', 'all', 'auto', 'uriPattern'], 'none', {
    text: 'requests that lock their session',
    source: msm('lockingMode'),
  }),
  lockingUriPatternRatio: ratio(1, {
    text: 'lockingMode uriPattern only: share of requests whose URI matches',
    source: assumed,
  }),
  lockExpireS: real(5, { text: 'life of a lock in memcached', unit: 's', min: 1, max: 1e5, source: msm('lockExpire') }),
});

const redissonFields = z.strictObject({
  strategy: z.literal('redisson'),
  readMode: word(['REDIS', 'MEMORY'], 'REDIS', { text: 'where attributes are read', source: redisson('readMode') }),
  updateMode: word(['DEFAULT', 'AFTER_REQUEST'], 'DEFAULT', {
    text: 'attributes are written as they are set, or at the end of the request',
    source: redisson('updateMode'),
  }),
  broadcastSessionEvents: flag(false, {
    text: 'the end of a session is told to every node',
    source: redisson('broadcastSessionEvents'),
  }),
  broadcastSessionUpdates: flag(true, {
    text: 'readMode MEMORY only: updates are published to every node',
    source: redisson('broadcastSessionUpdates'),
  }),
  timeoutMs: real(3000, {
    text: 'wait for an answer of Redis',
    unit: 'ms',
    min: 1,
    max: 1e6,
    source: redisson('Config timeout'),
  }),
  retryAttempts: whole(3, { text: 'more tries after an error', max: 100, source: redisson('Config retryAttempts') }),
  retryIntervalMs: real(1500, {
    text: 'pause before another try',
    unit: 'ms',
    max: 1e6,
    source: redisson('Config retryInterval'),
  }),
});

const redisManager = z.strictObject({
  strategy: z.literal('redis-manager'),
  sessionPersistPolicies: word(['DEFAULT', 'SAVE_ON_CHANGE', 'ALWAYS_SAVE_AFTER_REQUEST'], 'DEFAULT', {
    text: 'when the whole session is written',
    source: jcoleman('sessionPersistPolicies'),
  }),
  timeoutMs: real(2000, {
    text: 'wait for an answer of Redis, then the request fails',
    unit: 'ms',
    min: 1,
    max: 1e6,
    source: jcoleman('timeout'),
  }),
});

const springSession = z.strictObject({
  strategy: z.literal('spring-session'),
  flushMode: word(['ON_SAVE', 'IMMEDIATE'], 'ON_SAVE', {
    text: 'written when the response is committed, or as it is set',
    source: spring('FlushMode'),
  }),
  saveMode: word(['ON_SET_ATTRIBUTE', 'ON_GET_ATTRIBUTE', 'ALWAYS'], 'ON_SET_ATTRIBUTE', {
    text: 'attributes that are written: those set, those read too, or all',
    source: spring('SaveMode'),
  }),
  earlyCommitRatio: ratio(0, {
    text: 'share of responses committed before the end of the servlet (flush, large body, redirect): saved twice',
    source: assumed,
  }),
  timeoutMs: real(60000, {
    text: 'wait for an answer of Redis, then the request fails',
    unit: 'ms',
    min: 1,
    max: 1e7,
    source: 'Lettuce 6, RedisURI.DEFAULT_TIMEOUT',
  }),
});

const terracottaFields = z.strictObject({
  strategy: z.literal('terracotta'),
  synchronousWrite: flag(false, {
    text: 'the end of a request waits until the array has its changes',
    source: terracotta('synchronous-write'),
  }),
  sessionLocking: flag(false, {
    text: 'one request of a session at a time, in the whole cluster',
    source: terracotta('session-locking'),
  }),
  valueMode: word(['serialization', 'identity'], 'serialization', {
    text: 'identity (DSO): changed fields travel, also those changed in place',
    source: terracotta('value mode'),
  }),
  lockBytes: whole(150, { text: 'message about a lock', unit: 'bytes', max: 1e6, source: assumed }),
});

/** Options of the strategies that keep sessions in a store, one member each. */
export const storeStrategies = [
  memcachedSticky,
  memcachedNonsticky,
  redissonFields,
  redisManager,
  springSession,
  terracottaFields,
] as const;
