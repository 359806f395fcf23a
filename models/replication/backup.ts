import { ACK_BYTES, kindCode } from '../messages.ts';
import { sendMode } from '../outgoing.ts';
import { requestNext } from '../requests.ts';
import { effect } from './delivery-plane.ts';
import { type MapAbout, type MapMessage, sends } from './map-message.ts';
import { ReplicatedMap } from './replicated-map.ts';
import { lookup } from './strategy.ts';
import { losesDelta } from './unserialisable.ts';

/** Proxies whose answers no thread waits for. */
const unawaited = sendMode(0);

/**
 * BackupManager with `mapSendOptions` 6 or 2: a thread waits for each message to be acknowledged.
 *
 * ```
 *   create:        BACKUP (empty) to the backup, then PROXY to the others, all awaited, before the servlet goes on
 *   end:           BACKUP (diff) to the backup
 *   at the backup: it publishes to another backup and becomes primary
 *   at a proxy:    RETRIEVE from the backup, NOTIFY to it, PROXY to the others; the node becomes primary
 * ```
 * @see source: Tomcat 10.1 AbstractReplicatedMap, LazyReplicatedMap.
 */
export class Backup extends ReplicatedMap {
  begin(slot: number): number {
    const { requests, sessions, nodes, misdirection } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (requests.creates[slot] === 1) {
      sessions.route.set(session, node);
      requests.read[slot] = 0;
      this.own(session, node, 0);
      this.publish({ slot, session, node, isRepublished: false }, this.chooseBackup(node), true);
      return lookup.FOUND;
    }
    if (this.owns(node, session)) {
      requests.read[slot] = sessions.headVersion.get(session);
      this.rename(slot);
      return lookup.FOUND;
    }
    const second = sessions.second.get(session);
    if (second < 0 || !nodes.isUp(second) || !misdirection.sharesName(node, second)) return lookup.ABSENT;
    if (sessions.secondVersion.get(session) < 0) return this.askPublisher(slot);
    if (second === node) return this.promote(slot);
    this.retrieve(slot, second);
    return lookup.OPEN;
  }

  /** The session is on its way to a new backup: who publishes it still counts as the holder everywhere. */
  private askPublisher(slot: number): number {
    const { requests, sessions, nodes } = this.host;
    const session = requests.session[slot];
    const owner = sessions.owner.get(session);
    if (!nodes.isUp(owner) || !this.owns(owner, session)) return lookup.ABSENT;
    this.retrieve(slot, owner);
    return lookup.OPEN;
  }

  /** At the backup: it publishes the session to another one and is primary. */
  private promote(slot: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const version = sessions.secondVersion.get(session);
    requests.read[slot] = version;
    this.own(session, node, version);
    this.publish({ slot, session, node, isRepublished: false }, this.chooseBackup(node), false);
    this.rename(slot);
    return lookup.FOUND;
  }

  private sendTo(to: number, kind: number, bytes: number, does: number, about: MapAbout): void {
    const { requests, sessions, unicasts } = this.host;
    const { slot, session, node } = about;
    const isRetrieved = does === sends.RETRIEVE;
    const isWhole = does === sends.WHOLE && session >= 0;
    const isHeld = slot >= 0 && !isRetrieved;
    if (isHeld) requests.awaited[slot] += 1;
    const message: MapMessage = {
      from: node,
      to,
      kind,
      bytes,
      isAcknowledged: true,
      isAckedFirst: !this.mode.isAppliedFirst,
      answerBytes: isRetrieved ? this.retrievedBytes(session, node) : 0,
      hasEffect: does === sends.WHOLE || does === sends.DIFF || isRetrieved,
      owner: this,
      does,
      slot: isHeld || isRetrieved ? slot : -1,
      generation: slot >= 0 ? requests.generation[slot] : 0,
      session,
      version: isRetrieved || session < 0 ? -1 : sessions.headVersion.get(session),
      epoch: isWhole ? sessions.epoch.get(session) : 0,
      mutations: isWhole ? sessions.mutationsAt(session, node) : 0,
      isRepublished: about.isRepublished,
    };
    unicasts.send(message);
  }

  private retrievedBytes(session: number, node: number): number {
    const { sessions, sizes } = this.host;
    return sizes.retrieved(this.host.idLength(node), sessions.bytesOf(session, sizes.wholeBytes));
  }

  unicastApplied(message: MapMessage): void {
    const { sessions } = this.host;
    const { session, from, to, does } = message;
    if (does === sends.RETRIEVE) {
      message.version = this.versionAt(to, session);
    } else if (does === sends.WHOLE) {
      if (sessions.epoch.get(session) !== message.epoch || sessions.owner.get(session) !== from) return;
      sessions.second.set(session, to);
      sessions.secondVersion.set(session, Math.max(message.version, sessions.secondVersion.get(session)));
      sessions.mutationsKept.set(session, message.mutations);
    } else if (does === sends.DIFF && sessions.second.get(session) === to && sessions.owner.get(session) === from) {
      if (sessions.secondVersion.get(session) < 0) return;
      sessions.secondVersion.set(session, Math.max(message.version, sessions.secondVersion.get(session)));
    }
  }

