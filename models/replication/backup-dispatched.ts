import { kindCode, TomcatSizes } from '../messages.ts';
import { requestNext } from '../requests.ts';
import { found, type KeyMessage, processed, search } from './key-message.ts';
import { entryRole, MapEntries, type MapEntry } from './map-entries.ts';
import { type MapAbout, sends } from './map-message.ts';
import { ReplicatedMap } from './replicated-map.ts';
import { lookup, type StrategyHost } from './strategy.ts';
import { losesDelta } from './unserialisable.ts';

/**
 * BackupManager with `mapSendOptions` 8: nobody waits for the messages of the map, and they overtake each other.
 *
 * ```
 *   at the backup, under another route:  BACKUP(old id), PROXY(old id), REMOVE(old id), BACKUP(new id), PROXY(new id), ... diff
 *                                                             `---- overtakes PROXY: the old id stays behind at a node
 *   when the id comes back to that node: REMOVE(new id) first, because the map has an entry; that REMOVE may overtake nothing,
 *                                        or come last and take the new entry away: the next request gets a new session
 * ```
 * Every node's map is what the messages that it has processed have made of it: a diff for an unknown key makes an entry
 * without a value, a late BACKUP or PROXY ends a primary, a late REMOVE takes a session away, and whoever asks a node that
 * has no entry is told so and makes a new session.
 *
 * Model: the thread of a request hands over its messages one after the other; the dispatcher's lag counts from when it comes to one, as in
 * DeltaManager, whose lag it is. After a death all go on from who is primary and who is backup.
 * @see source: Tomcat 10.1 AbstractReplicatedMap.get, put, remove, replicate, messageReceived, replyRequest;
 * LazyReplicatedMap.publishEntryInfo; JvmRouteBinderValve.handleJvmRoute; ManagerBase.changeSessionId.
 */
export class BackupDispatched extends ReplicatedMap {
  private readonly entries: MapEntries;
  /** When the thread that works on a request now has handed over its last message [ns]. */
  private threadNs = 0;
  /** Processor time of the messages that a request has sent before its servlet began, by slot [ns]. */
  private readonly sentNs = new Map<number, number>();

  constructor(host: StrategyHost) {
    super(host);
    this.entries = new MapEntries(host.sessions, host.nodes);
  }

  /** The id that the client of a session holds; without routes there is only one. */
  private keyOf(session: number): number {
    return this.host.scenario.balancer.jvmRoute ? this.host.sessions.route.get(session) : 0;
  }

  private entryOf(session: number, key: number, node: number): MapEntry {
    this.entries.openSettled(session, this.keyOf(session));
    return this.entries.entry(session, key, node);
  }

  begin(slot: number): number {
    const { requests, sessions, sim } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.threadNs = sim.nowNs;
    this.sentNs.delete(slot);
    if (requests.creates[slot] === 0) return this.look(slot, search.COOKIE);
    this.entries.forget(session);
    this.entries.openNew(session);
    sessions.route.set(session, node);
    requests.read[slot] = 0;
    this.put(slot, this.keyOf(session), 0, true);
    return lookup.FOUND;
  }

  /** Looks for the session as JvmRouteBinderValve and then the request itself do. */
  private look(slot: number, which: number): number {
    const { requests } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const cookie = this.keyOf(session);
    const isRenamed = this.isRenamed(session, node);
    const key = which === search.RENAMED ? node : cookie;
    const answer = this.get(slot, key, which);
    if (answer === lookup.FOUND) this.isFound(slot, key, which);
    if (answer !== lookup.ABSENT || !isRenamed || which === search.AGAIN) return answer;
    return this.look(slot, which + 1);
  }

  private isRenamed(session: number, node: number): boolean {
    const { scenario, sessions, misdirection } = this.host;
    if (!scenario.balancer.jvmRoute || scenario.misconfiguration.noBinderValve) return false;
    return !misdirection.sharesRoute(sessions.route.get(session), node);
  }

