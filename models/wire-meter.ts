import { kindCode, type MessageKind, messageKinds } from './messages.ts';
import type { TrafficObserver } from './traffic-meter.ts';

/** Payload of a full TCP segment on Ethernet with an MTU of 1500 and time stamps [bytes]. */
const SEGMENT_BYTES = 1448;
/**
 * One write into a socket, in segments of its own and read at once. @see measured on Tomcat 10.1.60: a message of 1,000,000 bytes takes
 * 703 segments, not 692.
 */
const WRITE_BYTES = 65_536;
/** Ethernet, IPv4 and TCP headers with time stamps, as captured [bytes]; and Ethernet, IPv4 and UDP. */
const TCP_HEADER_BYTES = 66;
const UDP_HEADER_BYTES = 42;
/** Segments acknowledged at once after an idle time. @see source: Linux TCP_MAX_QUICKACKS. */
const QUICK_ACKS = 16;
/** Idle time after which a receiver acknowledges at once again [ns]. @see source: Linux tcp_event_data_recv, RTO_MIN. */
const IDLE_NS = 204e6;
/** Wait for data to put an acknowledgement on [ns]. @see source: Linux TCP_DELACK_MIN. */
const DELAY_NS = 40e6;
/** Threads that the dispatcher keeps, each with a sender of its own. @see source: MessageDispatchInterceptor. */
export const DISPATCHERS = 2;

/** Segments of a message. */
export function segmentsOf(bytes: number): number {
  const whole = Math.floor(bytes / WRITE_BYTES);
  return whole * Math.ceil(WRITE_BYTES / SEGMENT_BYTES) + Math.ceil((bytes - whole * WRITE_BYTES) / SEGMENT_BYTES);
}

/** One end of a connection, as a receiver. */
class Endpoint {
  private receivedNs = Number.NEGATIVE_INFINITY;
  private quick = 0;
  private unackedBytes = 0;
  private delayedUntilNs = Number.POSITIVE_INFINITY;
  /** It answers what it receives: its acknowledgements wait for the answer. */
  private isInteractive = false;

  /** Data arrives and is read at once. @returns pure acknowledgements sent until the data has been read. */
  received(bytes: number, nowNs: number): number {
    let acks = this.settled(nowNs);
    if (nowNs - this.receivedNs > IDLE_NS) this.quick = QUICK_ACKS;
    this.receivedNs = nowNs;
    let segments = Math.ceil(bytes / SEGMENT_BYTES);
    let rest = bytes;
    while (this.quick > 0 && !this.isInteractive && segments > 0) {
      this.quick -= 1;
      acks += 1;
      segments -= 1;
      rest = Math.max(0, rest - SEGMENT_BYTES);
      this.unackedBytes = 0;
    }
    this.unackedBytes += rest;
    const isSmall = bytes % SEGMENT_BYTES !== 0 && !this.isInteractive;
    if (this.unackedBytes > SEGMENT_BYTES || (this.unackedBytes > 0 && isSmall)) {
      acks += 1;
      this.unackedBytes = 0;
    }
    this.delayedUntilNs = this.unackedBytes > 0 ? nowNs + DELAY_NS : Number.POSITIVE_INFINITY;
    return acks;
  }

  /** The end sends data of its own, which carries what it has to acknowledge. */
  sends(nowNs: number): number {
    const acks = this.settled(nowNs);
    this.unackedBytes = 0;
    this.delayedUntilNs = Number.POSITIVE_INFINITY;
    if (nowNs - this.receivedNs < DELAY_NS) this.isInteractive = true;
    return acks;
  }

  /** @returns 1 if a delayed acknowledgement has left by now. */
  settled(nowNs: number): number {
    if (this.delayedUntilNs > nowNs) return 0;
    this.delayedUntilNs = Number.POSITIVE_INFINITY;
    this.unackedBytes = 0;
    this.isInteractive = false;
    return 1;
  }
}

/** What has crossed the network. */
export interface WireCount {
  messages: number;
  frameBytes: number;
  ackFrames: number;
  tcpBytes: number;
  ethernetBytes: number;
  packets: number;
  pureAcks: number;
  heartbeats: number;
}

