// Items that memcached throws out or refuses are counted in the window, and only there.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from '../../../models/cluster.ts';
import type { Throughput } from '../../../models/results.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';
import type { ScenarioInput } from '../../../models/scenario/schema.ts';

function throughputOf(more: ScenarioInput, warmUpS = 2, durationS = 6): Throughput {
  const run = { warmUpS, durationS };
  return simulate(parseScenario({ nodes: 2, load: { requestsPerSecond: 200 }, ...more, run }), 1).throughput;
}

const memcached = (options: object): ScenarioInput => ({
  replication: { strategy: 'memcached-sticky' },
  stores: { memcached: options },
});

test('a memcached that is full throws out items; one that is large enough none; other strategies have no such count', () => {
  const full = memcached({ memoryMB: 1 });
  const whole = throughputOf(full).store_evictions!;
  assert.ok(whole > 20, `${whole}`);
  const [first, second] = [throughputOf(full, 2, 3), throughputOf(full, 5, 3)].map((part) => part.store_evictions!);
  assert.is(first + second, whole, 'of two halves of a window, what the whole has');
  assert.is(throughputOf(memcached({ memoryMB: 640 })).store_evictions, 0);
  assert.is(throughputOf({ replication: { strategy: 'delta' } }).store_evictions, null);
  assert.is(throughputOf({ replication: { strategy: 'redisson' } }).store_refused_items, null);
});

test('items larger than -I are refused, not thrown out', () => {
  const { store_evictions, store_refused_items } = throughputOf(memcached({ itemSizeMaxBytes: 1024 }));
  assert.is(store_evictions, 0);
  assert.ok(store_refused_items! > 100, `${store_refused_items}`);
});

test.run();