  /** AbstractReplicatedMap.get: this node becomes primary of whatever it finds. */
  private get(slot: number, key: number, which: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (!this.entries.of(session) && key === this.keyOf(session) && this.owns(node, session)) {
      requests.read[slot] = sessions.headVersion.get(session);
      return lookup.FOUND;
    }
    const entry = this.entryOf(session, key, node);
    if (entry.role === entryRole.NONE) return this.absent(session);
    if (entry.role === entryRole.PROXY) return this.retrieveFrom(slot, key, entry.backup, which);
    if (entry.role === entryRole.BACKUP) {
      if (entry.value >= 0) entry.backup = this.tell(slot, key, entry.value, false);
      else entry.backup = -1;
      this.becomesPrimary(session, node, entry);
    }
    if (entry.value < 0) return this.absent(session);
    requests.read[slot] = entry.value;
    return lookup.FOUND;
  }

  private absent(session: number): number {
    this.entries.settle(session, this.keyOf(session));
    return lookup.ABSENT;
  }

  private becomesPrimary(session: number, node: number, entry: MapEntry): void {
    entry.role = entryRole.PRIMARY;
    this.own(session, node, Math.max(0, entry.value));
    this.host.sessions.second.set(session, entry.backup);
    this.host.sessions.secondVersion.set(session, -1);
  }

  /** The session is there under `key`: JvmRouteBinderValve changes an id that has another node's route. */
  private isFound(slot: number, key: number, which: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (which === search.COOKIE && this.isRenamed(session, node)) {
      const version = requests.read[slot];
      this.remove(slot, key);
      sessions.epoch.add(session, 1);
      this.put(slot, node, version, false);
    }
    if (which !== search.AGAIN && this.host.scenario.balancer.jvmRoute) sessions.route.set(session, node);
  }

  /** AbstractReplicatedMap.remove: the others are told if this node has an entry, whatever that is. */
  private remove(slot: number, key: number): void {
    const { requests, sizes } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const entry = this.entryOf(session, key, node);
    if (entry.role === entryRole.NONE) return;
    Object.assign(entry, { role: entryRole.NONE, backup: -1, value: -1 });
    const bytes = sizes.removed(this.host.idLength(node));
    const about = { slot, session, node, isRepublished: false };
    this.dispatch(about, this.others(node), { kind: kindCode['id-changed'], bytes, does: sends.REMOVE, key });
  }

  /** AbstractReplicatedMap.put. */
  private put(slot: number, key: number, version: number, isEmpty: boolean): void {
    const { requests } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.remove(slot, key);
    const entry = this.entryOf(session, key, node);
    entry.value = version;
    entry.backup = this.tell(slot, key, version, isEmpty);
    this.becomesPrimary(session, node, entry);
  }

  /** LazyReplicatedMap.publishEntryInfo. @returns the backup, -1 if there is nobody. */
  private tell(slot: number, key: number, version: number, isEmpty: boolean): number {
    const { requests } = this.host;
    const about = { slot, session: requests.session[slot], node: requests.node[slot], isRepublished: false };
    return this.publishTo(about, key, version, isEmpty);
  }

  private publishTo(about: MapAbout, key: number, version: number, isEmpty: boolean): number {
    const { sizes, sessions } = this.host;
    const { node, session } = about;
    const backup = this.chooseBackup(node);
    if (backup < 0) return -1;
    const idLength = this.host.idLength(node);
    const wholeBytes = isEmpty ? 0 : sessions.bytesOf(session, sizes.wholeBytes);
    const whole = { kind: kindCode.backup, bytes: sizes.backup(idLength, wholeBytes), does: sends.WHOLE };
    this.dispatch(about, [backup], { ...whole, key, backup, version });
    const proxies = this.others(node).filter((other) => other !== backup);
    const proxy = { kind: kindCode.proxy, bytes: sizes.proxy(idLength), does: sends.PROXY };
    this.dispatch(about, proxies, { ...proxy, key, backup });
    return backup;
  }

