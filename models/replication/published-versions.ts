import { LazyColumn } from '../../sim/lazy-column.ts';
import { LocalCopies } from './local-copies.ts';
import type { StrategyHost } from './strategy.ts';

/** A publication that not everybody has heard of yet, and the one of the same session before it. */
interface Publication {
  readonly session: number;
  readonly atNs: number;
  readonly versionBefore: number;
  readonly beforeNs: number;
}

/**
 * Local copies of sessions that are kept up to date by fire-and-forget publications: a node sees a version when the
 * publication has reached it, and never if it was not connected at that moment.
 *
 * Model: of each session the last two publications are remembered, of those that have arrived only the version. Work per
 * publication does not grow with the nodes, but while some are cut off.
 */
export class PublishedVersions {
  /** Publications so far; every node hears all of them. */
  publications = 0;
  private readonly host: StrategyHost;
  private readonly travelNs: number;
  private readonly copies: LocalCopies;
  /** Version published last. */
  private readonly versions: LazyColumn;
  /** Publications under way by session, and all of them, the oldest first. */
  private readonly underWay = new Map<number, Publication>();
  private readonly order: Publication[] = [];
  /** Sessions whose last publication somebody has missed, and who. */
  private readonly missed = new Map<number, Set<number>>();

  constructor(host: StrategyHost) {
    this.host = host;
    this.travelNs = Math.round(host.scenario.network.latencyUs * 1000);
    this.copies = new LocalCopies(host.sessions);
    this.versions = new LazyColumn(host.sessions, new Int32Array(0), -1);
  }

  /** A session begins. */
  begin(session: number): void {
    this.copies.forget(session);
    this.versions.clear(session);
    this.underWay.delete(session);
    this.missed.delete(session);
  }

  private copyAt(session: number, node: number): number {
    return this.copies.find(session, node, this.host.nodes.start[node]);
  }

  /** Whether a node has a copy since it was started. */
  isHeldAt(session: number, node: number): boolean {
    return this.copyAt(session, node) >= 0;
  }

  /** A node holds a version from now on. */
  hold(session: number, node: number, version: number): void {
    const copy = this.copyAt(session, node);
    if (copy >= 0) this.copies.raise(copy, version);
    else this.copies.add(session, node, this.host.nodes.start[node], version);
  }

  /** A version is published at a moment to all nodes but those that `isMissing` names. */
  publish(session: number, version: number, atNs: number, isMissing: ((node: number) => boolean) | null): void {
    const { copies, underWay } = this;
    const missing = this.missed.get(session);
    const last = underWay.get(session);
    const versionBefore = this.versions.get(session);
    if (missing && this.hasArrived(last)) {
      for (let copy = copies.first(session); copy >= 0; copy = copies.next(copy))
        if (!missing.has(copies.node(copy))) copies.raise(copy, versionBefore);
    }
    const publication = { session, atNs, versionBefore, beforeNs: last?.atNs ?? Number.NEGATIVE_INFINITY };
    underWay.set(session, publication);
    this.versions.set(session, version);
    this.missed.delete(session);
    this.settle(publication);
    if (isMissing === null) return;
    const nodes = new Set<number>();
    for (let copy = copies.first(session); copy >= 0; copy = copies.next(copy))
      if (isMissing(copies.node(copy))) nodes.add(copies.node(copy));
    if (nodes.size > 0) this.missed.set(session, nodes);
  }

  /** Keeps a new publication in mind, and forgets those that have arrived. */
  private settle(publication: Publication): void {
    const { order, underWay } = this;
    order.push(publication);
    let arrived = 0;
    for (; this.hasArrived(order[arrived]); arrived += 1) {
      if (underWay.get(order[arrived].session) === order[arrived]) underWay.delete(order[arrived].session);
      if (arrived === order.length - 1) break;
    }
    if (arrived > 0) order.splice(0, arrived);
  }

  private hasArrived(publication: Publication | undefined): boolean {
    return publication === undefined || publication.atNs + this.travelNs <= this.host.sim.nowNs;
  }

  /** Version that a node's copy has by now, -1 = it has none. */
  versionAt(session: number, node: number): number {
    const { copies } = this;
    const copy = this.copyAt(session, node);
    if (copy < 0) return -1;
    const last = this.underWay.get(session);
    const isMissing = this.missed.size > 0 && this.missed.get(session)?.has(node) === true;
    if (isMissing) return copies.version(copy);
    if (last === undefined || this.hasArrived(last)) copies.raise(copy, this.versions.get(session));
    else if (last.beforeNs + this.travelNs <= this.host.sim.nowNs) copies.raise(copy, last.versionBefore);
    return copies.version(copy);
  }

  /** Versions of all copies on living nodes. */
  survivors(session: number, into: Set<number>): void {
    const { copies } = this;
    const { nodes } = this.host;
    for (let copy = copies.first(session); copy >= 0; copy = copies.next(copy)) {
      const node = copies.node(copy);
      if (nodes.isUp(node) && nodes.start[node] === copies.start(copy)) into.add(this.versionAt(session, node));
    }
  }
}
