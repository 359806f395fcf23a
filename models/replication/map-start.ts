import { kindCode, TomcatSizes } from '../messages.ts';
import { nodeState } from '../tomcat-nodes.ts';
import type { Unicast, UnicastOwner } from '../unicasts.ts';
import type { StrategyHost } from './strategy.ts';

/** Steps of a start, as questions. */
const step = { INIT: 0, STATE: 1, START: 2 } as const;

interface Question extends Unicast {
  readonly does: number;
  /** Which start of the joining node it belongs to. */
  readonly start: number;
}

/**
 * How the replicated map of a joining node comes up, and which maps are up.
 *
 * ```
 *   INIT to all members, the first answer counts -> STATE to that member: the keys of all sessions, as proxies
 *     -> START to all members: they take the joiner for a backup from now on; the first answer opens it
 * ```
 * Values are not transferred. Nobody is asked a second time.
 * @see source: Tomcat 10.1 AbstractReplicatedMap.init, transferState, replyRequest; counts and sizes measured (`join-backup-*`).
 */
export class MapStart implements UnicastOwner {
  private readonly host: StrategyHost;
  private readonly isAcknowledged: boolean;
  private readonly joined: (observer: number) => void;
  /** 1: the node's map is up, so that it can be a backup. */
  private readonly isRunning: Uint8Array;
  /** Per node: the step whose answer it waits for, -1 none. */
  private readonly waitsFor: Int8Array;
  /** Questions of that step without an answer yet. */
  private readonly open: Int32Array;

  /** @param joined - a node has learnt of a new map: what has no backup gets one. */
  constructor(host: StrategyHost, isAcknowledged: boolean, joined: (observer: number) => void) {
    this.host = host;
    this.isAcknowledged = isAcknowledged;
    this.joined = joined;
    this.isRunning = new Uint8Array(host.nodes.count).fill(1);
    this.waitsFor = new Int8Array(host.nodes.count).fill(-1);
    this.open = new Int32Array(host.nodes.count);
  }

  /** Whether a node can hold backups. */
  runs(node: number): boolean {
    return this.isRunning[node] === 1;
  }

  /** A node has joined the group. @returns when it opens [ns], Infinity where that is found out later. */
  begin(node: number): number {
    this.askAll(node, step.INIT);
    if (this.open[node] > 0) return Number.POSITIVE_INFINITY;
    this.isRunning[node] = 1;
    return this.host.sim.nowNs;
  }

  private askAll(node: number, does: number): void {
    const { nodes, membership } = this.host;
    this.waitsFor[node] = does;
    this.open[node] = 0;
    for (let member = 0; member < nodes.count; member += 1) {
      if (member === node || !membership.sees(node, member) || !this.runs(member)) continue;
      this.ask(node, member, does, TomcatSizes.mapStart, TomcatSizes.mapStart, 0);
    }
  }

  private ask(node: number, to: number, does: number, bytes: number, answerBytes: number, workNs: number): void {
    this.open[node] += 1;
    const message: Question = {
      from: node,
      to,
      kind: kindCode['state-transfer'],
      bytes,
      answerBytes,
      workNs,
      session: -1,
      isAcknowledged: this.isAcknowledged,
      hasEffect: true,
      owner: this,
      does,
      start: this.host.nodes.start[node],
    };
    this.host.unicasts.send(message);
  }

  /** Every node knows the keys of all sessions. */
  private askForKeys(node: number, member: number): void {
    const { nodes, sessions, sizes, scenario } = this.host;
    let keys = 0;
    for (let other = 0; other < nodes.count; other += 1) keys += this.host.idleSessions(other);
    let withBackup = nodes.count > 2 ? keys : 0;
    for (let row = 0; row < sessions.rows; row += 1) {
      if (!sessions.isLive(row)) continue;
      keys += 1;
      if (sessions.second.get(row) >= 0) withBackup += 1;
    }
    const bytes = sizes.mapState(keys, withBackup, this.host.idLength(member));
    const workNs = Math.round(keys * scenario.calibration.stateKeyUs * 1000);
    this.waitsFor[node] = step.STATE;
    this.open[node] = 0;
    this.ask(node, member, step.STATE, TomcatSizes.mapStateQuestion, bytes, workNs);
  }

  unicastApplied({ from, to, does, start }: Question): void {
    if (does !== step.START || this.host.nodes.start[from] !== start) return;
    this.isRunning[from] = 1;
    this.joined(to);
  }

  unicastAnswered({ from, to, does, start }: Question, isAnswered: boolean): void {
    const { nodes, sim } = this.host;
    if (nodes.start[from] !== start || nodes.state[from] !== nodeState.JOINING || this.waitsFor[from] !== does) return;
    this.open[from] -= 1;
    if (!isAnswered && this.open[from] > 0) return;
    if (does === step.INIT && isAnswered) {
      this.askForKeys(from, to);
      return;
    }
    if (does !== step.START) this.askAll(from, step.START);
    if (does !== step.START && this.open[from] > 0) return;
    this.waitsFor[from] = -1;
    this.isRunning[from] = 1;
    this.host.mayOpen(from, sim.nowNs);
  }

  nodeDied(node: number): void {
    this.isRunning[node] = 0;
    this.waitsFor[node] = -1;
  }
}
