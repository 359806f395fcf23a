import { milliseconds } from '../../sim/time.ts';
import { draw } from '../request-flow.ts';
import { requestDoes } from '../requests.ts';
import type { Batch, Step } from '../stores/store-batch.ts';
import type { StoreCall } from '../stores/store-call.ts';
import { attributesOf, streamBytes } from './attribute-sizes.ts';
import { commandBytes, NUMBER_BYTES, valueBytes } from './redis-sizes.ts';
import { RedisStrategy } from './redis-strategy.ts';
import type { StrategyHost } from './strategy.ts';

/** Lengths of `spring:session:sessions:` and a UUID, of `sessionAttr:`, and of a time as field and JDK stream. */
const KEY_LENGTH = 60;
const ATTRIBUTE_PREFIX = 12;
const TIME_FIELD = 16;
const TIME_BYTES = 82;
const TIMES_OF_SESSION = 3;
/** Lettuce keeps commands while it reconnects, about once a second. */
const RECONNECT_NS = 1e9;

/**
 * Spring Session with Redis: no session in the Tomcats. HGETALL when a request first asks for it; when the response is
 * committed EXISTS, HSET of what changed (the time of access always), PEXPIREAT; a response committed early is saved
 * once more at the end.
 *
 * Model: per request one value of the session; with ON_GET_ATTRIBUTE and ALWAYS a request that only read writes back
 * what it read. The save precedes the response, so no client sees a response whose changes are not in Redis.
 * @see source: spring-session 206fb60, SessionRepositoryFilter, RedisSessionRepository.
 */
export class SpringSession extends RedisStrategy {
  private readonly isImmediate: boolean;
  private readonly saveMode: 'ON_SET_ATTRIBUTE' | 'ON_GET_ATTRIBUTE' | 'ALWAYS';
  private readonly earlyRatio: number;
  private readonly timeStep: Step;
  private readonly fields: readonly Step[];
  private readonly wholeBytes: number;
  /** Request of an HSET with attributes. */
  private readonly deltaBytes: number;

  constructor(host: StrategyHost) {
    const { replication, session } = host.scenario;
    if (replication.strategy !== 'spring-session')
      throw new Error(`SpringSession with the options of ${replication.strategy}`);
    const timeoutNs = milliseconds(replication.timeoutMs);
    super(host, { timeoutNs, retries: Math.floor(timeoutNs / RECONNECT_NS), pauseNs: RECONNECT_NS });
    this.isImmediate = replication.flushMode === 'IMMEDIATE';
    this.saveMode = replication.saveMode;
    this.earlyRatio = replication.earlyCommitRatio;
    this.timeStep = ['HSET', commandBytes(4, KEY_LENGTH, TIME_FIELD, TIME_BYTES), NUMBER_BYTES];
    this.fields = attributesOf(host.scenario).map((attribute) => [
      'HSET',
      commandBytes(4, KEY_LENGTH, ATTRIBUTE_PREFIX + attribute.name.length, streamBytes(attribute)),
      NUMBER_BYTES,
    ]);
    this.wholeBytes = session.bytes;
    this.deltaBytes = this.delta(true)[1];
  }

  private readonly expiry: Step = ['PEXPIREAT', commandBytes(9, KEY_LENGTH, 13), NUMBER_BYTES];
  private readonly exists: Step = ['EXISTS', commandBytes(6, KEY_LENGTH), NUMBER_BYTES];

  private get all(): Step {
    return [
      'HGETALL',
      commandBytes(7, KEY_LENGTH),
      valueBytes(this.wholeBytes) + TIMES_OF_SESSION * (TIME_FIELD + TIME_BYTES + 12),
    ];
  }

