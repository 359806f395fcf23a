import { keyedUint32, keyedUniform } from '../sim/keyed-random.ts';
import { seconds } from '../sim/time.ts';
import { BalancerConnections } from './balancer-connections.ts';
import { attemptPolicyOf, methodOf, optionsOf, productOf, serversOf } from './balancer-setup.ts';
import type { AttemptPolicy, FailedAttempt, Progress, Step } from './balancing/attempt-policy.ts';
import type { Balancer } from './balancing/balancer.ts';
import { createBalancer } from './balancing/index.ts';
import { ReusablePickRequest } from './balancing/pick-request.ts';
import { routesOf } from './misdirection.ts';
import type { Scenario } from './scenario/schema.ts';
import type { SessionTable } from './sessions.ts';

/** Purposes of the draws that belong to a client; each takes numbers modulo 16 of its own. */
const purpose = { RANDOM_TWO: 3, WORKER: 4, SESSION_ID: 8 } as const;

/** What the balancer remembers of a request that has failed at a server, or is at its last resort. */
interface Tries {
  pick: ReusablePickRequest;
  progress: Progress;
}

/** A request as the balancer knows it. */
export interface RoutedRequest {
  readonly slot: number;
  readonly session: number;
  readonly worker: number;
  readonly timeNs: number;
  /** Whether it carries a session id. */
  readonly hasCookie: boolean;
}

/**
 * The balancer in front of the nodes, as the cluster sees it: it fills in what the real one would know of a request
 * (process, address, hashed key, route of the session id) and keeps how far each request has come with its attempts.
 *
 * Model: a connection of a client belongs to one process, drawn when it is made; it is made again after a longer pause.
 */
export class Router {
  readonly policy: AttemptPolicy;
  readonly connections: BalancerConnections;
  private readonly balancer: Balancer;
  private readonly sessions: SessionTable;
  private readonly seed: number;
  private readonly workers: number;
  private readonly clientKeepaliveNs: number;
  private readonly hashesCookie: boolean;
  private readonly hashesAddress: boolean;
  /** Whether the client's address makes a difference. */
  readonly readsAddress: boolean;
  private readonly hasRoutes: boolean;
  private readonly isRenamed: boolean;
  private readonly routeOf: Int32Array;
  private readonly neverInError: readonly boolean[];
  private readonly servers: number;
  private pick: ReusablePickRequest;
  private draws = 0;
  private readonly tries = new Map<number, Tries>();

  constructor(scenario: Scenario, names: readonly string[], sessions: SessionTable, seed: number) {
    const { balancer } = scenario;
    const servers = serversOf(scenario, names);
    const random = (): number => keyedUniform(seed, this.draws++, purpose.RANDOM_TWO);
    this.balancer = createBalancer(balancer.type, optionsOf(scenario, servers, random));
    this.policy = attemptPolicyOf(scenario, servers);
    this.neverInError = servers.map(({ ignoreErrors }) => ignoreErrors);
    this.connections = new BalancerConnections(scenario, productOf(balancer), servers.length);
    this.pick = new ReusablePickRequest(servers.length);
    this.servers = servers.length;
    this.sessions = sessions;
    this.seed = seed;
    this.workers = balancer.workerProcesses;
    this.clientKeepaliveNs = seconds(balancer.clientKeepaliveS);
    const method = methodOf(balancer);
    const isHash = method === 'hash' || method === 'consistent-hash';
    this.hashesCookie = isHash && balancer.key === 'cookie';
    this.hashesAddress = isHash && balancer.key === 'address';
    this.readsAddress = this.hashesAddress || method === 'ip-hash';
    // The cookie of Spring Session names no node.
    const isNamed = scenario.replication.strategy !== 'spring-session';
    this.hasRoutes = isNamed && (balancer.type === 'sticky-route' || balancer.type.startsWith('jk-'));
    this.isRenamed = balancer.jvmRoute;
    this.routeOf = routesOf(scenario.misconfiguration, servers.length);
  }

  /** The session id as the client's cookie has it: 32 hexadecimal digits, drawn for each session, and the route. */
  sessionId(session: number): string {
    const { client, creation, route } = this.sessions;
    let id = '';
    for (let word = 0; word < 4; word += 1) {
      id += keyedUint32(this.seed, client.get(session), creation.get(session) * 16 + purpose.SESSION_ID + word)
        .toString(16)
        .toUpperCase()
        .padStart(8, '0');
    }
    return this.isRenamed && route.get(session) >= 0 ? `${id}.n${this.routeOf[route.get(session)] + 1}` : id;
  }

