import type { StrategyHost } from './strategy.ts';

/** What a node holds of a session: which start of which node, and the version it had when it was last looked at. */
interface LocalCopy {
  readonly node: number;
  readonly start: number;
  version: number;
}

/**
 * Local copies of sessions that are kept up to date by fire-and-forget publications: a node sees a version when the
 * publication has reached it, and never if it was not connected at that moment.
 *
 * Model: of each session the last two publications are remembered. Work per publication does not grow with the nodes,
 * but while some are cut off.
 */
export class PublishedVersions {
  /** Publications so far; every node hears all of them. */
  publications = 0;
  private readonly host: StrategyHost;
  private readonly travelNs: number;
  private readonly copies: (LocalCopy[] | undefined)[] = [];
  private versions = new Int32Array(1024).fill(-1);
  private atNs = new Float64Array(1024);
  private versionsBefore = new Int32Array(1024).fill(-1);
  private atNsBefore = new Float64Array(1024);
  /** Sessions whose last publication somebody has missed, and who. */
  private readonly missed = new Map<number, Set<number>>();

  constructor(host: StrategyHost) {
    this.host = host;
    this.travelNs = Math.round(host.scenario.network.latencyUs * 1000);
  }

  /** A session begins. */
  begin(session: number): void {
    if (session >= this.versions.length) this.grow(session);
    this.copies[session] = undefined;
    this.versions[session] = -1;
    this.versionsBefore[session] = -1;
    this.missed.delete(session);
  }

  /** The copy of a node, if it has one since it was started. */
  copyAt(session: number, node: number): LocalCopy | undefined {
    const start = this.host.nodes.start[node];
    return this.copies[session]?.find((copy) => copy.node === node && copy.start === start);
  }

  /** A node holds a version from now on. */
  hold(session: number, node: number, version: number): void {
    const copy = this.copyAt(session, node);
    if (copy) {
      copy.version = Math.max(copy.version, version);
      return;
    }
    const fresh = { node, start: this.host.nodes.start[node], version };
    const list = this.copies[session];
    if (list) list.push(fresh);
    else this.copies[session] = [fresh];
  }

  /** A version is published at a moment to all nodes but those that `isMissing` names. */
  publish(session: number, version: number, atNs: number, isMissing: ((node: number) => boolean) | null): void {
    const missing = this.missed.get(session);
    if (missing)
      for (const copy of this.copies[session] ?? []) if (!missing.has(copy.node)) this.refresh(session, copy);
    this.versionsBefore[session] = this.versions[session];
    this.atNsBefore[session] = this.atNs[session];
    this.versions[session] = version;
    this.atNs[session] = atNs;
    this.missed.delete(session);
    if (isMissing === null) return;
    const nodes = (this.copies[session] ?? []).filter(({ node }) => isMissing(node)).map(({ node }) => node);
    if (nodes.length > 0) this.missed.set(session, new Set(nodes));
  }

  private refresh(session: number, copy: LocalCopy): void {
    if (this.atNs[session] + this.travelNs <= this.host.sim.nowNs)
      copy.version = Math.max(copy.version, this.versions[session]);
  }

  /** Version that a node's copy has by now, -1 = it has none. */
  versionAt(session: number, node: number): number {
    const copy = this.copyAt(session, node);
    if (!copy) return -1;
    const hasArrived = this.atNs[session] + this.travelNs <= this.host.sim.nowNs;
    if (hasArrived && !this.missed.get(session)?.has(node))
      copy.version = Math.max(copy.version, this.versions[session]);
    else if (this.atNsBefore[session] + this.travelNs <= this.host.sim.nowNs)
      copy.version = Math.max(copy.version, this.missed.get(session)?.has(node) ? -1 : this.versionsBefore[session]);
    return copy.version;
  }

  /** Versions of all copies on living nodes. */
  survivors(session: number, into: Set<number>): void {
    for (const { node, start } of this.copies[session] ?? []) {
      if (this.host.nodes.isUp(node) && this.host.nodes.start[node] === start) into.add(this.versionAt(session, node));
    }
  }

  private grow(session: number): void {
    const size = Math.max(this.versions.length * 2, session + 1);
    const grown = <T extends Int32Array | Float64Array>(old: T, larger: T): T => {
      larger.set(old);
      return larger;
    };
    this.versions = grown(this.versions, new Int32Array(size).fill(-1));
    this.versionsBefore = grown(this.versionsBefore, new Int32Array(size).fill(-1));
    this.atNs = grown(this.atNs, new Float64Array(size));
    this.atNsBefore = grown(this.atNsBefore, new Float64Array(size));
  }
}
