import { milliseconds } from '../../sim/time.ts';
import { requestDoes } from '../requests.ts';
import type { Batch, Step } from '../stores/store-batch.ts';
import { attributesOf } from './attribute-sizes.ts';
import { commandBytes, NUMBER_BYTES, OK_BYTES, valueBytes } from './redis-sizes.ts';
import { RedisStrategy } from './redis-strategy.ts';
import type { StrategyHost } from './strategy.ts';

/** Serialised session without its attributes (assumed, as memcached-session-manager) [bytes]. */
const HEADER_BYTES = 90;

/**
 * tomcat-redis-session-manager (jcoleman): the whole session is one value. GET when a request first asks for it; at
 * the end SET when it changed (also in place: the serialised attributes are compared), and always EXPIRE.
 *
 * Model: with SAVE_ON_CHANGE each setAttribute is SET and EXPIRE, at the end EXPIRE alone. Whole values: the request that
 * ends last wins, and with ALWAYS_SAVE_AFTER_REQUEST one that only read writes back what it read.
 * @see source: jcoleman/tomcat-redis-session-manager bb72ab2, RedisSessionManager.save, RedisSession.setAttribute.
 */
export class RedisManager extends RedisStrategy {
  private readonly policy: 'DEFAULT' | 'SAVE_ON_CHANGE' | 'ALWAYS_SAVE_AFTER_REQUEST';
  private readonly sets: number;
  private readonly blob: number;

  constructor(host: StrategyHost) {
    const { replication, session } = host.scenario;
    if (replication.strategy !== 'redis-manager')
      throw new Error(`RedisManager with the options of ${replication.strategy}`);
    super(host, { timeoutNs: milliseconds(replication.timeoutMs), retries: 0, pauseNs: 0 });
    this.policy = replication.sessionPersistPolicies;
    this.sets = attributesOf(host.scenario).length;
    this.blob = HEADER_BYTES + session.bytes;
  }

  private get(key: number): Step {
    return ['GET', commandBytes(3, key), valueBytes(this.blob)];
  }

  private set(key: number): Step {
    return ['SET', commandBytes(3, key, this.blob), OK_BYTES];
  }

  private expiry(key: number): Step {
    return ['EXPIRE', commandBytes(6, key, 4), NUMBER_BYTES];
  }

  protected override readBatch(slot: number): Batch | null {
    const { requests } = this.host;
    if (requests.does[slot] === requestDoes.IGNORE) return null;
    const key = this.host.idLength(requests.node[slot]);
    return this.batches.get(key, 0) ?? this.batches.add(key, 0, [this.get(key)]);
  }

  /** Writes of the whole session: as they are set, and at the end. */
  private counts(slot: number): { onChange: number; atEnd: boolean } {
    const { requests } = this.host;
    const isWrite = this.writes(slot);
    const onChange = this.policy === 'SAVE_ON_CHANGE' && isWrite ? this.sets : 0;
    const isNewOrChanged = requests.creates[slot] === 1 || isWrite;
    const isMutated = requests.does[slot] === requestDoes.MUTATE;
    const atEnd = this.policy === 'ALWAYS_SAVE_AFTER_REQUEST' || isMutated || (isNewOrChanged && onChange === 0);
    return { onChange, atEnd };
  }

  protected override writeBatch(slot: number): Batch | null {
    const { requests } = this.host;
    const creates = requests.creates[slot] === 1;
    if (requests.does[slot] === requestDoes.IGNORE && !creates) return null;
    const key = this.host.idLength(requests.node[slot]);
    const { onChange, atEnd } = this.counts(slot);
    const place = 1 + (creates ? 1 : 0) + (atEnd ? 2 : 0) + 4 * onChange;
    const known = this.batches.get(key, place);
    if (known !== undefined) return known;
    return this.batches.add(key, place, [
      ...(creates ? [['SETNX', commandBytes(5, key, 4), NUMBER_BYTES] as Step] : []),
      ...Array.from({ length: onChange }, () => [this.set(key), this.expiry(key)]).flat(),
      ...(atEnd ? [this.set(key)] : []),
      this.expiry(key),
    ]);
  }

  protected override versionToWrite(slot: number): number {
    const { requests } = this.host;
    const { onChange, atEnd } = this.counts(slot);
    if (!atEnd && onChange === 0) return -1;
    return requests.wrote[slot] >= 0 ? requests.wrote[slot] : requests.read[slot];
  }

  protected override serialiseNs(slot: number): number {
    const { requests } = this.host;
    if (requests.does[slot] === requestDoes.IGNORE) return 0;
    const { onChange, atEnd } = this.counts(slot);
    return (onChange + (atEnd ? 1 : 0) + 1) * this.host.sendCpuNs(this.blob);
  }

  protected override get keepsMutations(): boolean {
    return true;
  }

  protected override endBatch(idLength: number): Batch {
    const known = this.batches.get(idLength, 999);
    return known ?? this.batches.add(idLength, 999, [['DEL', commandBytes(3, idLength), NUMBER_BYTES]]);
  }
}
