import { kindCode } from './messages.ts';
import type { Misdirection, Way } from './misdirection.ts';
import type { ChannelHost, Outgoing } from './outgoing.ts';
import { effect } from './replication/delivery-plane.ts';
import type { Scenario } from './scenario/schema.ts';
import type { SessionTable } from './sessions.ts';
import type { Unicast, UnicastOwner, Unicasts } from './unicasts.ts';

/** A connect that nobody answers is given up with the select of the sender. @see source: Tribes ParallelNioSender. */
const SILENT_NS = 5e9;

/** What misdirected sends need of the cluster. */
export interface MisdirectionHost extends ChannelHost {
  readonly sessions: SessionTable;
  readonly unicasts: Unicasts;
  readonly misdirection: Misdirection;
}

/** A copy of a broadcast on its way back to its sender. */
interface Echo extends Unicast {
  readonly out: Outgoing;
  readonly client: number;
  readonly generation: number;
}

/**
 * What becomes of broadcasts whose members' addresses lead elsewhere: who gets them instead, how long the sender waits
 * in vain, and what a sender does to its own sessions that hears itself.
 *
 * Model: nothing filters a node's own messages. Its CREATED replaces its own live session by an empty one: a request
 * that is still running then finds a clean session at its end, and what it wrote is gone. Where the request was over
 * first, its own DELTA follows and restores the session.
 * @see source: Tomcat DeltaManager.handleSESSION_CREATED, requestCompleted; derived, not measured.
 */
export class MisdirectedSends implements UnicastOwner {
  private readonly host: MisdirectionHost;
  /** Puts a change of the sender's own copy into the log, for nobody else. */
  private readonly keep: (out: Outgoing) => void;
  private readonly foreigners: number;
  private readonly isMap: boolean;
  /** Per node: members it believes in, and how many of them lead back to itself. */
  private readonly believed: Int32Array;
  private readonly loops: Int32Array;
  private readonly worst: Way[];
  /** Per node: members that get what it sends and throw it away. */
  private readonly unheeding: number[][];
  /** Sessions that were replaced under the request that creates them. */
  private readonly replaced = new Set<number>();

  constructor(host: MisdirectionHost, scenario: Scenario, keep: (out: Outgoing) => void) {
    this.host = host;
    this.keep = keep;
    this.foreigners = foreignReceivers(scenario);
    const { count } = host.nodes;
    this.believed = new Int32Array(count);
    this.loops = new Int32Array(count);
    this.worst = Array.from({ length: count }, () => 'plain');
    this.unheeding = Array.from({ length: count }, () => []);
    this.isMap = scenario.replication.strategy === 'backup';
  }

  /** @returns who of the members of a node gets what it sends: 1 = does. */
  reached(node: number, isMember: Uint8Array): Uint8Array {
    const { misdirection } = this.host;
    const ways = Array.from(isMember, (is, other): Way => (is === 1 ? misdirection.way(node, other) : 'plain'));
    this.believed[node] = isMember.reduce((sum, is, other) => sum + (is === 1 && other !== node ? 1 : 0), 0);
    this.loops[node] = ways.filter((way) => way === 'self').length;
    this.worst[node] = ways.includes('silent') ? 'silent' : ways.includes('refused') ? 'refused' : 'plain';
    const isReached = isMember.map((is, other) => (is === 1 && ways[other] === 'plain' ? 1 : 0));
    this.unheeding[node] = [];
    isReached.forEach((is, other) => {
      if (is === 0 || this.heeds(other, node)) return;
      isReached[other] = 0;
      // A map sends to the members of the map, a manager to those of the channel.
      if (!this.isMap) this.unheeding[node].push(other);
    });
    return isReached;
  }

  /** The map of BackupManager has listeners of its own. */
  private heeds(node: number, sender: number): boolean {
    const { misdirection } = this.host;
    return this.isMap ? misdirection.sharesName(node, sender) : misdirection.heeds(node, sender);
  }

  /** A copy that its receiver throws away costs what any copy costs, except that nobody waits for it. */
  private sendInVain({ kind, sender, bytes }: Outgoing): void {
    const fixed = { kind, from: sender, bytes, session: -1, answerBytes: 0, hasEffect: false, owner: null };
    for (const to of this.unheeding[sender]) this.host.unicasts.send({ ...fixed, to, isAcknowledged: false });
  }

  /** Members that a node believes in. */
  members(node: number): number {
    return this.believed[node];
  }

  /** How long a send is held up by members that cannot be reached [ns]. */
  vainNs(node: number): number {
    if (this.worst[node] === 'silent') return SILENT_NS;
    return this.worst[node] === 'refused' ? 2 * this.host.cards.latencyNs : 0;
  }

  /** A broadcast has been sent: the copies that go to another cluster, and those that come back. */
  sent(out: Outgoing): void {
    const { traffic, requests, sessions, unicasts } = this.host;
    const { kind, sender, bytes, slot, session } = out;
    if (this.unheeding[sender].length > 0) this.sendInVain(out);
    if (this.foreigners > 0) traffic.sent(kind, sender, -1, this.foreigners, this.foreigners * bytes);
    for (let copy = 0; copy < this.loops[sender]; copy += 1) {
      const echo: Echo = {
        from: sender,
        to: sender,
        kind,
        bytes,
        session,
        answerBytes: 0,
        isAcknowledged: false,
        hasEffect: true,
        owner: this,
        out,
        client: session >= 0 ? sessions.client.get(session) : -1,
        generation: slot >= 0 ? requests.generation[slot] : 0,
      };
      unicasts.send(echo);
    }
  }

  unicastApplied(message: Unicast): void {
    const { sessions, requests } = this.host;
    const { out, client, generation } = message as Echo;
    const { session, slot, kind } = out;
    if (session < 0 || sessions.client.get(session) !== client || sessions.epoch.get(session) !== out.epoch) return;
    if (kind === kindCode['session-created']) {
      const isRunning = slot >= 0 && requests.isOpen[slot] === 1 && requests.generation[slot] === generation;
      if (isRunning) this.replaced.add(session);
      this.keep({ ...out, slot: -1 });
    } else if (out.effect === effect.UPDATE && sessions.headVersion.get(session) < out.version) {
      this.keep({ ...out, slot: -1 });
    }
  }

  unicastAnswered(_message: Unicast, _isAnswered: boolean): void {}

  /** Whether the session of a request that creates it has been replaced meanwhile; asked once, at its end. */
  takeReplaced(session: number): boolean {
    return this.replaced.size > 0 && this.replaced.delete(session);
  }
}

/** Members of another cluster that get every broadcast of a session manager; the map of BackupManager has its own. */
export function foreignReceivers({ misconfiguration, replication }: Scenario): number {
  return replication.strategy === 'backup' ? 0 : misconfiguration.sharedGroupMembers;
}
