import type { PickRequest } from './balancer.ts';
import { NginxBalancer } from './nginx-balancer.ts';

const hashStart = 89;
const hashFactor = 113;
const hashModulus = 6271;

/**
 * nginx `ip_hash`: the first three octets of an IPv4 address, or a whole IPv6 address, decide.
 *
 * Model: a server that cannot serve is passed by hashing on from the last hash; after more than 20 of them, or with one
 * server, it is the next server's turn. Servers that are down keep their share of the hash.
 * @see source: nginx `ngx_http_upstream_ip_hash_module.c`.
 */
export class IpHash extends NginxBalancer {
  protected choose(request: PickRequest): number {
    const { peers } = this;
    if (peers.primary.length < 2 || this.hasGivenUp(request)) return this.pickInTurn(request);
    let hash = request.hashState === -1 ? hashStart : request.hashState;
    for (;;) {
      hash = hashAddress(hash, request);
      const server = peers.weightSlots[hash % peers.weightSlots.length];
      if (peers.isEligible(server, request)) {
        request.hashState = hash;
        peers.taken(server, request);
        return server;
      }
      if (this.givesUp(request)) return this.pickInTurn(request);
    }
  }
}

function hashAddress(start: number, request: PickRequest): number {
  const { address, addressBytes } = request;
  let hash = start;
  if (addressBytes === null) {
    hash = (hash * hashFactor + (address >>> 24)) % hashModulus;
    hash = (hash * hashFactor + ((address >>> 16) & 0xff)) % hashModulus;
    return (hash * hashFactor + ((address >>> 8) & 0xff)) % hashModulus;
  }
  for (let index = 0; index < addressBytes.length; index++) {
    hash = (hash * hashFactor + addressBytes[index]) % hashModulus;
  }
  return hash;
}
