import type { PickRequest } from './balancer.ts';
import { crc32 } from './crc32.ts';

/**
 * A `PickRequest` to be filled again and again.
 *
 * ```
 * request.begin(timeNs, worker);
 * request.setKey(sessionId);
 * let server = balancer.pick(request);
 * // the attempt failed and may be repeated elsewhere:
 * request.reject(server);
 * server = balancer.pick(request);
 * ```
 */
export class ReusablePickRequest implements PickRequest {
  timeNs = 0;
  worker = 0;
  address = 0;
  addressBytes: Uint8Array | null = null;
  keyCrc32 = 0;
  hasKey = false;
  routeServer = -1;
  hasSession = false;
  readonly tried: Uint8Array;
  triedCount = 0;
  hashState = -1;
  hashTries = 0;
  hashCount = 0;
  isLastResort = false;
  private keyText = '';

  constructor(serverCount: number) {
    this.tried = new Uint8Array(serverCount);
  }

  /** Forgets the previous request; no address, no key, no session. */
  begin(timeNs: number, worker: number): void {
    this.timeNs = timeNs;
    this.worker = worker;
    this.address = 0;
    this.addressBytes = null;
    this.hasKey = false;
    this.keyText = '';
    this.routeServer = -1;
    this.hasSession = false;
    if (this.triedCount > 0) this.tried.fill(0);
    this.triedCount = 0;
    this.hashState = -1;
    this.hashTries = 0;
    this.hashCount = 0;
    this.isLastResort = false;
  }

  /** Sets the hashed key; '' = none. @param key - one character per byte; `byteString` makes that of other text. */
  setKey(key: string): void {
    this.keyText = key;
    this.hasKey = key !== '';
    this.keyCrc32 = crc32(key);
  }

  key(): string {
    return this.keyText;
  }

  /** Forgets at which servers this request has failed: mod_jk after a pause. */
  forgetTried(): void {
    this.tried.fill(0);
    this.triedCount = 0;
  }

  /** Notes that this request has failed at a server. */
  reject(server: number): void {
    if (this.tried[server] === 0) this.triedCount += 1;
    this.tried[server] = 1;
  }
}
