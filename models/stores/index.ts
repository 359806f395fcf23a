import { eventKind } from '../events.ts';
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
}

/** Makes the stores of a scenario. */
export function makeStores(host: StoreHost, scenario: Scenario): Stores {
  const memcached = new MemcachedServers(host, scenario);
  const redis = new RedisServers(host, scenario);
  const terracotta = new TerracottaServers(host, scenario);
  const product = productOf(scenario.replication.strategy);
  const used = product === 'redis' ? redis : product === 'terracotta' ? terracotta : memcached;
  const { sim } = host;
  const groups = product === 'terracotta' ? terracotta : redis;
  sim.on(eventKind.STORE, 'store operation', (id, ticket) => used.arrive(id, ticket));
  sim.on(eventKind.STORE_DONE, 'store operation done', (id, ticket) => used.over(id, ticket));
  sim.on(eventKind.STORE_FAILOVER, 'store failover', (group, attempt) => groups.failOver(group, attempt));
  sim.on(eventKind.STORE_WAKE, 'store goes on', (group) => terracotta.wake(group));
  return { memcached, redis, terracotta, used, hasUse: product !== null };
}