  /** One send of the channel. */
  private dispatch(
    about: MapAbout,
    to: readonly number[],
    what: {
      kind: number;
      bytes: number;
      does: number;
      key: number;
      backup?: number;
      version?: number;
      search?: number;
    },
  ): void {
    const { requests, sessions, unicasts, sim } = this.host;
    const { slot, session, node } = about;
    const open = this.entries.of(session) ?? null;
    if (open) open.underWay += to.length;
    const messages = to.map(
      (other): KeyMessage => ({
        from: node,
        to: other,
        kind: what.kind,
        bytes: what.bytes,
        does: what.does,
        isAcknowledged: this.mode.isAcknowledged,
        isAckedFirst: !this.mode.isAppliedFirst,
        answerBytes: what.does === sends.RETRIEVE ? 1 : 0,
        hasEffect: true,
        owner: this,
        slot: what.does === sends.RETRIEVE ? slot : -1,
        generation: slot >= 0 ? requests.generation[slot] : 0,
        session,
        version: what.version ?? -1,
        epoch: session < 0 ? 0 : sessions.epoch.get(session),
        mutations: session < 0 ? 0 : sessions.mutationsAt(session, node),
        isRepublished: about.isRepublished && what.kind === kindCode.backup,
        key: what.key,
        backup: what.backup ?? -1,
        search: what.search ?? search.COOKIE,
        open,
      }),
    );
    const cpuNs = this.host.sendCpuNs(what.bytes);
    const handedNs = Math.max(this.threadNs, sim.nowNs);
    this.threadNs = handedNs + cpuNs;
    if (slot >= 0 && what.does !== sends.DIFF) this.sentNs.set(slot, (this.sentNs.get(slot) ?? 0) + cpuNs);
    unicasts.dispatch(messages, handedNs, this.mode);
  }

  private retrieveFrom(slot: number, key: number, holder: number, which: number): number {
    const { requests, sizes } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (holder < 0 || holder === node) return this.absent(session);
    const about = { slot, session, node, isRepublished: false };
    const bytes = sizes.retrieve(this.host.idLength(node));
    this.dispatch(about, [holder], { kind: kindCode.retrieve, bytes, does: sends.RETRIEVE, key, search: which });
    return lookup.OPEN;
  }

  unicastApplied(message: KeyMessage): void {
    const { session, does, to, key } = message;
    if (does === sends.IDLE) return;
    const { sessions, sizes } = this.host;
    if (this.isPlain(message)) {
      if (message.version >= 0) sessions.secondVersion.set(session, message.version);
      return;
    }
    const entry = this.entryOf(session, key, to);
    if (does === sends.RETRIEVE) {
      const idLength = this.host.idLength(message.from);
      message.version = entry.role === entryRole.NONE ? found.NO_ENTRY : entry.value;
      if (message.version >= 0)
        message.answerBytes = sizes.retrieved(idLength, sessions.bytesOf(session, sizes.wholeBytes));
      else message.answerBytes = entry.role === entryRole.NONE ? TomcatSizes.noEntry : TomcatSizes.noValue;
    } else {
      processed(entry, message);
      if (does === sends.WHOLE) sessions.mutationsKept.set(session, message.mutations);
    }
  }

  /** A diff that reaches the backup of a settled session: the ordinary case. */
  private isPlain({ does, session, key, to }: KeyMessage): boolean {
    const { second, secondVersion } = this.host.sessions;
    if (does !== sends.DIFF || this.entries.of(session) || key !== this.keyOf(session)) return false;
    return second.get(session) === to && secondVersion.get(session) >= 0;
  }

  unicastAnswered(message: KeyMessage, isAnswered: boolean): void {
    const { requests } = this.host;
    const { slot, session, from, does, open } = message;
    if (open) open.underWay -= 1;
    if (message.isRepublished) this.republisher.scheduleNext(from);
    if (does === sends.RETRIEVE && requests.generation[slot] === message.generation) {
      this.threadNs = this.host.sim.nowNs;
      this.retrievedBy(message, isAnswered);
    }
    if (session >= 0) this.entries.settle(session, this.keyOf(session));
  }

  override unicastOrphaned({ session }: KeyMessage): void {
    if (session >= 0) this.entries.settle(session, this.keyOf(session));
  }

