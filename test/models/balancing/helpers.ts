import {
  type AttemptOutcome,
  type Balancer,
  type BalancerOptions,
  type BalancerServer,
  balancerServer,
} from '../../../models/balancing/balancer.ts';
import { createBalancer } from '../../../models/balancing/index.ts';
import { ReusablePickRequest } from '../../../models/balancing/pick-request.ts';

/** Servers a, b, c, ... with the given parameters. */
export function servers(...parameters: Partial<BalancerServer>[]): BalancerServer[] {
  return parameters.map((one, index) => balancerServer(String.fromCharCode(97 + index), { ...one }));
}

/** So many equal servers with names as in a real file: 10.0.0.1:8080 and so on. */
export function equalServers(count: number, parameters: Partial<BalancerServer> = {}): BalancerServer[] {
  return Array.from({ length: count }, (_, index) => balancerServer(`10.0.0.${index + 1}:8080`, parameters));
}

/** What a test sets of a request. */
export interface Wish {
  atS?: number;
  worker?: number;
  address?: string;
  key?: string;
  routeServer?: number;
  hasSession?: boolean;
}

/** A balancer with a request to send through it and a shorthand for each step. */
export class Bench {
  readonly balancer: Balancer;
  readonly request: ReusablePickRequest;

  constructor(type: string, options: BalancerOptions) {
    this.balancer = createBalancer(type, options);
    this.request = new ReusablePickRequest(options.servers.length);
  }

  begin({ atS = 0, worker = 0, address, key, routeServer = -1, hasSession = routeServer !== -1 }: Wish = {}): void {
    this.request.begin(atS * 1e9, worker);
    if (address !== undefined) this.request.address = addressOf(address);
    if (key !== undefined) this.request.setKey(key);
    this.request.routeServer = routeServer;
    this.request.hasSession = hasSession;
  }

  /** A new request; it stays open. */
  pick(wish: Wish = {}): number {
    this.begin(wish);
    return this.pickAgain();
  }

  /** The same request once more. */
  pickAgain(): number {
    const server = this.balancer.pick(this.request);
    if (server !== -1) this.balancer.started(server, this.request.worker, this.request.timeNs);
    return server;
  }

  /** Ends the request's attempt; a failure is noted in the request. */
  end(server: number, outcome: AttemptOutcome, atS = this.request.timeNs / 1e9, bytes = 0): void {
    this.balancer.finished(server, this.request.worker, atS * 1e9, outcome, bytes);
    if (outcome !== 'ok') this.request.reject(server);
  }

  /** A whole request that goes well, or as `outcome` says. */
  send(wish: Wish = {}, outcome: AttemptOutcome = 'ok', bytes = 0): number {
    const server = this.pick(wish);
    if (server !== -1) this.end(server, outcome, this.request.timeNs / 1e9, bytes);
    return server;
  }

  /** So many requests one after the other, as letters; `-` = no server. */
  letters(count: number, wish: Wish = {}): string {
    return Array.from({ length: count }, () => letter(this.send(wish))).join('');
  }
}

export function letter(server: number): string {
  return server === -1 ? '-' : String.fromCharCode(97 + server);
}

export function addressOf(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
