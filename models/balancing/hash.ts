import type { PickRequest } from './balancer.ts';
import { crc32 } from './crc32.ts';
import { NginxBalancer } from './nginx-balancer.ts';

/**
 * nginx `hash KEY`: CRC-32 of the key, modulo the weights.
 *
 * Model: a server that cannot serve is passed by adding the hash of the key with 1, 2, ... before it; after more than 20
 * of them, with one server or without a key, it is the next server's turn.
 * @see source: nginx `ngx_http_upstream_get_hash_peer` (compatible with Cache::Memcached).
 */
export class Hash extends NginxBalancer {
  protected choose(request: PickRequest): number {
    const { peers } = this;
    if (peers.primary.length < 2 || !request.hasKey || this.hasGivenUp(request)) return this.pickInTurn(request);
    if (request.hashState === -1) request.hashState = 0;
    for (;;) {
      const crc = request.hashCount === 0 ? request.keyCrc32 : crc32(`${request.hashCount}${request.key()}`);
      request.hashState += (crc >>> 16) & 0x7fff;
      request.hashCount += 1;
      const server = peers.weightSlots[request.hashState % peers.weightSlots.length];
      if (peers.isEligible(server, request)) {
        peers.taken(server, request);
        return server;
      }
      if (this.givesUp(request)) return this.pickInTurn(request);
    }
  }
}
