import type { Collection } from '../sim/collected-servers.ts';
import type { Compilation } from '../sim/compiling-servers.ts';
import { type DelayLaw, lagLaw } from '../sim/keyed-delay.ts';
import { keyedUint32 } from '../sim/keyed-random.ts';
import { milliseconds } from '../sim/time.ts';
import type { Scenario } from './scenario/schema.ts';

export type Jvm = Scenario['node']['jvm'];

const KB = 1024;
const MB = 1024 * KB;

function lawOf(quantiles: readonly (readonly [number, number])[], ms: number): DelayLaw {
  return lagLaw(
    quantiles.map(([share, value]) => [share, value * 1000] as const),
    ms * 1000,
  );
}

/**
 * What a JVM's garbage collector does to the processors of its node.
 *
 * Model: collections of a young generation whose eden is full, by allocations of requests and received messages, and of
 * the whole heap once so much has been promoted. All threads of the JVM stand still meanwhile. Left out: what works
 * beside the application (marking of G1), sizes that the collector changes as it goes, and how the work depends on what lives.
 * @returns null: no collector.
 * @see source: HotSpot Virtual Machine Garbage Collection Tuning Guide, JDK 17.
 */
export function collectionOf(jvm: Jvm, cores: number, seed: number): Collection | null {
  if (jvm.collector === 'none') return null;
  return {
    edenBytes: jvm.edenMB * MB,
    requestBytes: jvm.requestKB * KB,
    messageBytes: jvm.receiveKB * KB,
    threads: jvm.collector === 'serial' ? 1 : cores,
    youngNs: lawOf(jvm.youngMsQuantiles, jvm.youngMs),
    promotedBytes: jvm.promotedKB * KB,
    oldBytes: jvm.oldMB * MB,
    fullNs: milliseconds(jvm.fullMs),
    seed,
  };
}

/** What a JVM's compilers do to the processors of its node; null: nothing. */
export function compilationOf(jvm: Jvm, seed: number): Compilation | null {
  const isDiscarding = jvm.discardedEvery > 0;
  if (jvm.compilerMs.length === 0 && !isDiscarding) return null;
  return {
    curve: jvm.compilerMs.map(([count, ms]) => [count, ms * 1e6] as const),
    taskNs: lawOf(jvm.compilerTaskMsQuantiles, jvm.compilerTaskMs),
    served: jvm.servedBefore,
    seed,
    discards: isDiscarding
      ? {
          everyJobs: jvm.discardedEvery,
          hotJobs: jvm.discardedHot,
          slowFactor: jvm.discardedFactor,
          compileNs: lawOf(jvm.discardedCompilerMsQuantiles, jvm.discardedCompilerMs),
          seed: keyedUint32(seed, 0, 2),
        }
      : null,
  };
}

/** Allocated more by a request of a node that serialises session state for others [bytes]. */
export function sendBytes(jvm: Jvm): number {
  return jvm.sendKB * KB;
}
