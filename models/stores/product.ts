/** Which product a strategy keeps its sessions in; null: none. */
export function productOf(strategy: string): 'memcached' | 'redis' | 'terracotta' | null {
  if (strategy.startsWith('memcached')) return 'memcached';
  if (strategy === 'terracotta') return 'terracotta';
  return strategy.startsWith('redis') || strategy === 'spring-session' ? 'redis' : null;
}
