import { eventKind } from '../events.ts';
import type { StoreCall } from './store-call.ts';
import { type StoreHost, type StoreServerOptions, StoreServers } from './store-servers.ts';

const NONE = -1;
/** Entries of the replication log that are gathered before replicas are brought up to date. */
const LOG_SIZE = 4096;

/** Sizes of a store of groups, each with one member that takes the writes. */
export interface GroupOptions extends StoreServerOptions {
  readonly groups: number;
  /** Members of a group that only follow. */
  readonly followers: number;
  /** How far followers are behind [ns]; 0: a write is answered when they have it. */
  readonly replicationLagNs: number;
}

/** Why a group looks for another master. */
export type FailoverCause = 'crash' | 'silence';

/**
 * Groups of servers of which one is master and the others follow it (Redis shards, Terracotta stripes). Server
 * `member * groups + group`: n1 to nG are the first masters.
 *
 * ```
 *   writes -> master -log-> followers        master gone: FAILOVER after a delay -> a follower is master
 *   cut off with some clients: the old master takes writes until the cut ends, and then takes over the new one's state
 * ```
 * Model: followers are brought up to date when somebody asks (a failover, a crash), not write by write.
 */
export abstract class ReplicaGroups extends StoreServers {
  readonly groups: number;
  readonly members: number;
  /** Failovers so far, and the moments of their causes and ends [ns]. */
  readonly failovers: { readonly group: number; readonly fromNs: number; readonly untilNs: number }[] = [];
  protected readonly master: Int16Array;
  /** Member that clients on its side of a cut still take for the master, -1 none. */
  protected readonly oldMaster: Int16Array;
  protected readonly lagNs: number;
  private readonly isAttached: Uint8Array;
  private readonly attempt: Int32Array;
  private readonly lostNs: Float64Array;
  private copies: Int32Array[];
  /** Lives of a row so far, modulo more than a log has entries. */
  private birth = new Uint16Array(1024);
  private readonly log: { row: number; version: number; birth: number; doneNs: number; master: number }[][];

  constructor(host: StoreHost, options: GroupOptions) {
    super(host, options);
    this.groups = options.groups;
    this.members = 1 + options.followers;
    this.lagNs = options.replicationLagNs;
    this.master = new Int16Array(this.groups);
    this.oldMaster = new Int16Array(this.groups).fill(NONE);
    this.isAttached = new Uint8Array(this.groups * this.members).fill(1);
    this.attempt = new Int32Array(this.groups);
    this.lostNs = new Float64Array(this.groups);
    this.copies = Array.from({ length: this.members }, () => new Int32Array(1024).fill(NONE));
    this.log = Array.from({ length: this.groups }, () => []);
  }

  /** Group of a session: hash slots spread evenly. */
  groupOf(client: number): number {
    return this.groups === 1 ? 0 : Math.floor(this.host.uniform('store group', client, 0) * this.groups);
  }

  protected serverOf(group: number, member: number): number {
    return member * this.groups + group;
  }

  /** The server that a node takes for the master of a group. */
  masterFor(node: number, group: number): number {
    const old = this.oldMaster[group];
    if (old !== NONE && this.cuts.hasNode(node)) {
      const server = this.serverOf(group, old);
      if (this.cuts.reaches(node, server)) return server;
    }
    return this.serverOf(group, this.master[group]);
  }

  /** A session begins: whatever an earlier one left under its row is gone. */
  begin(row: number, version: number): void {
    if (row >= this.birth.length) this.resize(Math.max(this.birth.length * 2, row + 1));
    this.birth[row] += 1;
    for (const copy of this.copies) copy[row] = version;
  }

  /** Version of a row at a server, -1 none. */
  versionAt(row: number, server: number): number {
    return row < this.birth.length ? this.copies[Math.floor(server / this.groups)][row] : NONE;
  }

  protected put(row: number, server: number, version: number): void {
    this.copies[Math.floor(server / this.groups)][row] = version;
  }

  /** Version of a row that will last: the master's, or that of the follower which can become master; -1 none. */
  survivor(row: number, group: number): number {
    for (let step = 0; step < this.members; step += 1) {
      const server = this.serverOf(group, (this.master[group] + step) % this.members);
      if (this.isUp[server] === 1) return this.versionAt(row, server);
    }
    return NONE;
  }

