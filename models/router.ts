import { keyedUint32, keyedUniform } from '../sim/keyed-random.ts';
import { type Balancer, balancerServer } from './balancing/balancer.ts';
import { createBalancer } from './balancing/index.ts';
import { ReusablePickRequest } from './balancing/pick-request.ts';
import type { Scenario } from './scenario/schema.ts';
import type { SessionTable } from './sessions.ts';

/**
 * The balancer in front of the nodes, as the cluster sees it: it fills in what the real one would know of a request
 * (address, hashed key, route of the session id) and keeps the servers that a request has already failed at.
 */
export class Router {
  private readonly balancer: Balancer;
  private readonly pick: ReusablePickRequest;
  private readonly sessions: SessionTable;
  private readonly seed: number;
  private readonly hashesCookie: boolean;
  private readonly hashesAddress: boolean;
  private readonly hasRoutes: boolean;
  /** Servers that each request under way has failed at. */
  private readonly tried = new Map<number, number[]>();

  constructor(scenario: Scenario, names: readonly string[], sessions: SessionTable, seed: number) {
    const { balancer } = scenario;
    const servers = names.map((name, node) =>
      balancerServer(balancer.serverNames[node] ?? `10.0.${node >> 8}.${(node & 255) + 1}:8080`, {
        weight: balancer.weights[node] ?? 1,
        loadFactor: balancer.weights[node] ?? 1,
        maxFails: balancer.maxFails,
        failTimeoutS: balancer.failTimeoutS,
        retryS: balancer.failTimeoutS,
        route: name,
      }),
    );
    let draws = 0;
    const random = (): number => keyedUniform(seed, draws++, 3);
    this.balancer = createBalancer(balancer.type, { servers, over: balancer.over, random });
    this.pick = new ReusablePickRequest(servers.length);
    this.sessions = sessions;
    this.seed = seed;
    const method = balancer.type === 'sticky-route' ? balancer.over : balancer.type;
    const isHash = method === 'hash' || method === 'consistent-hash';
    this.hashesCookie = isHash && balancer.key === 'cookie';
    this.hashesAddress = isHash && balancer.key === 'address';
    this.hasRoutes = balancer.type === 'sticky-route' || balancer.type.startsWith('jk-');
  }

  /** The session id as the client's cookie has it: 32 hexadecimal digits, drawn, and the route. */
  sessionId(session: number): string {
    const { client, route } = this.sessions;
    let id = '';
    for (let word = 0; word < 4; word += 1) {
      id += keyedUint32(this.seed, client[session], word + 8)
        .toString(16)
        .toUpperCase()
        .padStart(8, '0');
    }
    return route[session] >= 0 ? `${id}.n${route[session] + 1}` : id;
  }

  /**
   * Chooses a server for a request and counts it as begun.
   * @param slot - the request; -1 = a first contact before the run, which is over at once.
   * @returns node, -1 = no server can take it.
   */
  choose(slot: number, session: number, timeNs: number, hasCookie: boolean): number {
    const { pick, sessions } = this;
    pick.begin(timeNs, 0);
    pick.address = sessions.address[session];
    if (this.hashesAddress) pick.setKey(addressText(sessions.address[session]));
    else if (this.hashesCookie && hasCookie) pick.setKey(this.sessionId(session));
    pick.hasSession = hasCookie;
    pick.routeServer = hasCookie && this.hasRoutes ? sessions.route[session] : -1;
    for (const server of this.tried.get(slot) ?? []) pick.reject(server);
    const server = this.balancer.pick(pick);
    if (server >= 0) this.balancer.started(server, 0, timeNs);
    return server;
  }

  /** The attempt at a server has ended well. */
  answered(slot: number, server: number, timeNs: number, bytes: number): void {
    this.balancer.finished(server, 0, timeNs, 'ok', bytes);
    if (this.tried.size > 0) this.tried.delete(slot);
  }

  /** The attempt at a server has failed; the request will not be sent there again. */
  failed(slot: number, server: number, timeNs: number): void {
    this.balancer.finished(server, 0, timeNs, 'failed', 0);
    const list = this.tried.get(slot);
    if (list) list.push(server);
    else this.tried.set(slot, [server]);
  }

  /** The request is over. */
  forget(slot: number): void {
    this.tried.delete(slot);
  }
}

/** Dotted form of an IPv4 address. */
export function addressText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
