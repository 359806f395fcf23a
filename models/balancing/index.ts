import type { Balancer, BalancerOptions } from './balancer.ts';
import { ByBusyness } from './by-busyness.ts';
import { ByRequests } from './by-requests.ts';
import { ByTraffic } from './by-traffic.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { Hash } from './hash.ts';
import { IpHash } from './ip-hash.ts';
import { JkBusyness } from './jk-busyness.ts';
import { JkRequest } from './jk-request.ts';
import { JkSession } from './jk-session.ts';
import { JkTraffic } from './jk-traffic.ts';
import { LeastConn } from './least-conn.ts';
import { RandomTwo } from './random-two.ts';
import { RoundRobin } from './round-robin.ts';

/** The balancer types by name: a new one is one file and one line here. */
export const balancerTypes: Readonly<Record<string, (options: BalancerOptions) => Balancer>> = {
  'round-robin': (options) => new RoundRobin(options),
  'ip-hash': (options) => new IpHash(options),
  hash: (options) => new Hash(options),
  'consistent-hash': (options) => new ConsistentHash(options),
  'least-conn': (options) => new LeastConn(options),
  'random-two': (options) => new RandomTwo(options),
  'sticky-route': (options) => {
    const { over = 'round-robin', ...inner } = options;
    return createBalancer(over, { ...inner, sticky: true });
  },
  'by-requests': (options) => new ByRequests(options),
  'by-traffic': (options) => new ByTraffic(options),
  'by-busyness': (options) => new ByBusyness(options),
  'jk-request': (options) => new JkRequest(options),
  'jk-busyness': (options) => new JkBusyness(options),
  'jk-session': (options) => new JkSession(options),
  'jk-traffic': (options) => new JkTraffic(options),
};

/**
 * Makes a balancer.
 *
 * @param type - a key of `balancerTypes`.
 * @throws Error - there is no such type, or no server.
 */
export function createBalancer(type: string, options: BalancerOptions): Balancer {
  if (!Object.hasOwn(balancerTypes, type)) {
    throw new Error(`balancer type "${type}" is not one of ${Object.keys(balancerTypes).join(', ')}`);
  }
  if (options.servers.length === 0) throw new Error(`balancer type "${type}" has no server`);
  return balancerTypes[type](options);
}
