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
  /** Counts of `items` when the window opened. */
  private evictionsBefore = 0;
  private tooLargeBefore = 0;

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

  override measureFrom(): void {
    super.measureFrom();
    this.evictionsBefore = this.items.evictions;
    this.tooLargeBefore = this.items.tooLarge;
  }

  /** Items thrown out for want of memory since the window opened. */
  get evictions(): number {
    return this.items.evictions - this.evictionsBefore;
  }

  /** Items refused as too large since then. */
  get tooLarge(): number {
    return this.items.tooLarge - this.tooLargeBefore;
  }

  override crash(server: number, isSilent: boolean): void {
    super.crash(server, isSilent);
    this.items.clear(server);
  }
}
