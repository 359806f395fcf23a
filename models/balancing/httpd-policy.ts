import type { AttemptOutcome } from './balancer.ts';

/** Parameters of an httpd balancer that say when a worker is in error and when another one is asked. */
export interface HttpdPolicy {
  /** `maxattempts`: further attempts after the first; default number of workers - 1. */
  maxAttempts: number;
  /** `failonstatus`: statuses that put a worker in error; default none. */
  failOnStatus: readonly number[];
  /** `failontimeout`; default Off. */
  failOnTimeout: boolean;
  /** `ProxyTimeout`, else `Timeout` [s]; default 60. */
  timeoutS: number;
  /** `connectiontimeout` [s]; default as timeoutS. */
  connectionTimeoutS: number;
}

/** Defaults for a balancer of so many workers. @see source: httpd `init_balancer_members`, DEFAULT_TIMEOUT. */
export function httpdPolicyDefaults(workers: number): HttpdPolicy {
  return { maxAttempts: workers - 1, failOnStatus: [], failOnTimeout: false, timeoutS: 60, connectionTimeoutS: 60 };
}

/** An attempt as it ended. */
export interface HttpdAttempt {
  /**
   * `connect-failed`: refused, timed out while connecting, or its `ping` was not answered; `timeout`: sent, no answer in
   * time; `lost`: sent, connection lost before the response; `broken`: httpd's own handler gave up with 500; or the
   * response's status.
   */
  end: 'connect-failed' | 'timeout' | 'lost' | 'broken' | number;
  /** Number of this attempt at the request, 0 = the first. */
  attempt: number;
}

/** What httpd makes of an attempt. */
export interface HttpdVerdict {
  /** For `Balancer.finished`; `failed` puts the worker in error for all processes. */
  outcome: AttemptOutcome;
  isRetried: boolean;
  /** Status that the client gets if it is not retried. */
  status: number;
}

/**
 * What happens after an attempt.
 *
 * Model: only a connection that could not be made moves a request to another worker, so httpd itself executes nothing
 * twice; what fails after the request was sent is the client's answer. A worker whose timeouts go uncounted stays in use.
 * @see source: httpd `proxy_handler` (loop over attempts), `proxy_balancer_post_request`.
 */
export function httpdAfterAttempt({ end, attempt }: HttpdAttempt, policy: HttpdPolicy): HttpdVerdict {
  switch (end) {
    case 'connect-failed':
      return { outcome: 'failed', isRetried: attempt < policy.maxAttempts, status: 503 };
    case 'broken':
      return { outcome: 'failed', isRetried: false, status: 500 };
    case 'timeout':
      return { outcome: policy.failOnTimeout ? 'failed' : failedIfListed(504, policy), isRetried: false, status: 504 };
    case 'lost':
      return { outcome: failedIfListed(502, policy), isRetried: false, status: 502 };
    default:
      return { outcome: failedIfListed(end, policy), isRetried: false, status: end };
  }
}

function failedIfListed(status: number, policy: HttpdPolicy): AttemptOutcome {
  return policy.failOnStatus.includes(status) ? 'failed' : 'ok';
}
