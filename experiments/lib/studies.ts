import type { Study } from './study.ts';

// biome-ignore lint/suspicious/noExplicitAny: studies differ in their further flags.
type AnyStudy = Study<any>;

/** Every experiment whose parts can be merged, loaded when it is needed. */
export const studies: Readonly<Record<string, () => Promise<AnyStudy>>> = {
  'capacity-search': async () => (await import('../capacity-search.ts')).study,
  'consistency-sweep': async () => (await import('../consistency-sweep.ts')).study,
  failover: async () => (await import('../failover.ts')).study,
  'heartbeat-sweep': async () => (await import('../heartbeat-sweep.ts')).study,
  'scale-sweep': async () => (await import('../scale-sweep.ts')).study,
  sensitivity: async () => (await import('../sensitivity.ts')).study,
};
