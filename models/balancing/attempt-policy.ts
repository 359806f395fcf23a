import type { AttemptOutcome, BalancerServer } from './balancer.ts';
import { type HttpdAttempt, type HttpdPolicy, httpdAfterAttempt } from './httpd-policy.ts';
import { type JkAttempt, type JkPolicy, type JkProgress, jkAfterAttempt, jkNextStep } from './jk-policy.ts';
import { type NginxAttempt, type NginxPolicy, nginxAfterAttempt, nginxTries } from './nginx-policy.ts';

/** Whose rules hold after a failed attempt. */
export type Product = 'nginx' | 'httpd' | 'mod_jk';

/**
 * How an attempt ended without a response: nobody listens, nobody answers the connect, the connection broke after the
 * request was sent, the response did not come in time.
 */
export type FailedEnd = 'refused' | 'connect-timeout' | 'lost' | 'read-timeout';

/** A failed attempt as its policy has to know it. */
export interface FailedAttempt {
  readonly end: FailedEnd;
  /** `GET` or `POST`. */
  readonly method: string;
  /** The request went over a connection that was kept alive. */
  readonly isCachedConnection: boolean;
  /** Since the first attempt of the request began [s]. */
  readonly elapsedS: number;
  /** The server never counts as in error (httpd `status=+I`). */
  readonly isNeverInError?: boolean;
}

/** How far a request has come with its attempts; each policy uses what it needs. */
export interface Progress extends JkProgress {
  /** Attempts that have ended. */
  ended: number;
  /** nginx: tries left, counting the one under way. */
  triesLeft: number;
}

/** Another server at once; the same after a pause; an error for the client. */
export type Step = 'again' | 'pause' | 'end';

/** What a product does about attempts that fail. Timeouts of `Infinity`: it waits for ever. */
export interface AttemptPolicy {
  readonly product: Product;
  readonly connectTimeoutS: number;
  readonly readTimeoutS: number;
  /** Wait for a sign of life before each request, 0 = none is asked for. */
  readonly pingTimeoutS: number;
  readonly pauseS: number;
  /** The state of a request that begins. */
  begin(): Progress;
  /** What follows a failed attempt; `progress` is kept up to date. */
  after(attempt: FailedAttempt, progress: Progress): { outcome: AttemptOutcome; step: Step };
  /** What follows when no server could be found. */
  withoutServer(progress: Progress): Step;
}

/** nginx: `proxy_next_upstream` and its kin. */
export class NginxAttempts implements AttemptPolicy {
  readonly product = 'nginx';
  readonly pingTimeoutS = 0;
  readonly pauseS = 0;
  readonly connectTimeoutS: number;
  readonly readTimeoutS: number;
  private readonly policy: NginxPolicy;
  private readonly tries: number;
  private readonly isSingle: boolean;

  constructor(policy: NginxPolicy, servers: readonly BalancerServer[]) {
    this.policy = policy;
    this.connectTimeoutS = policy.connectTimeoutS;
    this.readTimeoutS = policy.readTimeoutS;
    this.tries = nginxTries(servers, policy);
    this.isSingle = servers.length === 1;
  }

  begin(): Progress {
    return { ended: 0, triesLeft: this.tries, attempts: 0, pauses: 0 };
  }

  after({ end, method, isCachedConnection, elapsedS }: FailedAttempt, progress: Progress) {
    const attempt: NginxAttempt = {
      end: end === 'refused' || end === 'lost' ? 'error' : 'timeout',
      method,
      isSent: end === 'lost' || end === 'read-timeout',
      isBodyUnbuffered: false,
      isCachedConnection,
      triesLeft: progress.triesLeft,
      elapsedS,
    };
    const { outcome, isRetried, triesLeft } = nginxAfterAttempt(attempt, this.policy, this.isSingle);
    progress.triesLeft = triesLeft;
    progress.ended += 1;
    const step: Step = isRetried ? 'again' : 'end';
    return { outcome, step };
  }

  withoutServer(): Step {
    return 'end';
  }
}

const httpdEnds: Readonly<Record<FailedEnd, HttpdAttempt['end']>> = {
  refused: 'connect-failed',
  'connect-timeout': 'connect-failed',
  lost: 'lost',
  'read-timeout': 'timeout',
};

/**
 * httpd: only a connection that could not be made moves a request to another member, and only one that puts its member
 * in error. @see source: httpd `proxy_handler`, which goes on while the worker is not usable.
 */
export class HttpdAttempts implements AttemptPolicy {
  readonly product = 'httpd';
  readonly pingTimeoutS = 0;
  readonly pauseS = 0;
  readonly connectTimeoutS: number;
  readonly readTimeoutS: number;
  private readonly policy: HttpdPolicy;

  constructor(policy: HttpdPolicy) {
    this.policy = policy;
    this.connectTimeoutS = policy.connectionTimeoutS;
    this.readTimeoutS = policy.timeoutS;
  }

  begin(): Progress {
    return { ended: 0, triesLeft: 0, attempts: 0, pauses: 0 };
  }

  after({ end, isNeverInError }: FailedAttempt, progress: Progress) {
    const { outcome, isRetried } = httpdAfterAttempt({ end: httpdEnds[end], attempt: progress.ended }, this.policy);
    progress.ended += 1;
    const step: Step = isRetried && isNeverInError !== true ? 'again' : 'end';
    return { outcome, step };
  }

  withoutServer(): Step {
    return 'end';
  }
}

/** mod_jk: rounds over the workers with a pause between them, whatever has been executed. */
export class JkAttempts implements AttemptPolicy {
  readonly product = 'mod_jk';
  readonly connectTimeoutS: number;
  readonly readTimeoutS: number;
  readonly pingTimeoutS: number;
  readonly pauseS: number;
  private readonly policy: JkPolicy;
  private readonly workers: number;
  private readonly silentEnd: JkAttempt['end'];

  constructor(policy: JkPolicy, workers: number) {
    const { socketTimeoutS, replyTimeoutMs, socketConnectTimeoutMs, prepostTimeoutMs, retryIntervalMs } = policy;
    const orNever = (limitS: number): number => (limitS > 0 ? limitS : Number.POSITIVE_INFINITY);
    this.policy = policy;
    this.workers = workers;
    this.connectTimeoutS = orNever(socketConnectTimeoutMs / 1000);
    this.readTimeoutS = Math.min(orNever(socketTimeoutS), orNever(replyTimeoutMs / 1000));
    this.silentEnd = this.readTimeoutS === replyTimeoutMs / 1000 ? 'reply-timeout' : 'lost';
    this.pingTimeoutS = prepostTimeoutMs / 1000;
    this.pauseS = retryIntervalMs / 1000;
  }

  begin(): Progress {
    return { ended: 0, triesLeft: 0, attempts: 0, pauses: 0 };
  }

  after({ end, method }: FailedAttempt, progress: Progress) {
    const hasConnected = end === 'lost' || end === 'read-timeout';
    const afterSending = end === 'read-timeout' ? this.silentEnd : 'lost';
    const how: JkAttempt['end'] = hasConnected ? afterSending : 'connect-failed';
    const { outcome, isRecoverable } = jkAfterAttempt({ end: how, method, isHeaderSent: false }, this.policy);
    progress.ended += 1;
    const step: Step = isRecoverable ? jkNextStep(progress, this.policy, this.workers) : 'end';
    return { outcome, step };
  }

  withoutServer(progress: Progress): Step {
    return jkNextStep(progress, this.policy, this.workers);
  }
}
