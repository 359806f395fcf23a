import type { StrategyName } from '../scenario/schema.ts';
import { AllToAll } from './all-to-all.ts';
import { Backup } from './backup.ts';
import { Delta } from './delta.ts';
import { MemcachedSticky } from './memcached-sticky.ts';
import { None } from './none.ts';
import type { Strategy, StrategyHost } from './strategy.ts';

/** The replication strategies by name: a new one is one file, its options in the schema, and one line here. */
export const strategyTypes: Readonly<Record<StrategyName, (host: StrategyHost) => Strategy>> = {
  none: (host) => new None(host),
  'all-to-all': (host) => new AllToAll(host),
  delta: (host) => new Delta(host),
  backup: (host) => new Backup(host),
  'memcached-sticky': (host) => new MemcachedSticky(host),
};
