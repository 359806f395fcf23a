import type { DeliveryPlane } from '../../models/replication/delivery-plane.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import type { Simulation } from '../../sim/simulation.ts';

/** Kind of event that the model leaves free. */
const RESTLESS_KIND = 101;
/** Longest time between two disturbances that nothing has called for [ns]. */
const PAUSE_NS = 20e6;

/** Calls that belong to the message just sent: nothing comes in between. */
const FOLLOWS = new Set<string | symbol>(['lose', 'defer', 'arrivalNs']);

/**
 * A plane that looks at its nodes at many more moments than anybody asks for: before every call, and at random moments
 * in between, some nodes catch up, and now and then it forgets what nobody needs. It must make no difference.
 */
export function restless(plane: DeliveryPlane, nodes: number, sim: Simulation, seed: number): DeliveryPlane {
  let draws = 0;
  const uniform = (): number => keyedUniform(seed, draws++, 5);
  const disturb = (): void => {
    const first = Math.floor(uniform() * nodes);
    const count = Math.floor(uniform() * 3);
    for (let step = 0; step < count; step += 1) plane.catchUp((first + step) % nodes, sim.nowNs);
    if (uniform() < 0.2) plane.prune(sim.nowNs);
  };
  sim.on(RESTLESS_KIND, 'restless plane', () => {
    disturb();
    sim.schedule(1 + Math.floor(uniform() * PAUSE_NS), RESTLESS_KIND);
  });
  sim.schedule(0, RESTLESS_KIND);
  return new Proxy(plane, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...parts: unknown[]) => {
        if (!FOLLOWS.has(key)) disturb();
        return value.apply(target, parts);
      };
    },
  });
}
