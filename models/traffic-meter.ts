import { messageKinds } from './messages.ts';
import type { Traffic } from './results.ts';

const KINDS = messageKinds.length;

/** Somebody who wants to know of every message, whether the window is open or not; none in ordinary runs. */
export interface TrafficObserver {
  /**
   * Messages from a node to another, or (`from` -1) heartbeats received; -1 = a store.
   * @param bytes - of all of them. @param messages - 1, or how many were counted at once; 0 = an answer of a store.
   */
  message(kind: number, from: number, to: number, bytes: number, messages: number): void;
}

/**
 * Counts messages and bytes per kind, and per kind and node, in the measurement window. A broadcast to all members
 * costs one addition, whatever the number of nodes: what each node received is derived at the end.
 */
export class TrafficMeter {
  isOpen = false;
  observer: TrafficObserver | null = null;
  private readonly nodes: number;
  private readonly messages = new Float64Array(KINDS);
  private readonly bytes = new Float64Array(KINDS);
  /** Sent and received by each node. */
  private readonly byNode: Float64Array;
  /** Bytes that went through every node, per kind: sent or got by all; and what each node had no part in. */
  private readonly byAll = new Float64Array(KINDS);
  private readonly notBy: Float64Array;

  constructor(nodes: number) {
    this.nodes = nodes;
    this.byNode = new Float64Array(KINDS * nodes);
    this.notBy = new Float64Array(KINDS * nodes);
  }

  /**
   * Counts a broadcast by `sender` to those of its view.
   * @param bytes - of what each of them gets: a message, or `messages` of them.
   * @param ranks - rank table and the offset of the sender's view in it; read only when somebody gets no copy.
   */
  broadcastSent(
    kind: number,
    sender: number,
    except: number,
    bytes: number,
    ranks: Int16Array,
    row: number,
    messages = 1,
  ): void {
    const { nodes, observer } = this;
    if (!this.isOpen && observer === null) return;
    let copies = 0;
    const isComplete = ranks[row + ((sender + nodes - 1) % nodes)] === nodes - 2;
    if (isComplete && observer === null) {
      copies = except < 0 ? nodes - 1 : nodes - 2;
      if (except >= 0 && this.isOpen) this.notBy[kind * nodes + except] += bytes;
    } else {
      for (let node = 0; node < nodes; node += 1) {
        const isSent = node !== sender && node !== except && ranks[row + node] >= 0;
        if (isSent) {
          copies += 1;
          observer?.message(kind, sender, node, bytes, messages);
        } else if (node !== sender && this.isOpen) {
          this.notBy[kind * nodes + node] += bytes;
        }
      }
    }
    if (!this.isOpen) return;
    this.messages[kind] += copies * messages;
    this.bytes[kind] += copies * bytes;
    this.byAll[kind] += bytes;
    this.byNode[kind * nodes + sender] += copies * bytes;
    this.notBy[kind * nodes + sender] += bytes;
  }

  /** Counts `messages` messages of `bytes` bytes in all from one node to another; -1 = a store. */
  sent(kind: number, from: number, to: number, messages: number, bytes: number): void {
    this.observer?.message(kind, from, to, bytes, messages);
    if (!this.isOpen) return;
    this.messages[kind] += messages;
    this.bytes[kind] += bytes;
    if (from >= 0) this.byNode[kind * this.nodes + from] += bytes;
    if (to >= 0) this.byNode[kind * this.nodes + to] += bytes;
  }

  /** Counts a message of `bytes` bytes from each node that is marked, as most are, to one of the others. */
  sentByEach(kind: number, isMarked: Uint8Array, to: number, bytes: number): void {
    const { observer, notBy, nodes } = this;
    if (!this.isOpen && observer === null) return;
    let count = 0;
    for (let from = 0; from < nodes; from += 1) {
      if (isMarked[from] === 1) {
        count += 1;
        observer?.message(kind, from, to, bytes, 1);
      } else if (this.isOpen) {
        notBy[kind * nodes + from] += bytes;
      }
    }
    if (!this.isOpen) return;
    this.messages[kind] += count;
    this.bytes[kind] += count * bytes;
    this.byAll[kind] += bytes;
    this.byNode[kind * nodes + to] += count * bytes;
  }

  /** The same, where nobody observes and it is known who sends none: the first of `others`, each once, `to` among them. */
  sentByAllBut(kind: number, others: Int16Array, length: number, to: number, bytes: number): void {
    if (!this.isOpen) return;
    const count = this.nodes - length;
    for (let place = 0; place < length; place += 1) this.notBy[kind * this.nodes + others[place]] += bytes;
    this.messages[kind] += count;
    this.bytes[kind] += count * bytes;
    this.byAll[kind] += bytes;
    this.byNode[kind * this.nodes + to] += count * bytes;
  }

  /** Bytes of all kinds so far. */
  get allBytes(): number {
    return this.bytes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** The rows of `traffic.csv`, kinds that never occurred left out. */
  rows(requests: number, windowS: number): Traffic[] {
    const rows: Traffic[] = [];
    messageKinds.forEach((kind, code) => {
      if (this.messages[code] === 0) return;
      let busiest = 0;
      for (let node = 0; node < this.nodes; node += 1) {
        const place = code * this.nodes + node;
        busiest = Math.max(busiest, this.byNode[place] + this.byAll[code] - this.notBy[place]);
      }
      rows.push({
        kind,
        messages: this.messages[code],
        bytes: this.bytes[code],
        messages_per_request: requests > 0 ? this.messages[code] / requests : null,
        bytes_per_request: requests > 0 ? this.bytes[code] / requests : null,
        bytes_per_s: this.bytes[code] / windowS,
        node_bytes_per_s_max: busiest / windowS,
      });
    });
    return rows;
  }
}