  /** A call has written a row at the server that took it. */
  write(call: StoreCall, row: number, version: number): void {
    if (row >= this.birth.length) this.resize(Math.max(this.birth.length * 2, row + 1));
    const { server, doneNs } = call;
    const member = Math.floor(server / this.groups);
    const group = server % this.groups;
    this.copies[member][row] = version;
    if (this.members === 1 || member !== this.master[group]) return;
    if (this.lagNs === 0) {
      for (let other = 0; other < this.members; other += 1) {
        if (this.isAttached[this.serverOf(group, other)] === 1) this.copies[other][row] = version;
      }
      return;
    }
    this.log[group].push({ row, version, birth: this.birth[row], doneNs, master: member });
    if (this.log[group].length > LOG_SIZE) this.follow(group, this.host.sim.nowNs);
  }

  /** Brings the followers of a group to what has reached them by a moment. */
  protected follow(group: number, nowNs: number): void {
    const log = this.log[group];
    let at = 0;
    for (; at < log.length && log[at].doneNs + this.lagNs <= nowNs; at += 1) {
      const { row, version, birth, master } = log[at];
      if (birth !== this.birth[row]) continue;
      for (let other = 0; other < this.members; other += 1) {
        if (other !== master && this.isAttached[this.serverOf(group, other)] === 1) this.copies[other][row] = version;
      }
    }
    this.log[group] = log.slice(at);
  }

  /** What the master wrote and no follower has will never reach one. */
  private breakLog(group: number): void {
    this.follow(group, this.host.sim.nowNs);
    this.log[group] = [];
  }

  /** A member takes over all that the master of its group has. */
  private resync(group: number, member: number): void {
    this.follow(group, Number.POSITIVE_INFINITY);
    const from = this.copies[this.master[group]];
    if (member !== this.master[group]) this.copyGroup(group, from, this.copies[member]);
    this.isAttached[this.serverOf(group, member)] = 1;
  }

  private copyGroup(group: number, from: Int32Array, to: Int32Array): void {
    if (this.groups === 1) to.set(from);
    else for (let row = 0; row < to.length; row += 1) if (this.rowGroup(row) === group) to[row] = from[row];
  }

  /** Group of a row; the strategy that knows the clients says it. */
  rowGroup: (row: number) => number = () => 0;

  /** A member loses what it had in memory. */
  protected forget(group: number, member: number, keep?: Int32Array): void {
    const empty = keep ?? new Int32Array(this.birth.length).fill(NONE);
    this.copyGroup(group, empty, this.copies[member]);
  }

  /** Moment from which a follower is the master, after its loss [ns]; Infinity: never. */
  protected abstract failoverNs(group: number, cause: FailoverCause): number;

  /** Called when the master of a group has gone, or is back. */
  protected masterLost(group: number, cause: FailoverCause): void {
    this.attempt[group] += 1;
    this.lostNs[group] = this.host.sim.nowNs;
    const delayNs = this.failoverNs(group, cause);
    if (Number.isFinite(delayNs))
      this.host.sim.schedule(Math.round(delayNs), eventKind.STORE_FAILOVER, group, this.attempt[group]);
  }

  private isMaster(server: number): boolean {
    return this.master[server % this.groups] === Math.floor(server / this.groups);
  }

  override crash(server: number, isSilent: boolean): void {
    if (this.isUp[server] === 0) return;
    const group = server % this.groups;
    this.breakLog(group);
    super.crash(server, isSilent);
    this.isAttached[server] = 0;
    if (this.isMaster(server)) this.masterLost(group, isSilent ? 'silence' : 'crash');
  }

  protected override freeze(server: number, untilNs: number): void {
    if (this.isUp[server] === 0) return;
    super.freeze(server, untilNs);
    this.follow(server % this.groups, this.host.sim.nowNs);
    // Who is cut off is missed already.
    if (this.isMaster(server) && !this.cuts.hasServer(server)) this.masterLost(server % this.groups, 'silence');
  }

  protected override thaw(server: number): void {
    this.mayComeBack(server);
  }