  unicastAnswered(message: MapMessage, isAnswered: boolean): void {
    const { requests } = this.host;
    const { slot, session, from, to, does } = message;
    if (does === sends.WHOLE || does === sends.IDLE) {
      const isCurrent = slot < 0 || requests.generation[slot] === message.generation;
      this.tellOthers({ slot: isCurrent ? slot : -1, session, node: from, isRepublished: false }, to);
    }
    if (message.isRepublished) this.republisher.scheduleNext(from);
    if (slot < 0 || requests.generation[slot] !== message.generation) return;
    if (does === sends.RETRIEVE) {
      this.retrieved(message, isAnswered);
      return;
    }
    requests.awaited[slot] -= 1;
    if (requests.awaited[slot] === 0) this.host.resume(slot);
  }

  /** At a proxy: the value comes from the backup, never from the primary. */
  private retrieve(slot: number, second: number): void {
    const { requests, sizes } = this.host;
    const about = { slot, session: requests.session[slot], node: requests.node[slot], isRepublished: false };
    this.sendTo(second, kindCode.retrieve, sizes.retrieve(this.host.idLength(about.node)), sends.RETRIEVE, about);
  }

  private retrieved(message: MapMessage, isAnswered: boolean): void {
    const { slot, session, from, to, version } = message;
    if (!isAnswered || version < 0) {
      this.host.absent(slot);
      return;
    }
    this.own(session, from, version);
    const { sessions } = this.host;
    if (sessions.second.get(session) !== to) {
      sessions.second.set(session, to);
      sessions.secondVersion.set(session, version);
    }
    const about = { slot, session, node: from, isRepublished: false };
    this.sendTo(to, kindCode.notify, this.host.sizes.proxy(this.host.idLength(from)), sends.KEY, about);
    this.tellOthers(about, to);
    this.rename(slot);
    this.host.found(slot, version);
  }

  /** JvmRouteBinderValve: the old key is removed everywhere, the session is put again under the new one. */
  private rename(slot: number): void {
    const { requests, sessions, scenario, misdirection } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (scenario.misconfiguration.noBinderValve || misdirection.sharesRoute(sessions.route.get(session), node)) return;
    sessions.route.set(session, node);
    if (!scenario.balancer.jvmRoute) return;
    const bytes = this.host.sizes.removed(this.host.idLength(node));
    sessions.epoch.add(session, 1);
    const about = { slot, session, node, isRepublished: false };
    for (const other of this.others(node)) this.sendTo(other, kindCode['id-changed'], bytes, sends.REMOVE, about);
    this.publish(about, this.chooseBackup(node), false);
  }

  /** The whole session to a backup; when it is there, a proxy to every other member. */
  protected publish(about: MapAbout, backup: number, isEmpty: boolean): void {
    const { sessions, sizes } = this.host;
    const { session, node } = about;
    if (backup >= 0) {
      sessions.second.set(session, backup);
      sessions.secondVersion.set(session, -1);
      const wholeBytes = isEmpty ? 0 : sessions.bytesOf(session, sizes.wholeBytes);
      this.sendTo(backup, kindCode.backup, sizes.backup(this.host.idLength(node), wholeBytes), sends.WHOLE, about);
      return;
    }
    this.hasNoBackup(session);
    if (about.isRepublished) this.republisher.scheduleNext(node);
  }

  /** Publishes a session that its client left before the run: only its messages matter. */
  republishIdle(node: number, backup: number): void {
    const bytes = this.host.sizes.backup(this.host.idLength(node), this.host.sizes.wholeBytes);
    this.sendTo(backup, kindCode.backup, bytes, sends.IDLE, { slot: -1, session: -1, node, isRepublished: true });
  }

  /** A proxy to every member but one. Where no thread waits, nothing hangs on the answers but their bytes. */
  private tellOthers(about: MapAbout, except: number): void {
    const { channel, sizes } = this.host;
    const { node, slot } = about;
    const isHeld = slot >= 0;
    channel.broadcast({
      sender: node,
      kind: kindCode.proxy,
      bytes: sizes.proxy(this.host.idLength(node)),
      session: -1,
      effect: effect.NONE,
      version: 0,
      epoch: 0,
      slot,
      mode: isHeld ? this.mode : unawaited,
      except,
    });
    if (!isHeld) this.meterAnswers(node, except);
  }

  private meterAnswers(node: number, except: number): void {
    for (const other of this.others(node)) {
      if (other !== except) this.host.traffic.sent(kindCode.ack, other, node, 1, ACK_BYTES);
    }
  }

  finish(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const wrote = requests.wrote[slot];
    if (!this.owns(node, session)) return;
    if (wrote >= 0) sessions.headVersion.set(session, Math.max(wrote, sessions.headVersion.get(session)));
    const second = sessions.second.get(session);
    const bytes = this.diffBytes(slot);
    if (losesDelta(this.host, slot) || !this.host.misdirection.sendsChanges(node) || second < 0 || bytes === 0) return;
    this.sendTo(second, kindCode['backup-delta'], bytes, sends.DIFF, { slot, session, node, isRepublished: false });
    requests.next[slot] = requestNext.RESPOND;
  }
}
