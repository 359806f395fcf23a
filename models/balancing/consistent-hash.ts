import { invariant } from '../../sim/invariant.ts';
import type { BalancerOptions, BalancerServer, PickRequest } from './balancer.ts';
import { byteString, crc32Byte, crc32Finish, crc32Start, crc32Update } from './crc32.ts';
import { NginxBalancer } from './nginx-balancer.ts';

/** Points of a server on the ring per unit of its weight. */
const pointsPerWeight = 160;

/** The ring of `hash KEY consistent`: point i belongs to the servers named by entry `nameIndex[i]`. */
export interface HashRing {
  /** Positions of the points, ascending, without duplicates. */
  hash: Uint32Array;
  nameIndex: Int32Array;
  /** Servers of each name; more than one if a name stands for several addresses. */
  serversByName: Int32Array[];
}

/**
 * nginx `hash KEY consistent` (ketama): the first of 160 x weight points per server at or after the key's CRC-32.
 *
 * Model: a server that cannot serve is passed by going on to the next point; after more than 20 points, with one server
 * or without a key, it is the next server's turn.
 * @see source: nginx `ngx_http_upstream_get_chash_peer` (compatible with Cache::Memcached::Fast).
 */
export class ConsistentHash extends NginxBalancer {
  private readonly ring: HashRing;

  constructor(options: BalancerOptions) {
    super(options);
    this.ring = buildHashRing(options.servers);
  }

  protected choose(request: PickRequest): number {
    const { peers, ring } = this;
    if (peers.isSingle || !request.hasKey || this.hasGivenUp(request)) return this.pickInTurn(request);
    if (request.hashState === -1) request.hashState = findPoint(ring.hash, request.keyCrc32);
    for (;;) {
      const name = ring.nameIndex[request.hashState % ring.nameIndex.length];
      const server = this.turn(ring.serversByName[name], request);
      if (server !== -1) {
        peers.taken(server, request);
        return server;
      }
      request.hashState += 1;
      if (this.givesUp(request)) return this.pickInTurn(request);
    }
  }
}

/** Index of the first point at or after a hash; the number of points if there is none (the ring goes on at 0). */
function findPoint(points: Uint32Array, hash: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (points[middle] < hash) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Lays the points of all servers but the backup ones on the ring.
 *
 * @param pointsPerUnit - points per unit of weight; nginx always has 160.
 * @see source: nginx `ngx_http_upstream_update_chash`.
 */
export function buildHashRing(servers: readonly BalancerServer[], pointsPerUnit = pointsPerWeight): HashRing {
  const nameIndices = new Map<string, number>();
  const serversByName: number[][] = [];
  const keys: number[] = [];
  servers.forEach((server, index) => {
    if (server.backup) return;
    const nameIndex = nameIndices.get(server.name) ?? serversByName.push([]) - 1;
    nameIndices.set(server.name, nameIndex);
    serversByName[nameIndex].push(index);
    for (const hash of serverPoints(server.name, server.weight * pointsPerUnit)) keys.push(hash * namesMax + nameIndex);
  });
  invariant(serversByName.length <= namesMax, 'too many server names for one ring');
  const sorted = Float64Array.from(keys).sort();
  const distinct = sorted.filter((key, index) => index === 0 || hashOf(key) !== hashOf(sorted[index - 1]));
  return {
    hash: Uint32Array.from(distinct, hashOf),
    nameIndex: Int32Array.from(distinct, (key) => key % namesMax),
    serversByName: serversByName.map((list) => Int32Array.from(list)),
  };
}

/** Point and name are sorted as one number: hash x 2^20 + name index, below 2^53. */
const namesMax = 2 ** 20;

function hashOf(key: number): number {
  return Math.floor(key / namesMax);
}

/** The points of one server: each is the CRC-32 of host, NUL, port and the previous point. */
function serverPoints(name: string, count: number): Uint32Array {
  const { host, port } = splitName(name);
  const base = crc32Update(crc32Byte(crc32Update(crc32Start, byteString(host)), 0), port);
  const points = new Uint32Array(count);
  let previous = 0;
  for (let index = 0; index < count; index++) {
    let state = base;
    for (let shift = 0; shift < 32; shift += 8) state = crc32Byte(state, (previous >>> shift) & 0xff);
    previous = crc32Finish(state);
    points[index] = previous;
  }
  return points;
}

/** The port is what follows the last colon if that is all digits; a unix socket has none. */
function splitName(name: string): { host: string; port: string } {
  if (/^unix:/i.test(name)) return { host: name.slice(5), port: '' };
  const match = /^(.*):(\d*)$/s.exec(name);
  return match ? { host: match[1], port: match[2] } : { host: name, port: '' };
}
