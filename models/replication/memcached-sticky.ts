import { MultiServer } from '../../sim/servers.ts';
import { milliseconds } from '../../sim/time.ts';
import { kindCode } from '../messages.ts';
import { requestDoes } from '../requests.ts';
import { None } from './none.ts';
import { lookup, type StrategyHost } from './strategy.ts';

/** Header of a stored session, and the words of the text protocol around key and value [bytes]. */
const VALUE_HEADER_BYTES = 65;
const SET_WORDS_BYTES = 32;
const GET_WORDS_BYTES = 6;
const ANSWER_BYTES = 8;
const VALUE_WORDS_BYTES = 25;
/** How long an answer about a server's health is believed. @see source: memcached-session-manager NodeAvailabilityCache. */
const AVAILABILITY_NS = 1e9;

/**
 * memcached-session-manager, sticky: the session lives in its Tomcat; after each request that changed it the whole
 * session is stored in the one memcached that its id names, before the response (synchronous) or after it.
 * In the session table `second` is that memcached, `secondVersion` what is stored, `epoch` the start of the server.
 *
 * Model: a request at another Tomcat loads the session (GET), deletes the old key and stores it under the new id. A
 * dead memcached is noticed by the first request after the availability cache (1 s) has expired; until then stores are
 * lost in silence. Changes in place are detected (the stored bytes differ).
 * @see source: memcached-session-manager 2.3 MemcachedSessionService, BackupSessionTask, NodeAvailabilityCache.
 */
export class MemcachedSticky extends None {
  private readonly isAsync: boolean;
  private readonly operationTimeoutNs: number;
  private readonly backupTimeoutNs: number;
  private readonly primaries: number[] = [];
  private readonly failovers: number[] = [];
  private readonly backupThreads: MultiServer[];
  /** Per node and server: until when it is believed to be up (> 0) or down (< 0) [ns]. */
  private readonly believedNs: Float64Array;
  /** Per request slot: 1 = the session must be stored even if nothing changed (it has a new id). */
  private readonly forced: number[] = [];

  constructor(host: StrategyHost) {
    super(host);
    const { replication } = host.scenario;
    if (replication.strategy !== 'memcached-sticky')
      throw new Error(`MemcachedSticky with the options of ${replication.strategy}`);
    this.isAsync = replication.sessionBackupAsync;
    this.operationTimeoutNs = milliseconds(replication.operationTimeoutMs);
    this.backupTimeoutNs = milliseconds(replication.sessionBackupTimeoutMs);
    for (let server = 0; server < host.memcached.count; server += 1) {
      (replication.failoverNodes.includes(`n${server + 1}`) ? this.failovers : this.primaries).push(server);
    }
    const threads = replication.backupThreadCount;
    this.backupThreads = host.nodes.options.map(({ cores }) => new MultiServer(threads > 0 ? threads : cores));
    this.believedNs = new Float64Array(host.nodes.count * host.memcached.count);
  }

  override adopt(session: number, node: number): void {
    super.adopt(session, node);
    this.assign(session, node);
    this.host.sessions.secondVersion[session] = 0;
  }

  /** Names the memcached of a session: a random primary that is believed to be up, else a failover node. */
  private assign(session: number, node: number): void {
    const { sessions, memcached } = this.host;
    const up = this.primaries.filter((server) => this.isAvailable(node, server));
    const choice = up.length > 0 ? up : this.failovers.filter((server) => this.isAvailable(node, server));
    const draw = this.host.uniform('memcached', sessions.client[session], sessions.epoch[session]);
    const server = choice.length > 0 ? choice[Math.floor(draw * choice.length)] : -1;
    sessions.second[session] = server;
    sessions.secondVersion[session] = -1;
    if (server >= 0) sessions.headEpoch[session] = memcached.start[server];
  }

  private isAvailable(node: number, server: number): boolean {
    const { sim, memcached } = this.host;
    const place = node * memcached.count + server;
    const believed = this.believedNs[place];
    if (Math.abs(believed) > sim.nowNs) return believed > 0;
    const isUp = memcached.isUp[server] === 1;
    this.believedNs[place] = isUp ? sim.nowNs + AVAILABILITY_NS : -(sim.nowNs + AVAILABILITY_NS);
    return isUp;
  }

  private keyBytes(node: number): number {
    return this.host.idLength(node) + 3;
  }

  private get valueBytes(): number {
    return VALUE_HEADER_BYTES + this.host.scenario.session.bytes;
  }

  /** Whether the memcached of the session still has what was stored. */
  private isStored(session: number): boolean {
    const { sessions, memcached } = this.host;
    const server = sessions.second[session];
    if (server < 0 || sessions.secondVersion[session] < 0) return false;
    return memcached.isUp[server] === 1 && memcached.start[server] === sessions.headEpoch[session];
  }

