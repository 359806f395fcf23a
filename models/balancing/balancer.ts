/**
 * What a balancer knows of one request while it looks for a server. One object serves many requests: the caller fills
 * it, calls `pick`, and after a failed attempt marks the server in `tried` and calls `pick` again.
 */
export interface PickRequest {
  /** Now [ns]. nginx and mod_jk look at whole seconds of it, httpd at the exact time. */
  timeNs: number;
  /** Balancer process that handles the request, 0-based; only nginx without `zone` tells them apart. */
  worker: number;
  /** IPv4 address of the connection as uint32; used by ip-hash unless `addressBytes` is set. */
  address: number;
  /** The 16 bytes of an IPv6 address, or null for IPv4. */
  addressBytes: Uint8Array | null;
  /** CRC-32 of the hashed key; meaningless without a key. */
  keyCrc32: number;
  /** Whether the hashed key is not empty; nginx falls back to round robin without one. */
  hasKey: boolean;
  /** The hashed key, one character per byte; called only when a rehash needs it. */
  key(): string;
  /** Index of the server whose `route` equals that of the request's session id, -1 if there is none. */
  routeServer: number;
  /** Whether the request carries a session id, whatever its route; mod_jk Session and Next count only those without. */
  hasSession: boolean;
  /** 1 for each server that this request has already failed at; length = number of servers. */
  tried: Uint8Array;
  /** Number of ones in `tried`. */
  triedCount: number;
  /** Balancer's own note from one try of a request to the next; -1 when a request begins. */
  hashState: number;
  /** Balancer's own note: hash candidates found not eligible; 0 when a request begins. */
  hashTries: number;
  /** Balancer's own note: times that the key was hashed; 0 when a request begins. */
  hashCount: number;
  /**
   * Balancer's own note: the request is at its last resort (nginx: among the backup servers; mod_jk: recovery has been
   * forced once) and stays there; false when a request begins.
   */
  isLastResort: boolean;
}

/**
 * How an attempt at a server ended, as the balancer counts it. What a status code or a timeout amounts to is decided by
 * `nginx-policy.ts`, `httpd-policy.ts` and `jk-policy.ts`.
 *
 * - `ok`: counts for the server.
 * - `neutral`: says nothing about the server (client gone, 404 passed on).
 * - `failed`: counts against the server.
 * - `failed-hard`: mod_jk: in error for all requests at once, however many it still serves; elsewhere as `failed`.
 * - `reply-timeout`: mod_jk: counts against `max_reply_timeouts`; elsewhere as `failed`.
 */
export type AttemptOutcome = 'ok' | 'neutral' | 'failed' | 'failed-hard' | 'reply-timeout';

/** Chooses a server for each request. Times passed in never run back. */
export interface Balancer {
  /** Chooses a server and counts the choice. @returns server index, or -1 if no server can take the request. */
  pick(request: PickRequest): number;
  /** An attempt at a server begins: directly after `pick` returned it. */
  started(server: number, worker: number, timeNs: number): void;
  /** The attempt has ended. @param bytes - request and response together [byte]. */
  finished(server: number, worker: number, timeNs: number, outcome: AttemptOutcome, bytes: number): void;
}

/** One server of a balancer with its parameters under the products' names. */
export interface BalancerServer {
  /** `host:port` exactly as the configuration file has it: consistent-hash hashes this text. */
  name: string;
  /** nginx weight; integer >= 1; default 1. */
  weight: number;
  /** nginx: failures that shut the server; 0 = never; default 1. */
  maxFails: number;
  /** nginx: how long it stays shut and how long failures are remembered [s]; default 10. */
  failTimeoutS: number;
  /** nginx: open requests allowed; 0 = no limit; default 0. */
  maxConns: number;
  /** nginx: used only when no other server can serve. */
  backup: boolean;
  /** nginx `down`, httpd `status=+D` or `+S`, mod_jk activation `S`: gets no request at all. */
  down: boolean;
  /** nginx `drain`, httpd `status=+N`, mod_jk activation `D`: gets requests of its own sessions only. */
  drain: boolean;
  /** Route that session ids carry after their dot (jvmRoute); '' = none. */
  route: string;
  /** httpd, mod_jk: route to use while this server is in error; '' = none. */
  redirect: string;
  /** httpd loadfactor (1 to 100, two decimals), mod_jk lbfactor; default 1. */
  loadFactor: number;
  /** httpd `status=+H`: used only when no other server can serve. */
  hotStandby: boolean;
  /** httpd `status=+R`: takes the place of a server of its `lbSet` that cannot serve. */
  hotSpare: boolean;
  /** httpd `status=+I`: never put in error. */
  ignoreErrors: boolean;
  /** httpd: sets of servers are tried in this order, 0 to 99; default 0. */
  lbSet: number;
  /** httpd: how long it stays in error [s]; default 60. */
  retryS: number;
  /** mod_jk: servers of the smallest distance that can serve are preferred; default 0. */
  distance: number;
  /** mod_jk: first choice among others for a session of the same domain; '' = none. */
  domain: string;
}

/** Parameters of httpd and mod_jk that belong to the whole balancer. */
export interface BalancerSettings {
  /** Clear all errors when every server is in error; httpd `forcerecovery`, default true. */
  forceRecovery: boolean;
  /** mod_jk `max_reply_timeouts`; default 0. */
  maxReplyTimeouts: number;
  /** mod_jk `recover_time` [s]; default 60. */
  recoverTimeS: number;
  /** mod_jk `error_escalation_time` [s]; default half of recover_time. */
  errorEscalationTimeS: number;
  /** mod_jk `worker.maintain` [s]; default 60. */
  maintainIntervalS: number;
}

/** Everything a balancer is made from. */
export interface BalancerOptions extends Partial<BalancerSettings> {
  servers: readonly BalancerServer[];
  /** Processes of nginx or of httpd with mod_jk, >= 1; default 1. */
  workers?: number;
  /** Whether nginx keeps the state of the servers in a shared `zone`; default false. */
  zone?: boolean;
  /** Uniform numbers in [0, 1) for random-two. */
  random?: () => number;
  /** sticky-route: the type that chooses for requests without a usable route; default round-robin. */
  over?: string;
  /** Whether sessions stay at the server of their route; default true for mod_jk and sticky-route, else false. */
  sticky?: boolean;
  /** No server rather than another one than the session's; httpd `nofailover`, mod_jk `sticky_session_force`. */
  noFailover?: boolean;
}

/** A server with the products' defaults. @see source: nginx `ngx_http_upstream_server`, httpd `mod_proxy.h`. */
export function balancerServer(name: string, parameters: Partial<BalancerServer> = {}): BalancerServer {
  return {
    name,
    weight: 1,
    maxFails: 1,
    failTimeoutS: 10,
    maxConns: 0,
    backup: false,
    down: false,
    drain: false,
    route: '',
    redirect: '',
    loadFactor: 1,
    hotStandby: false,
    hotSpare: false,
    ignoreErrors: false,
    lbSet: 0,
    retryS: 60,
    distance: 0,
    domain: '',
    ...parameters,
  };
}
