import type { Scenario } from '../scenario/schema.ts';
import { MemcachedServers } from './memcached.ts';
import { productOf } from './product.ts';
import { RedisServers } from './redis.ts';
import type { StoreHost, StoreServers } from './store-servers.ts';
import { TerracottaServers } from './terracotta.ts';

/** The stores by product; only the one that the strategy uses is ever asked. */
export interface Stores {
  readonly memcached: MemcachedServers;
  readonly redis: RedisServers;
  readonly terracotta: TerracottaServers;
  readonly used: StoreServers;
  /** Whether the strategy uses any. */
  readonly hasUse: boolean;
  /** A group of the store in use makes a follower its master. */
  failOver(group: number, attempt: number): void;
}

/** Makes the stores of a scenario. */
export function makeStores(host: StoreHost, scenario: Scenario): Stores {
  const memcached = new MemcachedServers(host, scenario);
  const redis = new RedisServers(host, scenario);
  const terracotta = new TerracottaServers(host, scenario);
  const product = productOf(scenario.replication.strategy);
  const used = product === 'redis' ? redis : product === 'terracotta' ? terracotta : memcached;
  return {
    memcached,
    redis,
    terracotta,
    used,
    hasUse: product !== null,
    failOver: (group, attempt) => (product === 'terracotta' ? terracotta : redis).failOver(group, attempt),
  };
}
