import { milliseconds } from '../../sim/time.ts';
import { requestDoes } from '../requests.ts';
import type { Batch, Step } from '../stores/store-batch.ts';
import type { StoreCall } from '../stores/store-call.ts';
import { attributesOf, streamBytes } from './attribute-sizes.ts';
import { PublishedVersions } from './published-versions.ts';
import { commandBytes, NUMBER_BYTES, OK_BYTES, valueBytes } from './redis-sizes.ts';
import { RedisStrategy, redisDoes } from './redis-strategy.ts';
import { lookup, type StrategyHost } from './strategy.ts';

/** Lengths of `redisson:tomcat_session:` and of a field of the session itself, name and value (values assumed). */
const KEY_PREFIX = 24;
const TIME_FIELD = 24;
const TIME_BYTES = 9;
const META_FIELDS = 9;
const SAVED_FIELDS = 6;
/** `redisson:tomcat_session_updates:` with a context, and what a message holds besides its value (assumed). */
const CHANNEL = 40;
const MESSAGE_BYTES = 60;

/**
 * redisson-tomcat: a session is a hash in Redis, one field per attribute; every access is a command that is waited for.
 *
 * ```
 *   REDIS:   3 x findSession (UsageValve: 2 of them), access, HGET per attribute | servlet | HSET per set, endAccess
 *   MEMORY:  findSession, access; attributes from the local copy                 | servlet | HSET and PUBLISH per set, endAccess
 *   AFTER_REQUEST: nothing per set, HMSET and PEXPIRE at the end, whether or not anything was set
 * ```
 * Model: the commands of a phase count as one batch; endAccess, which Tomcat calls when it recycles the request, precedes
 * the response here. What a request reads is one version of the session.
 * @see source: redisson 6686397, redisson-tomcat RedissonSessionManager, RedissonSession, UsageValve, UpdateValve.
 */
export class Redisson extends RedisStrategy {
  readonly hasOwnCopies: boolean;
  private readonly isMemory: boolean;
  private readonly isAfterRequest: boolean;
  private readonly isPublished: boolean;
  private readonly tellsEnd: boolean;
  private readonly attributes: readonly { name: number; bytes: number }[];
  private readonly local: PublishedVersions;
  private readonly heard: Float64Array;
  private readonly wholeBytes: number;
  private readonly resubscribeNs: number;

  constructor(host: StrategyHost) {
    const { replication, session } = host.scenario;
    if (replication.strategy !== 'redisson') throw new Error(`Redisson with the options of ${replication.strategy}`);
    super(host, {
      timeoutNs: milliseconds(replication.timeoutMs),
      retries: replication.retryAttempts,
      pauseNs: milliseconds(replication.retryIntervalMs),
    });
    this.isMemory = replication.readMode === 'MEMORY';
    this.hasOwnCopies = this.isMemory;
    this.isAfterRequest = replication.updateMode === 'AFTER_REQUEST';
    this.isPublished = this.isMemory && replication.broadcastSessionUpdates;
    this.tellsEnd = replication.broadcastSessionEvents;
    this.attributes = attributesOf(host.scenario).map((one) => ({ name: one.name.length, bytes: streamBytes(one) }));
    this.wholeBytes = session.bytes;
    this.local = new PublishedVersions(host);
    this.heard = new Float64Array(host.nodes.count);
    this.resubscribeNs = milliseconds(replication.retryIntervalMs);
    this.redis.subscribers = this.isPublished ? host.nodes.count : 0;
  }

  protected override place(session: number, version: number): void {
    super.place(session, version);
    this.local.begin(session);
  }

  override adopt(session: number, node: number): void {
    super.adopt(session, node);
    this.local.hold(session, node, 0);
  }

  private publish(bytes: number): Step[] {
    return this.isPublished ? [['PUBLISH', commandBytes(7, CHANNEL, MESSAGE_BYTES + bytes), NUMBER_BYTES]] : [];
  }

  private expiry(key: number): Step {
    return ['PEXPIRE', commandBytes(7, key, 7), NUMBER_BYTES];
  }

