import type { AttemptOutcome } from './balancer.ts';

/** Parameters of mod_jk that say when it gives up waiting and when it asks another worker. Times: 0 = for ever. */
export interface JkPolicy {
  /** `recovery_options` bit mask: 1 none after sending, 2 none after headers, 4 abort, 8 always HEAD, 16 always GET. */
  recoveryOptions: number;
  /** `retries` of the balancer; default 2. */
  retries: number;
  /** `lb_retries`: workers tried before a pause; default 2. */
  lbRetries: number;
  /** `retry_interval` between retries [ms]; default 100. */
  retryIntervalMs: number;
  /** `socket_timeout` [s]; default 0. */
  socketTimeoutS: number;
  /** `socket_connect_timeout` [ms]; default 0. */
  socketConnectTimeoutMs: number;
  /** `reply_timeout` [ms]; default 0. */
  replyTimeoutMs: number;
  /** `prepost_timeout` of a CPing before each request [ms]; default 0 = no CPing. */
  prepostTimeoutMs: number;
  /** `fail_on_status`: statuses that count as an error of the worker. */
  failOnStatus: readonly number[];
  /** `fail_on_status` with a minus sign: another worker is asked, this one stays in use. */
  failOnStatusSoft: readonly number[];
}

/** Defaults. @see source: tomcat-connectors `jk_util.c`, `jk_ajp_common.h`. */
export const jkPolicyDefaults: JkPolicy = {
  recoveryOptions: 0,
  retries: 2,
  lbRetries: 2,
  retryIntervalMs: 100,
  socketTimeoutS: 0,
  socketConnectTimeoutMs: 0,
  replyTimeoutMs: 0,
  prepostTimeoutMs: 0,
  failOnStatus: [],
  failOnStatusSoft: [],
};

/** An attempt as it ended. */
export interface JkAttempt {
  /** `connect-failed`: also a CPing without answer; `lost`: connection lost after sending; or the response's status. */
  end: 'connect-failed' | 'lost' | 'reply-timeout' | 'client-gone' | number;
  method: string;
  /** Whether headers of a response have gone to the client. */
  isHeaderSent: boolean;
}

/** What mod_jk makes of an attempt. */
export interface JkVerdict {
  /** For `Balancer.finished`. */
  outcome: AttemptOutcome;
  /** Whether another worker may be asked; `jkNextStep` says when the tries are used up. */
  isRecoverable: boolean;
  /** Status that the client gets if it ends here. */
  status: number;
}

/**
 * What happens after an attempt.
 *
 * Model: by default everything is recoverable, even a request that Tomcat has received: it can be executed twice.
 * Left out: request bodies too long to be sent again.
 * @see source: tomcat-connectors `ajp_get_reply`, `ajp_service`.
 */
export function jkAfterAttempt(attempt: JkAttempt, policy: JkPolicy): JkVerdict {
  const { end } = attempt;
  switch (end) {
    case 'connect-failed':
      return { outcome: 'failed', isRecoverable: true, status: 503 };
    case 'lost':
      return { outcome: 'failed', isRecoverable: isRecoverableAfterSending(attempt, policy), status: 502 };
    case 'reply-timeout':
      return { outcome: 'reply-timeout', isRecoverable: isRecoverableAfterSending(attempt, policy), status: 504 };
    case 'client-gone':
      return { outcome: 'neutral', isRecoverable: false, status: 400 };
    default:
      if (policy.failOnStatus.includes(end)) return { outcome: 'failed-hard', isRecoverable: true, status: 503 };
      if (policy.failOnStatusSoft.includes(end)) return { outcome: 'neutral', isRecoverable: true, status: 503 };
      return { outcome: 'ok', isRecoverable: false, status: end };
  }
}

/** The bit for HEAD hides the one for GET, as in the source. */
function isRecoverableAfterSending({ method, isHeaderSent }: JkAttempt, { recoveryOptions }: JkPolicy): boolean {
  if (isHeaderSent) return (recoveryOptions & 2) === 0;
  if ((recoveryOptions & 1) === 0) return true;
  if ((recoveryOptions & 8) !== 0) return method === 'HEAD';
  return (recoveryOptions & 16) !== 0 && method === 'GET';
}

/** Where a request stands in mod_jk's loops over workers and retries. */
export interface JkProgress {
  /** Attempts since the last pause. */
  attempts: number;
  /** Pauses so far. */
  pauses: number;
}

/**
 * What follows a recoverable attempt: another worker, a pause of `retryIntervalMs` after which the request's own list of
 * failed workers is forgotten, or the end. A `pick` that found no worker counts as an attempt too.
 *
 * @param progress - updated for the next step.
 * @see source: tomcat-connectors `jk_lb_worker.c`, loop of `service`.
 */
export function jkNextStep(progress: JkProgress, policy: JkPolicy, workers: number): 'again' | 'pause' | 'end' {
  progress.attempts += 1;
  if (progress.attempts < Math.min(workers, policy.lbRetries)) return 'again';
  progress.pauses += 1;
  progress.attempts = 0;
  return progress.pauses >= policy.retries ? 'end' : 'pause';
}
