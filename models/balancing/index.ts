import type { Balancer, BalancerOptions } from './balancer.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { Hash } from './hash.ts';
import { IpHash } from './ip-hash.ts';
import { RoundRobin } from './round-robin.ts';
import { StickyRoute } from './sticky-route.ts';

/** The balancer types by name: a new one is one file and one line here. */
export const balancerTypes: Readonly<Record<string, (options: BalancerOptions) => Balancer>> = {
  'round-robin': (options) => new RoundRobin(options),
  'ip-hash': (options) => new IpHash(options),
  hash: (options) => new Hash(options),
  'consistent-hash': (options) => new ConsistentHash(options),
  'sticky-route': (options) =>
    new StickyRoute(
      createBalancer(options.over ?? 'round-robin', options),
      options.servers,
      options.noFailover ?? false,
    ),
};

/** Makes a balancer. @throws Error - if there is no such type. */
export function createBalancer(type: string, options: BalancerOptions): Balancer {
  if (!Object.hasOwn(balancerTypes, type)) {
    throw new Error(`balancer type "${type}" is not one of ${Object.keys(balancerTypes).join(', ')}`);
  }
  return balancerTypes[type](options);
}