  private times(key: number, fields: number): Step {
    const pairs = Array.from({ length: fields }, () => [TIME_FIELD, TIME_BYTES]).flat();
    return ['HMSET', commandBytes(5, key, ...pairs), OK_BYTES];
  }

  /** access() and endAccess(): one field, the expiry, the news. */
  private accessed(key: number): Step[] {
    return [
      ['HSET', commandBytes(4, key, TIME_FIELD, TIME_BYTES), NUMBER_BYTES],
      this.expiry(key),
      ...this.publish(TIME_BYTES),
    ];
  }

  private found(key: number): Step[] {
    return [this.times(key, 2), this.expiry(key), ...this.publish(2 * TIME_BYTES)];
  }

  /** findSession on a node that has never seen the session. */
  private foundFirst(key: number): Step[] {
    const fields = Array.from({ length: META_FIELDS }, () => TIME_FIELD);
    const answer = META_FIELDS * valueBytes(TIME_BYTES);
    return [
      ['HMGET', commandBytes(5, key, ...fields), answer],
      this.times(key, SAVED_FIELDS),
      this.expiry(key),
      ...this.publish(6 * TIME_BYTES),
    ];
  }

  private isTouched(slot: number): boolean {
    const does = this.host.requests.does[slot];
    return does !== requestDoes.TOUCH && does !== requestDoes.IGNORE;
  }

  protected override readBatch(slot: number): Batch | null {
    const { requests } = this.host;
    const node = requests.node[slot];
    const isTouched = this.isTouched(slot);
    if (this.isMemory && requests.does[slot] === requestDoes.IGNORE) return null;
    const isFirst = !this.local.isHeldAt(requests.session[slot], node);
    const key = KEY_PREFIX + this.host.idLength(node);
    const place = (isFirst ? 1 : 0) + (isTouched ? 2 : 0);
    return this.batches.get(key, place) ?? this.batches.add(key, place, this.stepsBefore(key, isFirst, isTouched));
  }

  private stepsBefore(key: number, isFirst: boolean, isTouched: boolean): Step[] {
    const first = isFirst ? this.foundFirst(key) : this.found(key);
    if (this.isMemory) return [...first, ...this.accessed(key), ...(isFirst && isTouched ? [this.wholeMap(key)] : [])];
    const gets = isTouched
      ? this.attributes.map((one): Step => ['HGET', commandBytes(4, key, one.name), valueBytes(one.bytes)])
      : [];
    return [...first, ...this.found(key), ...this.found(key), ...this.accessed(key), ...gets];
  }

  private wholeMap(key: number): Step {
    return ['HGETALL', commandBytes(7, key), valueBytes(this.wholeBytes + META_FIELDS * (TIME_FIELD + TIME_BYTES))];
  }

  protected override writeBatch(slot: number): Batch | null {
    const { requests } = this.host;
    const creates = requests.creates[slot] === 1;
    const isWrite = this.writes(slot);
    if (this.isMemory && requests.does[slot] === requestDoes.IGNORE && !creates) return null;
    const key = KEY_PREFIX + this.host.idLength(requests.node[slot]);
    const place = 10 + (creates ? 1 : 0) + (isWrite ? 2 : 0);
    return this.batches.get(key, place) ?? this.batches.add(key, place, this.stepsAfter(key, creates, isWrite));
  }

  private stepsAfter(key: number, creates: boolean, isWrite: boolean): Step[] {
    const save = [this.times(key, SAVED_FIELDS), this.expiry(key), ...this.publish(6 * TIME_BYTES)];
    const sets = isWrite && !this.isAfterRequest ? this.attributes.flatMap((one) => this.setOne(key, one)) : [];
    const update = this.isAfterRequest ? this.update(key, isWrite) : [];
    return [...(creates ? [...save, ...this.accessed(key)] : []), ...sets, ...update, ...this.accessed(key)];
  }

  private setOne(key: number, { name, bytes }: { name: number; bytes: number }): Step[] {
    return [['HSET', commandBytes(4, key, name, bytes), NUMBER_BYTES], ...this.publish(name + bytes)];
  }