  override begin(slot: number): number {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.forced[slot] = 0;
    if (requests.creates[slot] === 1) {
      this.assign(session, node);
      return super.begin(slot);
    }
    if (this.owns(node, session)) {
      const server = sessions.second[session];
      if (server < 0 || !this.isAvailable(node, server)) this.relocate(slot);
      return super.begin(slot);
    }
    this.load(slot);
    return lookup.OPEN;
  }

  /** The session's memcached is down: another one, another id, and the session is stored again. */
  private relocate(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    sessions.epoch[session] += 1;
    this.assign(session, requests.node[slot]);
    this.forced[slot] = 1;
  }

  /** Another Tomcat than the session's: it loads it from memcached and keeps it under a new id. */
  private load(slot: number): void {
    const { requests, sessions, memcached, sim } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    const generation = requests.generation[slot];
    const server = sessions.second[session];
    if (server < 0 || !this.isAvailable(node, server)) {
      this.host.absent(slot);
      return;
    }
    let version = -1;
    const key = this.keyBytes(node);
    memcached.send(
      {
        node,
        server,
        kind: kindCode['store-get'],
        bytes: GET_WORDS_BYTES + key,
        answerBytes: VALUE_WORDS_BYTES + key + this.valueBytes,
        timeoutNs: this.operationTimeoutNs,
        applied: () => {
          version = this.isStored(session) ? sessions.secondVersion[session] : -1;
        },
        done: () => {
          if (requests.generation[slot] !== generation) return;
          if (version < 0) this.host.absent(slot);
          else this.adoptLoaded(slot, version);
        },
      },
      sim.nowNs,
    );
  }

  private adoptLoaded(slot: number, version: number): void {
    const { requests, sessions, memcached, sim } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    this.take(session, node);
    sessions.headVersion[session] = version;
    if (sessions.route[session] !== node) {
      sessions.route[session] = node;
      sessions.epoch[session] += 1;
      const bytes = GET_WORDS_BYTES + 3 + this.keyBytes(node);
      memcached.send(
        { node, server: sessions.second[session], kind: kindCode['store-delete'], bytes, answerBytes: 9 },
        sim.nowNs,
      );
    }
    this.forced[slot] = 1;
    this.host.found(slot, version);
  }

  private isStoredAfter(slot: number): boolean {
    const { requests } = this.host;
    return this.forced[slot] === 1 || requests.creates[slot] === 1 || requests.does[slot] !== requestDoes.READ;
  }

  override cpuNs(slot: number): number {
    return !this.isAsync && this.isStoredAfter(slot) ? this.host.sendCpuNs(this.valueBytes) : 0;
  }

  override finish(slot: number): void {
    super.finish(slot);
    const { requests, sessions, sim, nodes } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (!this.isStoredAfter(slot) || sessions.second[session] < 0) return;
    let readyNs = sim.nowNs;
    if (this.isAsync) {
      const cpuNs = this.host.sendCpuNs(this.valueBytes);
      this.host.catchUp(node);
      nodes.cpus[node].offer(sim.nowNs, cpuNs);
      this.backupThreads[node].offer(sim.nowNs, nodes.cpus[node].lastDoneNs - sim.nowNs);
      readyNs = this.backupThreads[node].lastDoneNs;
    }
    this.store(slot, session, node, readyNs);
  }

  private store(slot: number, session: number, node: number, readyNs: number): void {
    const { requests, sessions, memcached } = this.host;
    const server = sessions.second[session];
    const version = sessions.headVersion[session];
    const mutations = sessions.mutations[session];
    const epoch = sessions.epoch[session];
    const generation = requests.generation[slot];
    let isWaiting = !this.isAsync;
    if (isWaiting) requests.awaited[slot] += 1;
    memcached.send(
      {
        node,
        server,
        kind: kindCode['store-set'],
        bytes: SET_WORDS_BYTES + this.keyBytes(node) + this.valueBytes,
        answerBytes: ANSWER_BYTES,
        ...(this.isAsync ? {} : { timeoutNs: this.backupTimeoutNs }),
        applied: () => {
          if (sessions.epoch[session] !== epoch || sessions.second[session] !== server) return;
          sessions.headEpoch[session] = memcached.start[server];
          sessions.secondVersion[session] = Math.max(version, sessions.secondVersion[session]);
          sessions.mutationsKept[session] = Math.max(mutations, sessions.mutationsKept[session]);
        },
        done: (isAnswered) => {
          if (!isWaiting || requests.generation[slot] !== generation) return;
          isWaiting = false;
          if (!isAnswered) this.believedNs[node * memcached.count + server] = -(this.host.sim.nowNs + AVAILABILITY_NS);
          requests.awaited[slot] -= 1;
          if (requests.awaited[slot] === 0) this.host.resume(slot);
        },
      },
      readyNs,
    );
  }

  override versionAt(node: number, session: number): number {
    const { sessions, nodes } = this.host;
    return this.owns(node, session) && nodes.isUp(node) ? sessions.headVersion[session] : -1;
  }

  override survivors(session: number, into: Set<number>): void {
    super.survivors(session, into);
    if (this.isStored(session)) into.add(this.host.sessions.secondVersion[session]);
  }
}
