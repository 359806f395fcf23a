/** Which product a strategy keeps its sessions in; null: none. */
export function productOf(strategy: string): 'memcached' | 'redis' | 'terracotta' | null {
  if (strategy.startsWith('memcached')) return 'memcached';
  if (strategy === 'terracotta') return 'terracotta';
  return strategy.startsWith('redis') || strategy === 'spring-session' ? 'redis' : null;
}

/**
 * Whether all threads of a Tomcat use one connection to a server of the store, or each takes one of a pool.
 * @see source: spymemcached, one connection per server; Lettuce, shareNativeConnection; Terracotta DSO, one per stripe. Pools: Jedis, Redisson.
 */
export function sharesConnection(strategy: string): boolean {
  return productOf(strategy) !== 'redis' || strategy === 'spring-session';
}
