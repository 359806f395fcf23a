import type { RandomSource } from '../sim/random.ts';
import type { Scenario } from './scenario/schema.ts';

type Network = Scenario['load']['clients']['networks'][number];

const ADDRESSES = 2 ** 32;

/**
 * Where the clients are. Each network draws its own addresses once per run; a client draws its network and, within it,
 * its address. Balancers that hash addresses see no more than that.
 *
 * Model: a client keeps its address for its session. Ranges that are not routed in the Internet are not left out: the
 * hashes make no difference between them.
 */
export class ClientNetworks {
  /** Upper end of each network's share of the clients, ascending to 1. */
  private readonly upTo: Float64Array;
  private readonly kinds: readonly Network['kind'][];
  /** Addresses of each network: one (nat), several (mobile), the first of 256 (subnet), none (internet). */
  private readonly addresses: readonly Uint32Array[];

  constructor(networks: readonly Network[], source: RandomSource) {
    const all = networks.flatMap((network) => Array.from({ length: network.count }, () => network));
    const sum = networks.reduce((total, { share }) => total + share, 0);
    let upTo = 0;
    this.upTo = Float64Array.from(all, ({ share, count }) => {
      upTo += share / count / sum;
      return upTo;
    });
    this.kinds = all.map(({ kind }) => kind);
    const drawn = (): number => Math.floor(source.double() * ADDRESSES);
    this.addresses = all.map(({ kind, addresses }) => {
      if (kind === 'internet') return new Uint32Array(0);
      return Uint32Array.from({ length: kind === 'mobile' ? addresses : 1 }, drawn);
    });
  }

  /**
   * The address of a client.
   * @param where - uniform in [0, 1): its network.
   * @param who - uniform in [0, 1): its place in it.
   * @returns IPv4 address as uint32.
   */
  address(where: number, who: number): number {
    let low = 0;
    let high = this.upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (where < this.upTo[middle]) high = middle;
      else low = middle + 1;
    }
    const own = this.addresses[low];
    switch (this.kinds[low]) {
      case 'internet':
        return Math.floor(who * ADDRESSES);
      case 'nat':
        return own[0];
      case 'mobile':
        return own[Math.floor(who * own.length)];
      case 'subnet':
        return ((own[0] & 0xffffff00) | Math.floor(who * 256)) >>> 0;
    }
  }
}
