import { sendMode } from '../outgoing.ts';
import type { StrategyName } from '../scenario/schema.ts';
import type { OptionalColumn } from '../sessions.ts';
import { AllToAll } from './all-to-all.ts';
import { Backup } from './backup.ts';
import { BackupDispatched } from './backup-dispatched.ts';
import { Delta } from './delta.ts';
import { MemcachedNonsticky } from './memcached-nonsticky.ts';
import { MemcachedSticky } from './memcached-sticky.ts';
import { None } from './none.ts';
import { RedisManager } from './redis-manager.ts';
import { Redisson } from './redisson.ts';
import { SpringSession } from './spring-session.ts';
import type { Strategy, StrategyHost } from './strategy.ts';
import { Terracotta } from './terracotta.ts';

/** The replication strategies by name: a new one is one file, its options in the schema, and one line here. */
export const strategyTypes: Readonly<Record<StrategyName, (host: StrategyHost) => Strategy>> = {
  none: (host) => new None(host),
  'all-to-all': (host) => new AllToAll(host),
  delta: (host) => new Delta(host),
  backup: (host) => (isAwaited(host) ? new Backup(host) : new BackupDispatched(host)),
  'memcached-sticky': (host) => new MemcachedSticky(host),
  'memcached-nonsticky': (host) => new MemcachedNonsticky(host),
  redisson: (host) => new Redisson(host),
  'redis-manager': (host) => new RedisManager(host),
  'spring-session': (host) => new SpringSession(host),
  terracotta: (host) => new Terracotta(host),
};

/** Columns of the session table that a strategy uses for every session; any it may use without standing here. */
export const columnsOf: Readonly<Record<StrategyName, readonly OptionalColumn[]>> = {
  none: [],
  'all-to-all': ['head'],
  delta: ['head'],
  backup: ['second', 'secondVersion', 'pins'],
  'memcached-sticky': ['second', 'pins'],
  'memcached-nonsticky': ['second', 'pins'],
  redisson: ['pins'],
  'redis-manager': ['pins'],
  'spring-session': ['pins'],
  terracotta: ['pins'],
};

/** Whether threads of requests wait for the messages of the replicated map. */
function isAwaited({ scenario: { replication } }: StrategyHost): boolean {
  if (replication.strategy !== 'backup') return false;
  const { isAsynchronous, isAcknowledged } = sendMode(replication.mapSendOptions);
  return isAcknowledged && !isAsynchronous;
}
