import { wireBytes } from '../../models/network-card.ts';
import type { Broadcast } from '../../models/replication/delivery-plane.ts';
import { requestDoes } from '../../models/requests.ts';
import { windowsOf } from '../../models/send-windows.ts';
import { loadProfile } from '../calibration/load-profile.ts';
import { type MeasuredRow, neededIn, quantile } from './check.ts';
import { OpenLoop } from './load-run.ts';
import { loadScenario, quotaOf } from './load-scenario.ts';

/** What a phase of an overload run is: the nodes but the last one serve, the last one only receives. */
export interface Phase {
  readonly row: MeasuredRow;
  /** Node that is slowed down, the last one. */
  readonly slow: number;
  readonly slowCores: number;
  readonly offeredPerS: number;
  /** Processor time of a received message, as a multiple of the calibration's. */
  readonly receiveFactor?: number;
}

/** What an interval of a run gave. */
export interface Interval {
  readonly offered: number;
  readonly completed: number;
  readonly errors: number;
  readonly latencyMsP50: number;
  /** Processor time of the slow node [cores]. */
  readonly cores: number;
  /** Ethernet bytes of replication that have come to each node's card. */
  readonly cameBytes: readonly number[];
  /** At the end, in the sockets of the slow node, and in those of each of the others [bytes]. */
  readonly receiveQueueBytes: number;
  readonly sendQueuesBytes: readonly number[];
}

/** The quota of the nodes that serve, and rates, as the columns have them. */
export function phaseOf(row: MeasuredRow, offeredPerS: number, slowCores: number): Phase {
  const nodes = Object.keys(row).filter((column) => /^cpu_node\d+$/.test(column)).length;
  return { row, slow: nodes - 1, slowCores, offeredPerS };
}

/** One overload run that goes on interval by interval. */
export class OverloadRun {
  readonly loop: OpenLoop;
  readonly slow: number;
  private readonly sentBytes: number[];
  private readonly sentWireBytes: number[];
  private readonly receiverBytes: number;
  private before: { busyNs: number; cameBytes: number[]; offered: number; completed: number; errors: number };

  constructor(phase: Phase) {
    const { row, slow, slowCores, offeredPerS, receiveFactor = 1 } = phase;
    const profile = loadProfile('measured-2core', '.') as { messageReceiveUs: number; messageReceiveNsPerByte: number };
    const fast = { cpuQuota: quotaOf(neededIn(row, 'fast_quota')) };
    const nodes = [...new Array(slow).fill(fast), { cpuQuota: quotaOf(slowCores) }];
    const calibration = {
      ...profile,
      messageReceiveUs: profile.messageReceiveUs * receiveFactor,
      messageReceiveNsPerByte: profile.messageReceiveNsPerByte * receiveFactor,
    };
    const given = { ...row, op: 'inc', payload_bytes: row.payload_bytes || '1000' };
    const scenario = loadScenario(given, { nodes: slow + 1, more: { nodes, calibration } });
    this.slow = slow;
    this.sentBytes = new Array(slow + 1).fill(0);
    this.sentWireBytes = new Array(slow + 1).fill(0);
    const { received } = windowsOf(scenario.channel);
    this.receiverBytes = received * Math.min(scenario.channel.dispatch.maxThreads, scenario.channel.sender.poolSize);
    const rates = [...new Array(slow).fill(offeredPerS / slow), 0];
    this.loop = new OpenLoop(scenario, { rates, does: requestDoes.WRITE, isSticky: true, seed: 1 });
    this.countMessages();
    this.loop.isCounting = true;
    this.before = this.counts();
  }

  private countMessages(): void {
    const { plane } = this.loop.cluster;
    const broadcast = plane.broadcast.bind(plane);
    plane.broadcast = (message: Broadcast): number => {
      if (plane.copies(message.view) > 0) {
        this.sentBytes[message.sender] += message.bytes;
        this.sentWireBytes[message.sender] += wireBytes(message.bytes);
      }
      return broadcast(message);
    };
  }

  private get nowNs(): number {
    return this.loop.cluster.sim.nowNs;
  }

  /** What a sender's kernel still has for the slow node [bytes]. */
  private sendQueue(sender: number): number {
    return Math.max(0, this.loop.cluster.plane.unread(sender, this.slow, this.nowNs) - this.receiverBytes);
  }

  private receiveQueue(sender: number): number {
    return Math.min(this.receiverBytes, this.loop.cluster.plane.unread(sender, this.slow, this.nowNs));
  }

  private sumOfSenders(of: (sender: number) => number): number {
    let sum = 0;
    for (let sender = 0; sender < this.slow; sender += 1) sum += of(sender);
    return sum;
  }

  private cameTo(node: number): number {
    return this.sumOfSenders((sender) => {
      if (sender === node) return 0;
      const wireShare = this.sentBytes[sender] === 0 ? 1 : this.sentWireBytes[sender] / this.sentBytes[sender];
      return this.sentWireBytes[sender] - (node === this.slow ? wireShare * this.sendQueue(sender) : 0);
    });
  }

  private counts(): typeof this.before {
    const { offered, completed, errors } = this.loop;
    const cameBytes = this.sentBytes.map((_, node) => this.cameTo(node));
    return { busyNs: this.loop.busyNs()[this.slow], cameBytes, offered, completed, errors };
  }

  /** Goes on for a while. */
  interval(seconds: number): Interval {
    const { loop, before } = this;
    loop.latenciesMs.length = 0;
    loop.cluster.sim.runUntil(this.nowNs + Math.round(seconds * 1e9));
    const after = this.counts();
    this.before = after;
    return {
      offered: after.offered - before.offered,
      completed: after.completed - before.completed,
      errors: after.errors - before.errors,
      latencyMsP50: quantile(loop.latenciesMs, 0.5),
      cores: (after.busyNs - before.busyNs) / (seconds * 1e9),
      cameBytes: after.cameBytes.map((bytes, node) => bytes - before.cameBytes[node]),
      receiveQueueBytes: this.sumOfSenders((sender) => this.receiveQueue(sender)),
      sendQueuesBytes: Array.from({ length: this.slow }, (_, sender) => this.sendQueue(sender)),
    };
  }
}