  /** The process that has the connection of a session's client. */
  workerOf(session: number, nowNs: number): number {
    if (this.workers === 1) return 0;
    const { client, connection, accessedNs } = this.sessions;
    if (nowNs - accessedNs.get(session) > this.clientKeepaliveNs) connection.add(session, 1);
    const draw = keyedUniform(this.seed, client.get(session), connection.get(session) * 16 + purpose.WORKER);
    return Math.floor(draw * this.workers);
  }

  /**
   * Chooses a server for a request and counts it as begun.
   * @returns node, -1 = no server can take it.
   */
  choose(slot: number, session: number, worker: number, timeNs: number, hasCookie: boolean): number {
    const tries = this.tries.size > 0 ? this.tries.get(slot) : undefined;
    const pick = tries === undefined ? this.pick : tries.pick;
    if (tries === undefined) this.fill(pick, session, worker, timeNs, hasCookie);
    else pick.timeNs = timeNs;
    const server = this.balancer.pick(pick);
    if (server >= 0) this.balancer.started(server, worker, timeNs);
    if (tries === undefined && pick.isLastResort) {
      this.tries.set(slot, { pick, progress: this.policy.begin() });
      this.pick = new ReusablePickRequest(this.servers);
    }
    return server;
  }

  private fill(pick: ReusablePickRequest, session: number, worker: number, timeNs: number, hasCookie: boolean): void {
    const { address, route } = this.sessions;
    pick.begin(timeNs, worker);
    pick.address = address.get(session);
    if (this.hashesAddress) pick.setKey(addressText(pick.address));
    else if (this.hashesCookie && hasCookie) pick.setKey(this.sessionId(session));
    pick.hasSession = hasCookie;
    if (hasCookie && this.hasRoutes) pick.routeServer = route.get(session) < 0 ? -1 : this.routeOf[route.get(session)];
  }

  /** The server of a first contact that is over at once. */
  place(session: number): number {
    const server = this.choose(-1, session, 0, 0, false);
    if (server >= 0) this.balancer.finished(server, 0, 0, 'ok', 0);
    this.tries.delete(-1);
    return Math.max(0, server);
  }

  /** The attempt at a server has ended well. */
  answered(_slot: number, server: number, worker: number, timeNs: number, bytes: number): void {
    this.balancer.finished(server, worker, timeNs, 'ok', bytes);
  }

  /** The attempt of a request at a server has failed. @returns what follows. */
  failed(request: RoutedRequest, server: number, attempt: FailedAttempt): Step {
    const { pick, progress } = this.triesOf(request);
    const isNeverInError = this.neverInError[server];
    const { outcome, step } = this.policy.after({ ...attempt, isNeverInError }, progress);
    this.balancer.finished(server, request.worker, request.timeNs, outcome, 0);
    pick.reject(server);
    if (step === 'pause') pick.forgetTried();
    return step;
  }

  /** No server could be found for a request. @returns what follows. */
  withoutServer(request: RoutedRequest): Step {
    const { pick, progress } = this.triesOf(request);
    const step = this.policy.withoutServer(progress);
    if (step === 'pause') pick.forgetTried();
    return step;
  }

  private triesOf({ slot, session, worker, timeNs, hasCookie }: RoutedRequest): Tries {
    let tries = this.tries.get(slot);
    if (tries === undefined) {
      const pick = new ReusablePickRequest(this.servers);
      this.fill(pick, session, worker, timeNs, hasCookie);
      tries = { pick, progress: this.policy.begin() };
      this.tries.set(slot, tries);
    }
    return tries;
  }

  /** The request goes on under another number. */
  renumber(from: number, to: number): void {
    const tries = this.tries.get(from);
    if (tries === undefined) return;
    this.tries.delete(from);
    this.tries.set(to, tries);
  }

  /** The request is over. */
  forget(slot: number): void {
    if (this.tries.size > 0) this.tries.delete(slot);
  }
}

/** Dotted form of an IPv4 address. */
function addressText(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
