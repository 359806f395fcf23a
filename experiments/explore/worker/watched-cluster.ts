import { Cluster } from '../../../models/cluster.ts';
import { kindCode, messageKinds } from '../../../models/messages.ts';
import type { Scenario } from '../../../models/scenario/schema.ts';
import { sessionState } from '../../../models/sessions.ts';
import type { TrafficObserver } from '../../../models/traffic-meter.ts';
import { type Frame, look, total } from '../frames.ts';
import { FollowedUsers } from './followed-users.ts';

/** A request that is under way for longer is shown as one that waits [ns]. */
const WAITING_NS = 150e6;

/**
 * A cluster that is looked at while it runs. Looking changes nothing: no event is scheduled, no draw is taken and no node
 * is made to catch up, so that the trajectory (and its fingerprint) is that of `simulate`.
 *
 * Model: a node accounts for received messages when it next looks at them (ARCHITECTURE.md), so that its processor use in
 * a frame may stand in a later one if no request reached it in between.
 */
export class WatchedCluster extends Cluster implements TrafficObserver {
  private readonly followed = new FollowedUsers();
  private readonly stations: number;
  private readonly linkBytes: Float32Array;
  private readonly kindBytes: Float32Array;
  private readonly answers: Float32Array;
  private readonly beats: Uint8Array;
  private readonly busyNs: Float64Array;
  private beating = -1;
  private frameNs = 0;
  private bytes = 0;
  private messages = 0;
  private stale = 0;
  private lost = 0;
  private latencyNs = 0;

  constructor(scenario: Scenario, replication: number) {
    super(scenario, replication);
    const { count } = this.nodes;
    this.stations = count + 1;
    this.linkBytes = new Float32Array(this.stations ** 2);
    this.kindBytes = new Float32Array(messageKinds.length);
    this.answers = new Float32Array(count);
    this.beats = new Uint8Array(count);
    this.busyNs = new Float64Array(count);
    this.traffic.observer = this;
  }

  message(kind: number, from: number, to: number, bytes: number, messages: number): void {
    this.kindBytes[kind] += bytes;
    this.bytes += bytes;
    this.messages += messages;
    if (kind === kindCode.heartbeat) {
      if (this.beating >= 0) this.beats[this.beating] = 1;
      return;
    }
    const { stations } = this;
    const sender = from < 0 ? stations - 1 : from;
    const receiver = to < 0 ? stations - 1 : to;
    this.linkBytes[sender * stations + receiver] += bytes;
  }

  override sessionLost(session: number): number {
    this.lost += 1;
    this.followed.lost(this.sessions.client.get(session));
    return super.sessionLost(session);
  }

  override clientAnswered(session: number, isFailed: boolean, slot: number): void {
    const { requests, sessions } = this;
    const client = sessions.client.get(session);
    const node = requests.node[slot];
    const isStale = !isFailed && requests.read[slot] < requests.acknowledgedBefore[slot];
    if (isStale) this.stale += 1;
    if (!isFailed) {
      sessions.served.set(session, node);
      this.answers[node] += 1;
      this.latencyNs += this.sim.nowNs - requests.sentNs[slot] + requests.delayNs[slot];
    }
    super.clientAnswered(session, isFailed, slot);
    const state = sessions.state.get(session);
    const isOver = state === sessionState.LEFT || (state === sessionState.GONE && !isFailed);
    this.followed.answered(client, node, { isFailed, isStale, isOver });
  }

  /** Writes the frame of this moment; the next one counts from here. */
  writeFrame(frame: Frame): void {
    const { nodes, sim, membership } = this;
    for (let node = 0; node < nodes.count; node += 1) {
      this.beating = node;
      membership.meter.meter(node, sim.nowNs);
    }
    this.beating = -1;
    frame.links.set(this.linkBytes);
    frame.kinds.set(this.kindBytes);
    frame.answered.set(this.answers);
    frame.beats.set(this.beats);
    frame.threads.set(nodes.threadsBusy);
    this.writeNodes(frame);
    this.writeUsers(frame);
    this.writeTotals(frame.totals);
    this.linkBytes.fill(0);
    this.kindBytes.fill(0);
    this.answers.fill(0);
    this.beats.fill(0);
    this.frameNs = sim.nowNs;
  }

  private writeNodes(frame: Frame): void {
    const { nodes, sim, membership } = this;
    const { nowNs } = sim;
    for (let node = 0; node < nodes.count; node += 1) {
      const cpu = nodes.cpus[node];
      const busyNs = cpu.busyNsUntil(Math.max(nowNs, cpu.lastArrivalNs));
      const spanNs = (nowNs - this.frameNs) * cpu.capacity;
      frame.cpu[node] = spanNs > 0 ? Math.min(1, Math.max(0, (busyNs - this.busyNs[node]) / spanNs)) : 0;
      this.busyNs[node] = busyNs;
      frame.state[node] = nodes.isUp(node) && nodes.isFrozen(node, nowNs) ? look.FROZEN : nodes.state[node];
      frame.views.set(membership.view(node), node * nodes.count);
      if (!nodes.isUp(node)) frame.views.fill(0, node * nodes.count, (node + 1) * nodes.count);
    }
  }

  private writeUsers(frame: Frame): void {
    const { sessions, requests, sim } = this;
    frame.users.fill(0);
    let users = 0;
    for (let row = 0; row < sessions.rows; row += 1) {
      if (sessions.state.get(row) !== sessionState.ACTIVE) continue;
      users += 1;
      const node = sessions.served.get(row) >= 0 ? sessions.served.get(row) : sessions.route.get(row);
      if (node >= 0) frame.users[node] += 1;
      if (this.followed.hasRoom) this.followed.meets(sessions.client.get(row), node);
    }
    frame.totals[total.USERS] = users;
    this.followed.write(frame.userNode, frame.userSees);
    let underWay = 0;
    for (let slot = 0; slot < requests.slots; slot += 1) {
      if (requests.isOpen[slot] === 0 || requests.wanted[slot] !== 0) continue;
      underWay += 1;
      if (sim.nowNs - requests.sentNs[slot] < WAITING_NS) continue;
      this.followed.waits(sessions.client.get(requests.session[slot]), frame.userSees);
    }
    frame.totals[total.UNDER_WAY] = underWay;
  }

  private writeTotals(totals: Float64Array): void {
    const { measurement } = this;
    totals[total.COMPLETED] = measurement.completedAll;
    totals[total.FAILED] = measurement.failedAll;
    totals[total.STALE] = this.stale;
    totals[total.LOST_SESSIONS] = this.lost;
    totals[total.WINDOW_COMPLETED] = measurement.completed;
    totals[total.WINDOW_FAILED] = measurement.failed;
    totals[total.WINDOW_STALE] = measurement.staleReads;
    totals[total.WINDOW_LOST_SESSIONS] = measurement.lostSessions;
    totals[total.WINDOW_LOST_UPDATES] = measurement.lostUpdates;
    totals[total.BYTES] = this.bytes;
    totals[total.MESSAGES] = this.messages;
    totals[total.LATENCY_NS] = this.latencyNs;
  }
}