  override cut(name: number, servers: readonly number[], nodes: readonly number[], isCut: boolean): void {
    for (let group = 0; group < this.groups; group += 1) this.follow(group, this.host.sim.nowNs);
    const heard = servers.filter((server) => !this.isMissed(server));
    super.cut(name, servers, nodes, isCut);
    for (const server of servers)
      if (isCut) this.cutOff(server, !heard.includes(server));
      else this.mayComeBack(server);
  }

  /** Whether a living server cannot be heard by whatever decides about masters. */
  private isMissed(server: number): boolean {
    return this.frozenUntilNs[server] > this.host.sim.nowNs || this.cuts.hasServer(server);
  }

  /** The server stands on the smaller side of a cut; whatever decides about masters is on the other, and may miss it already. */
  protected cutOff(server: number, isMissed: boolean): void {
    const group = server % this.groups;
    if (this.isMaster(server)) {
      for (let member = 0; member < this.members; member += 1) {
        const other = this.serverOf(group, member);
        if (other !== server && !this.cuts.areTogether(server, other)) this.isAttached[other] = 0;
      }
      this.log[group] = [];
      if (!isMissed) this.masterLost(group, 'silence');
    } else if (!this.cuts.areTogether(server, this.serverOf(group, this.master[group]))) this.isAttached[server] = 0;
  }

  /** One of the reasons why a server could not be heard is gone. */
  private mayComeBack(server: number): void {
    if (this.isUp[server] === 1 && !this.isMissed(server)) this.comeBack(server);
  }

  /** A server can be heard again: as the master that it still is, or as a follower of the new one. */
  protected comeBack(server: number): void {
    const group = server % this.groups;
    const member = Math.floor(server / this.groups);
    if (this.isMaster(server)) {
      this.attempt[group] += 1;
      for (let other = 0; other < this.members; other += 1) {
        if (this.isUp[this.serverOf(group, other)] === 1) this.resync(group, other);
      }
      return;
    }
    if (this.oldMaster[group] === member) this.oldMaster[group] = NONE;
    this.resync(group, member);
  }

  override restart(server: number): void {
    if (this.isUp[server] === 1) return;
    super.restart(server);
    this.mayComeBack(server);
  }

  /** FAILOVER: the best follower is master, if there is one. */
  failOver(group: number, attempt: number): void {
    if (this.attempt[group] !== attempt) return;
    const old = this.serverOf(group, this.master[group]);
    for (let step = 1; step < this.members; step += 1) {
      const member = (this.master[group] + step) % this.members;
      const server = this.serverOf(group, member);
      if (this.isUp[server] === 0 || this.frozenUntilNs[server] > this.host.sim.nowNs || this.cuts.hasServer(server))
        continue;
      this.breakLog(group);
      if (this.isUp[old] === 1) this.oldMaster[group] = this.master[group];
      this.isAttached[old] = 0;
      this.master[group] = member;
      this.attachFollowers(group);
      this.leaveOld(old);
      this.failovers.push({ group, fromNs: this.lostNs[group], untilNs: this.host.sim.nowNs });
      this.promoted(group, old);
      return;
    }
  }

  /** Clients that are told of the new master close their connections to the old one. */
  private leaveOld(old: number): void {
    const isHit = (call: StoreCall): boolean => call.server === old && call.isTaken && !this.cuts.hasNode(call.node);
    this.interrupt(isHit, (id, call) => this.giveUp(id, call, false));
  }

  private attachFollowers(group: number): void {
    const server = this.serverOf(group, this.master[group]);
    for (let member = 0; member < this.members; member += 1) {
      const other = this.serverOf(group, member);
      const isHeard =
        this.isUp[other] === 1 && this.cuts.areTogether(server, other) && member !== this.oldMaster[group];
      if (isHeard) this.resync(group, member);
    }
  }

  /** A group has a new master. @param _old - server that was it before. */
  protected promoted(_group: number, _old: number): void {}

  /** Makes room for rows that will begin, at once instead of by doubling. */
  reserve(rows: number): void {
    if (rows > this.birth.length) this.resize(rows);
  }

  private resize(size: number): void {
    const birth = new Uint16Array(size);
    birth.set(this.birth);
    this.birth = birth;
    this.copies = this.copies.map((copy) => {
      const larger = new Int32Array(size).fill(NONE);
      larger.set(copy);
      return larger;
    });
  }
}