/**
 * Segments, acknowledgements and Ethernet frames of the messages between nodes, for runs that compare them with a
 * capture; ordinary runs do without.
 *
 * Model: pooled senders take turns, and each has its own connection to every other node. The pool has made as many as were
 * ever needed at once: one where the caller's thread sends, two where dispatcher threads do, more after a hitch. A receiver acknowledges every segment while it is in quick mode (16
 * segments after an idle time of one retransmission timeout); else once when the data has been read, unless it answers
 * on the same connection (USE_ACK), which carries the acknowledgement. Losses and windows are left out.
 * @see source: Linux tcp_input.c, tcp.c (tcp_cleanup_rbuf); measured on Tomcat 10.1.60 with kernel 6.18.
 */
export class WireMeter implements TrafficObserver {
  readonly count: WireCount = {
    messages: 0,
    frameBytes: 0,
    ackFrames: 0,
    tcpBytes: 0,
    ethernetBytes: 0,
    packets: 0,
    pureAcks: 0,
    heartbeats: 0,
  };
  /** Messages by kind and size: `session-delta/768`. */
  readonly types = new Map<string, number>();
  private readonly nowNs: () => number;
  private readonly senders: number | readonly number[];
  private readonly ends = new Map<string, Endpoint>();
  private readonly unanswered = new Map<string, number[]>();
  private readonly turn = new Map<number, number>();
  private lastSend = '';

  /** @param senders - that the pool of each node has made, or of all. */
  constructor(nowNs: () => number, senders: number | readonly number[]) {
    this.nowNs = nowNs;
    this.senders = senders;
  }

  message(kind: number, from: number, to: number, bytes: number, messages = 1): void {
    // What is counted at once has no moment of its own.
    if (messages !== 1) return;
    if (from < 0 || to < 0) {
      if (kind === kindCode.heartbeat) this.heartbeat(bytes);
      return;
    }
    if (kind === kindCode.ack) {
      const connection = this.unanswered.get(`${to}>${from}`)?.shift() ?? 0;
      this.count.ackFrames += 1;
      this.data(`${to}>${from}/${connection}`, 'owner', bytes);
      return;
    }
    const name = `${messageKinds[kind] as MessageKind}/${bytes}`;
    this.types.set(name, (this.types.get(name) ?? 0) + 1);
    this.count.messages += 1;
    this.count.frameBytes += bytes;
    const connection = this.connectionOf(from, `${from} ${name} ${this.nowNs()}`);
    const pair = `${from}>${to}`;
    const waiting = this.unanswered.get(pair);
    if (waiting) waiting.push(connection);
    else this.unanswered.set(pair, [connection]);
    if (this.unanswered.get(pair)!.length > this.sendersOf(from) * 32) this.unanswered.get(pair)!.shift();
    this.data(`${pair}/${connection}`, 'peer', bytes);
  }

  /** One sender serves all destinations of a message; the next message takes the next sender. */
  private connectionOf(from: number, send: string): number {
    const turn = (this.turn.get(from) ?? 0) + (send === this.lastSend ? 0 : 1);
    this.lastSend = send;
    this.turn.set(from, turn);
    return turn % this.sendersOf(from);
  }

  private sendersOf(node: number): number {
    return typeof this.senders === 'number' ? this.senders : this.senders[node];
  }

  private heartbeat(bytes: number): void {
    this.count.heartbeats += 1;
    this.count.ethernetBytes += bytes + UDP_HEADER_BYTES;
  }

  private end(name: string): Endpoint {
    let end = this.ends.get(name);
    if (!end) {
      end = new Endpoint();
      this.ends.set(name, end);
    }
    return end;
  }

  /** @param receiver - which end of the connection gets the data: the one that opened it, or the other. */
  private data(connection: string, receiver: 'owner' | 'peer', bytes: number): void {
    const nowNs = this.nowNs();
    const sender = receiver === 'owner' ? 'peer' : 'owner';
    const segments = segmentsOf(bytes);
    this.acknowledge(this.end(`${connection} ${sender}`).sends(nowNs));
    const end = this.end(`${connection} ${receiver}`);
    for (let left = bytes; left > 0; left -= WRITE_BYTES) {
      this.acknowledge(end.received(Math.min(left, WRITE_BYTES), nowNs));
    }
    this.count.tcpBytes += bytes;
    this.count.packets += segments;
    this.count.ethernetBytes += bytes + segments * TCP_HEADER_BYTES;
  }

  private acknowledge(acks: number): void {
    this.count.pureAcks += acks;
    this.count.packets += acks;
    this.count.ethernetBytes += acks * TCP_HEADER_BYTES;
  }

  /** The counts up to now, delayed acknowledgements included. */
  read(): WireCount {
    for (const end of this.ends.values()) this.acknowledge(end.settled(this.nowNs()));
    return { ...this.count };
  }
}
