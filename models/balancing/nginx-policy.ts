import type { AttemptOutcome, BalancerServer } from './balancer.ts';

/** What `proxy_next_upstream` may list. */
export const nextUpstreamWords = [
  'error',
  'timeout',
  'invalid_header',
  'http_500',
  'http_502',
  'http_503',
  'http_504',
  'http_403',
  'http_404',
  'http_429',
  'non_idempotent',
] as const;

export type NextUpstreamWord = (typeof nextUpstreamWords)[number];

/** Directives of an nginx location that say how long it waits and when it asks another server. */
export interface NginxPolicy {
  /** `proxy_next_upstream`; empty = off. */
  nextUpstream: readonly NextUpstreamWord[];
  /** `proxy_next_upstream_tries`; 0 = every server once. */
  nextUpstreamTries: number;
  /** `proxy_next_upstream_timeout` [s]; 0 = no limit. */
  nextUpstreamTimeoutS: number;
  /** `proxy_connect_timeout` [s]. */
  connectTimeoutS: number;
  /** `proxy_read_timeout` [s], between two reads. */
  readTimeoutS: number;
}

/** An attempt that did not end with a response to pass on as it is. */
export interface NginxAttempt {
  /** Connection refused or lost, timed out (connect or read), unreadable header, or the response's status. */
  end: 'error' | 'timeout' | 'invalid_header' | number;
  method: string;
  /** Whether any byte of the request was sent; false if connecting failed. */
  isSent: boolean;
  /** Whether the request body was passed on unbuffered (`proxy_request_buffering off`). */
  isBodyUnbuffered: boolean;
  /** Whether the connection was a kept-alive one: its loss costs no try. */
  isCachedConnection: boolean;
  /** Tries left before this attempt ended, counting it. */
  triesLeft: number;
  /** Time since the request's first attempt began [s]. */
  elapsedS: number;
}

/** What nginx makes of an attempt. */
export interface NginxVerdict {
  /** For `Balancer.finished`. */
  outcome: AttemptOutcome;
  /** Whether another server is asked. */
  isRetried: boolean;
  /** Tries left for `NginxAttempt` of the next attempt. */
  triesLeft: number;
  /** Status that the client gets if it is not retried. */
  status: number;
}

const notIdempotent: readonly string[] = ['POST', 'LOCK', 'PATCH'];
const nextStatuses: readonly number[] = [500, 502, 503, 504, 403, 404, 429];

/** Tries of a request: each server that is not down once, backup ones too, or fewer if the policy says so. */
export function nginxTries(servers: readonly BalancerServer[], policy: NginxPolicy): number {
  const all = servers.filter((server) => !server.down && !server.drain).length;
  return policy.nextUpstreamTries > 0 ? Math.min(all, policy.nextUpstreamTries) : all;
}

/**
 * What happens after an attempt.
 *
 * Model: a lost connection, a timeout or an unreadable header always counts against the server; a status only if it is
 * listed and another try is possible, else it is passed on as a success; 403 and 404 never count. A request that was
 * sent is repeated only if its method is idempotent or `non_idempotent` is listed. The caller passes responses to it
 * before a byte has gone to the client; after that nothing is repeated.
 * @param isSingle - whether the upstream has one server only: then there is no second try.
 * @see source: nginx `ngx_http_upstream_test_next`, `ngx_http_upstream_next`.
 */
export function nginxAfterAttempt(attempt: NginxAttempt, policy: NginxPolicy, isSingle: boolean): NginxVerdict {
  const { end } = attempt;
  if (typeof end === 'number') return afterStatus(end, attempt, policy, isSingle);
  let triesLeft = isSingle ? 0 : attempt.triesLeft - 1;
  if (attempt.isCachedConnection && end === 'error') triesLeft += 1;
  const isRetried = triesLeft > 0 && mayGoOn(end, attempt, policy);
  return { outcome: 'failed', isRetried, triesLeft, status: end === 'timeout' ? 504 : 502 };
}

function afterStatus(status: number, attempt: NginxAttempt, policy: NginxPolicy, isSingle: boolean): NginxVerdict {
  const isNext =
    nextStatuses.includes(status) &&
    attempt.triesLeft > 1 &&
    mayGoOn(`http_${status}` as NextUpstreamWord, attempt, policy);
  if (!isNext) return { outcome: 'ok', isRetried: false, triesLeft: attempt.triesLeft, status };
  const outcome = status === 403 || status === 404 ? 'neutral' : 'failed';
  const triesLeft = isSingle ? 0 : attempt.triesLeft - 1;
  return { outcome, isRetried: triesLeft > 0, triesLeft, status };
}

function mayGoOn(word: NextUpstreamWord, attempt: NginxAttempt, policy: NginxPolicy): boolean {
  const { nextUpstream, nextUpstreamTimeoutS } = policy;
  if (!nextUpstream.includes(word)) return false;
  if (attempt.isSent && attempt.isBodyUnbuffered) return false;
  if (nextUpstreamTimeoutS > 0 && attempt.elapsedS >= nextUpstreamTimeoutS) return false;
  return !attempt.isSent || !notIdempotent.includes(attempt.method) || nextUpstream.includes('non_idempotent');
}