  /** UpdateValve: times and attributes in one command; in MEMORY mode all attributes, else those that were set. */
  private update(key: number, isWrite: boolean): Step[] {
    const set = this.attributes.reduce((sum, { name, bytes }) => sum + name + bytes + 15, 0);
    const more = this.isMemory ? this.wholeBytes : isWrite ? set : 0;
    const [name, bytes, answer] = this.times(key, SAVED_FIELDS);
    return [[name, bytes + more, answer], this.expiry(key), ...this.publish(more)];
  }

  override begin(slot: number): number {
    const { requests } = this.host;
    const node = requests.node[slot];
    this.hear(node);
    const answer = super.begin(slot);
    if (answer === lookup.FOUND && requests.creates[slot] === 1) this.local.hold(requests.session[slot], node, 0);
    return answer;
  }

  /** The node's subscription threads have read what was published since the last request here. */
  private hear(node: number): void {
    if (!this.isPublished) return;
    const { nodes, sim } = this.host;
    const news = this.local.publications - this.heard[node];
    this.heard[node] = this.local.publications;
    if (news > 0) nodes.cpus[node].offer(sim.nowNs, news * this.clientNs);
  }

  override storeApplied(call: StoreCall): void {
    super.storeApplied(call);
    if (this.isPublished && call.does !== redisDoes.END) {
      for (const { kind, messages } of call.batch.sums)
        if (kind === this.redis.publishKind) this.local.publications += messages;
    }
    if (call.does !== redisDoes.READ) return;
    const { session, node } = call;
    const local = this.isMemory ? this.local.versionAt(session, node) : -1;
    if (local >= 0) call.version = local;
    if (call.version >= 0) this.local.hold(session, node, call.version);
  }

  protected override stored(call: StoreCall, found: number): void {
    super.stored(call, found);
    const { session, node, version, server, doneNs } = call;
    this.local.hold(session, node, version);
    if (!this.isPublished) return;
    const isAway = this.redis.resubscribedNs(this.resubscribeNs) > doneNs;
    const isMissing = (other: number): boolean => other !== node && (isAway || !this.redis.cuts.reaches(other, server));
    this.local.publish(session, version, doneNs, isAway || this.redis.cuts.hasAny ? isMissing : null);
  }

  protected override versionToWrite(slot: number): number {
    const { requests } = this.host;
    if (requests.wrote[slot] >= 0) return requests.wrote[slot];
    const isAll = this.isAfterRequest && this.isMemory && this.isTouched(slot);
    return isAll || requests.creates[slot] === 1 ? requests.read[slot] : -1;
  }

  protected override serialiseNs(slot: number): number {
    return this.writes(slot) ? this.host.sendCpuNs(this.attributes.reduce((sum, { bytes }) => sum + bytes, 0)) : 0;
  }

  protected override get keepsMutations(): boolean {
    return this.isAfterRequest && this.isMemory;
  }

  override survivors(session: number, into: Set<number>): void {
    super.survivors(session, into);
    if (this.isMemory) this.local.survivors(session, into);
  }

  protected override endBatch(idLength: number): Batch {
    const key = KEY_PREFIX + idLength;
    const known = this.batches.get(key, 999);
    if (known !== undefined) return known;
    if (!this.tellsEnd) return this.batches.add(key, 999, [['DEL', commandBytes(3, key), NUMBER_BYTES]]);
    return this.batches.add(key, 999, [
      ['HSET', commandBytes(4, key, TIME_FIELD, 40), NUMBER_BYTES],
      this.expiry(key),
      ['PUBLISH', commandBytes(7, CHANNEL, MESSAGE_BYTES), NUMBER_BYTES],
    ]);
  }

  override memoryBytes(node: number): number {
    if (!this.isMemory) return 0;
    const { sessions, nodes } = this.host;
    const idle = nodes.isUp(node) ? this.host.idleSessions(node) : 0;
    return (idle + sessions.countLive((row) => this.local.isHeldAt(row, node))) * this.wholeBytes;
  }
}
