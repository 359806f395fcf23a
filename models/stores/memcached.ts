import type { Scenario } from '../scenario/schema.ts';
import { ItemMemory } from './item-memory.ts';
import { sharesConnection } from './product.ts';
import { type StoreHost, StoreServers } from './store-servers.ts';

const MEGABYTE = 1024 * 1024;

/**
 * The memcached servers: worker threads and memory, no replication, empty after a restart.
 * @see source: memcached 1.6.
 */
export class MemcachedServers extends StoreServers {
  readonly items: ItemMemory;

  constructor(host: StoreHost, scenario: Scenario) {
    const { memcached } = scenario.stores;
    const { storeOperationUs, storeNsPerByte } = scenario.calibration;
    super(host, {
      servers: memcached.servers,
      threads: memcached.threads,
      operationNs: storeOperationUs * 1000,
      nsPerByte: storeNsPerByte,
      isShared: sharesConnection(scenario.replication.strategy),
    });
    this.items = new ItemMemory(memcached.servers, memcached.memoryMB * MEGABYTE, memcached.itemSizeMaxBytes);
  }

  override crash(server: number, isSilent: boolean): void {
    super.crash(server, isSilent);
    this.items.clear(server);
  }
}