  /** HSET of the time of access and, if asked for, of attributes: those of a write, or the whole session. */
  private delta(isWithAttributes: boolean): Step {
    const [, bytes, answer] = this.timeStep;
    if (!isWithAttributes) return ['HSET', bytes, answer];
    const more =
      this.saveMode === 'ALWAYS'
        ? this.wholeBytes
        : this.fields.reduce((sum, step) => sum + step[1] - KEY_LENGTH - 20, 0);
    return ['HSET', bytes + more, answer];
  }

  private isEarly(slot: number): boolean {
    return (
      this.earlyRatio > 0 && this.host.drawFor(this.host.requests.session[slot], draw.COMMITS_EARLY) < this.earlyRatio
    );
  }

  protected override readBatch(slot: number): Batch | null {
    if (this.host.requests.does[slot] === requestDoes.IGNORE) return null;
    const known = this.batches.get(0, 0);
    if (known !== undefined) return known;
    return this.batches.add(0, 0, this.isImmediate ? [this.all, this.delta(false), this.expiry] : [this.all]);
  }

  /** Whether attributes go to Redis with the request, by setAttribute or by having been read. */
  private savesAttributes(slot: number): boolean {
    const does = this.host.requests.does[slot];
    if (does === requestDoes.WRITE || this.saveMode === 'ALWAYS') return true;
    return this.saveMode === 'ON_GET_ATTRIBUTE' && does !== requestDoes.TOUCH;
  }

  protected override writeBatch(slot: number): Batch | null {
    const { requests } = this.host;
    const creates = requests.creates[slot] === 1;
    const does = requests.does[slot];
    if (does === requestDoes.IGNORE && !creates) return null;
    const isSaved = this.savesAttributes(slot);
    const isEarly = this.isEarly(slot);
    const key = 1 + (creates ? 1 : 0) + (isSaved ? 2 : 0) + (isEarly ? 4 : 0) + (does === requestDoes.WRITE ? 8 : 0);
    const known = this.batches.get(0, key);
    return known ?? this.batches.add(0, key, this.stepsAfter(creates, does, isSaved, isEarly));
  }

  private stepsAfter(creates: boolean, does: number, isSaved: boolean, isEarly: boolean): Step[] {
    const again = isEarly ? [this.all, this.exists] : [];
    if (!this.isImmediate) return [...(creates ? [] : [this.exists]), this.delta(isSaved), this.expiry, ...again];
    const sets = does === requestDoes.WRITE ? this.fields.flatMap((field) => [field, this.expiry]) : [];
    const rest = isSaved && does !== requestDoes.WRITE ? [this.delta(true), this.expiry] : [];
    const creation = creates ? [this.delta(false), this.expiry, this.delta(false), this.expiry] : [];
    return [...creation, ...sets, this.exists, ...rest, ...again];
  }

  protected override versionToWrite(slot: number): number {
    const { requests } = this.host;
    if (requests.wrote[slot] >= 0) return requests.wrote[slot];
    return this.savesAttributes(slot) || requests.creates[slot] === 1 ? requests.read[slot] : -1;
  }

  protected override serialiseNs(slot: number): number {
    if (this.host.requests.does[slot] === requestDoes.IGNORE) return 0;
    return this.host.sendCpuNs(this.savesAttributes(slot) ? this.deltaBytes : this.timeStep[1]);
  }

  /** Saving a session that is gone is an error, and does not bring it back. */
  protected override stored(call: StoreCall, found: number): void {
    if (found < 0 && !this.isNew(call)) call.version = -1;
    else super.stored(call, found);
  }

  private isNew(call: StoreCall): boolean {
    return this.isCurrent(call) && this.host.requests.creates[call.slot] === 1;
  }

  protected override get keepsMutations(): boolean {
    return this.saveMode !== 'ON_SET_ATTRIBUTE';
  }

  protected override endBatch(_idLength: number): Batch {
    const known = this.batches.get(0, 999);
    return known ?? this.batches.add(0, 999, [['DEL', commandBytes(3, KEY_LENGTH), NUMBER_BYTES]]);
  }
}
