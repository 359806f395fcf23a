import type { TrafficMeter } from '../traffic-meter.ts';
import { lookup, type Strategy, type StrategyHost } from './strategy.ts';

/** Sticky balancing only: a session lives where it was created, and dies there. `headVersion` is that copy. */
export class None implements Strategy {
  protected readonly host: StrategyHost;

  constructor(host: StrategyHost) {
    this.host = host;
  }

  adopt(session: number, node: number): void {
    this.take(session, node);
    this.host.sessions.headVersion.set(session, 0);
  }

  /** The session is the node's own from now on. */
  protected take(session: number, node: number): void {
    const { sessions, nodes } = this.host;
    sessions.owner.set(session, node);
    sessions.ownerStart.set(session, nodes.start[node]);
  }

  protected owns(node: number, session: number): boolean {
    const { sessions, nodes } = this.host;
    return sessions.owner.get(session) === node && sessions.ownerStart.get(session) === nodes.start[node];
  }

  begin(slot: number): number {
    const { sessions, requests } = this.host;
    const session = requests.session[slot];
    const node = requests.node[slot];
    if (requests.creates[slot] === 1) {
      this.take(session, node);
      sessions.headVersion.set(session, 0);
      sessions.route.set(session, node);
      requests.read[slot] = 0;
      return lookup.FOUND;
    }
    if (!this.owns(node, session)) return lookup.ABSENT;
    requests.read[slot] = sessions.headVersion.get(session);
    return lookup.FOUND;
  }

  create(_slot: number): void {}

  cpuNs(_slot: number): number {
    return 0;
  }

  finish(slot: number): void {
    const { requests, sessions } = this.host;
    const session = requests.session[slot];
    sessions.headVersion.set(session, Math.max(sessions.headVersion.get(session), requests.wrote[slot]));
  }

  versionAt(node: number, session: number): number {
    return this.owns(node, session) ? this.host.sessions.headVersion.get(session) : -1;
  }

  survivors(session: number, into: Set<number>): void {
    const version = this.versionAt(this.host.sessions.owner.get(session), session);
    if (version >= 0) into.add(version);
  }

  expire(_node: number, _count: number): void {}

  end(_session: number, _node: number): void {}

  viewChanged(_observer: number, _member: number, _isMember: boolean): void {}

  nodeDied(_node: number): void {}

  transferState(_node: number): number {
    return this.host.sim.nowNs;
  }

  opened(_node: number): void {}

  memoryBytes(node: number): number {
    const { sessions, scenario, nodes } = this.host;
    if (!nodes.isUp(node)) return 0;
    const held = this.host.idleSessions(node) + sessions.countLive((row) => this.owns(node, row));
    return held * scenario.session.bytes;
  }

  meter(_traffic: TrafficMeter): void {}
}
