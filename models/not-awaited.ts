import { ACK_BYTES, kindCode } from './messages.ts';
import type { TrafficMeter } from './traffic-meter.ts';

/** So many are kept by name; where they are more, all nodes are looked through. */
const MAX = 64;

/** Nodes of which no acknowledgement of a message is awaited (any more): what all others do alike is counted once. */
export class NotAwaited {
  private readonly names = new Int16Array(MAX);
  /** How many they are; -1: not known. */
  private count = -1;

  /**
   * A message is sent. Who gets none is known where all others get a copy.
   * @param except - gets none, -1 nobody. @param awaited - how many get a copy, of so many `nodes`.
   */
  begin(sender: number, except: number, awaited: number, nodes: number): void {
    const count = except >= 0 && except !== sender ? 2 : 1;
    this.names[0] = sender;
    this.names[1] = except;
    this.count = awaited + count === nodes ? count : -1;
  }

  /** A node has acknowledged, or never will. */
  add(node: number): void {
    if (this.count >= MAX) this.count = -1;
    else if (this.count >= 0) this.names[this.count++] = node;
  }

  /**
   * Counts the acknowledgements of all others.
   * @param isMarked - per node: 1 = is counted. @param more - nodes that are not counted either.
   */
  meterOthers(traffic: TrafficMeter, isMarked: Uint8Array, more: readonly number[], sender: number): void {
    const { names, count } = this;
    if (count < 0 || count + more.length > MAX || traffic.observer !== null) {
      traffic.sentByEach(kindCode.ack, isMarked, sender, ACK_BYTES);
      return;
    }
    for (let place = 0; place < more.length; place += 1) names[count + place] = more[place];
    traffic.sentByAllBut(kindCode.ack, names, count + more.length, sender, ACK_BYTES);
  }
}