  private retrievedBy({ slot, session, from, key, version, search: which }: KeyMessage, isAnswered: boolean): void {
    const { sizes } = this.host;
    const entry = this.entryOf(session, key, from);
    if (!isAnswered || version === found.NO_ENTRY || entry.role === entryRole.NONE) {
      this.goOn(
        slot,
        this.isRenamed(session, from) && which < search.AGAIN ? this.look(slot, which + 1) : lookup.ABSENT,
      );
      return;
    }
    if (version >= 0) entry.value = version;
    const about = { slot, session, node: from, isRepublished: false };
    const bytes = sizes.proxy(this.host.idLength(from));
    const { backup } = entry;
    const others = this.others(from).filter((other) => other !== backup);
    // Its backup may be dead: then there is nobody to tell.
    if (backup >= 0) this.dispatch(about, [backup], { kind: kindCode.notify, bytes, does: sends.KEY, key, backup });
    this.dispatch(about, others, { kind: kindCode.proxy, bytes, does: sends.PROXY, key, backup });
    this.becomesPrimary(session, from, entry);
    this.goOn(slot, this.look(slot, which));
  }

  private goOn(slot: number, answer: number): void {
    if (answer === lookup.ABSENT) this.host.absent(slot);
    else if (answer === lookup.FOUND) this.host.found(slot, this.host.requests.read[slot]);
  }

  override cpuNs(slot: number): number {
    return super.cpuNs(slot) + (this.sentNs.get(slot) ?? 0);
  }

  finish(slot: number): void {
    const { requests, sessions, misdirection } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const version = requests.wrote[slot];
    const key = this.keyOf(session);
    const isSettled = !this.entries.of(session);
    const entry = isSettled ? this.entries.settledEntry(session, node) : this.entries.entry(session, key, node);
    if (version >= 0 && entry.role !== entryRole.NONE) {
      entry.value = version;
      if (this.owns(node, session)) sessions.headVersion.set(session, version);
    }
    this.threadNs = this.host.sim.nowNs;
    const bytes = this.diffBytes(slot);
    if (entry.role !== entryRole.PRIMARY || entry.backup < 0 || bytes === 0) return;
    if (losesDelta(this.host, slot) || !misdirection.sendsChanges(node)) return;
    const about = { slot, session, node, isRepublished: false };
    const { backup } = entry;
    const diff = { kind: kindCode['backup-delta'], bytes, does: sends.DIFF };
    this.dispatch(about, [backup], { ...diff, key, backup, version });
    requests.next[slot] = requestNext.RESPOND;
  }

  protected publish(about: MapAbout, _backup: number, isEmpty: boolean): void {
    const { sessions } = this.host;
    const { session, node } = about;
    const key = this.keyOf(session);
    const entry = this.entryOf(session, key, node);
    Object.assign(entry, { role: entryRole.PRIMARY, value: sessions.headVersion.get(session) });
    entry.backup = this.publishTo(about, key, entry.value, isEmpty);
    this.becomesPrimary(session, node, entry);
    if (entry.backup < 0) this.republisher.scheduleNext(node);
  }

  republishIdle(node: number, backup: number): void {
    const { sizes } = this.host;
    const idLength = this.host.idLength(node);
    const about = { slot: -1, session: -1, node, isRepublished: true };
    const whole = { kind: kindCode.backup, bytes: sizes.backup(idLength, sizes.wholeBytes), does: sends.IDLE };
    const proxy = { kind: kindCode.proxy, bytes: sizes.proxy(idLength), does: sends.IDLE };
    this.dispatch(about, [backup], { ...whole, key: -1 });
    const proxies = this.others(node).filter((other) => other !== backup);
    this.dispatch({ ...about, isRepublished: false }, proxies, { ...proxy, key: -1 });
  }

  override versionAt(node: number, session: number): number {
    if (!this.entries.of(session)) return super.versionAt(node, session);
    if (!this.host.nodes.isUp(node)) return -1;
    const entry = this.entries.entry(session, this.keyOf(session), node);
    return entry.role === entryRole.PRIMARY || entry.role === entryRole.BACKUP ? entry.value : -1;
  }

  override survivors(session: number, into: Set<number>): void {
    for (let node = 0; node < this.host.nodes.count; node += 1) {
      const version = this.versionAt(node, session);
      if (version >= 0) into.add(version);
    }
  }

  override end(session: number, node: number): void {
    this.entries.forget(session);
    super.end(session, node);
  }

  override nodeDied(node: number): void {
    this.entries.settleAll((session) => this.keyOf(session));
    super.nodeDied(node);
  }
}
