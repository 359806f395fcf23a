import { type Packet, TRIBES_PORT } from './capture.ts';

/** A frame of Tribes: a message, or an acknowledgement. */
export interface Frame {
  /** When its first byte, and when all of it, was on the wire [ms]. */
  readonly beganMs: number;
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  /** With its marks [bytes]. */
  readonly bytes: number;
  readonly isAck: boolean;
  /** What it is, as Tomcat's sources call it, `PROBE` for the message of a failure detector. */
  readonly type: string;
  /** The message as Java has serialised it. */
  readonly message: Buffer;
}

/** Marks of a frame. @see source: Tribes XByteBuffer START_DATA, END_DATA. */
const START = Buffer.from('FLT2002');
const END = Buffer.from('TLF2003');
const ACK_BYTES = 21;
/** End of the class descriptions of a serialised object. */
const FIELDS = Buffer.from([0x78, 0x70]);

/** Event types of a session message. @see source: Tomcat SessionMessage. */
const sessionTypes: Readonly<Record<number, string>> = {
  1: 'SESSION-MODIFIED',
  2: 'SESSION-EXPIRED',
  3: 'SESSION-ACCESSED',
  4: 'SESSION-GET-ALL',
  12: 'ALL-SESSION-DATA',
  13: 'SESSION-DELTA',
  14: 'SESSION-STATE-TRANSFERRED',
  15: 'SESSION-ID-CHANGED',
  16: 'NO-CONTEXT-MANAGER',
};

/** Event types of a map message. @see source: Tomcat AbstractReplicatedMap.MapMessage. */
const mapTypes: Readonly<Record<number, string>> = {
  1: 'MSG_BACKUP',
  2: 'MSG_RETRIEVE_BACKUP',
  3: 'MSG_PROXY',
  4: 'MSG_REMOVE',
  5: 'MSG_STATE',
  6: 'MSG_START',
  7: 'MSG_STOP',
  8: 'MSG_INIT',
  9: 'MSG_COPY',
  10: 'MSG_STATE_COPY',
  11: 'MSG_ACCESS',
  12: 'MSG_NOTIFY_MAPMEMBER',
  13: 'MSG_PING',
};

/** The first int of the fields of a serialised object: they follow the description of its class and superclasses. */
function firstInt(message: Buffer, className: string, after: Buffer, skipped: number): number {
  const at = message.indexOf(className);
  const fields = at < 0 ? -1 : message.indexOf(after, at);
  return fields < 0 ? -1 : message.readInt32BE(fields + after.length + skipped);
}

/** Name of a serialised message. */
export function typeOf(message: Buffer): string {
  if (message.length <= 64 && !message.includes(Buffer.from([0xac, 0xed]))) return 'PROBE';
  if (message.includes('SessionMessageImpl')) {
    return sessionTypes[firstInt(message, 'SessionMessageImpl', FIELDS, 8)] ?? 'SESSION-UNKNOWN';
  }
  if (message.includes('MapMessage')) {
    return mapTypes[firstInt(message, 'MapMessage', FIELDS, 1)] ?? 'MAP-UNKNOWN';
  }
  return message.includes('NoRpcChannelReply') ? 'NoRpcChannelReply' : 'UNKNOWN';
}

function frameOf(bytes: Buffer, packet: Packet, beganMs: number): Frame {
  const { atMs, from, to } = packet;
  const body = bytes.subarray(START.length + 4, bytes.length - END.length);
  if (bytes.length === ACK_BYTES) {
    return { beganMs, atMs, from, to, bytes: bytes.length, isAck: true, type: 'ACK', message: body };
  }
  const idLength = body.readInt32BE(12);
  const address = 16 + idLength;
  const text = address + 4 + body.readInt32BE(address);
  const message = body.subarray(text + 4, text + 4 + body.readInt32BE(text));
  return { beganMs, atMs, from, to, bytes: bytes.length, isAck: false, type: typeOf(message), message };
}

/** Bytes of one direction of a connection, in order. */
class Stream {
  private next = -1;
  private parts: Buffer[] = [];
  private held = 0;
  /** When the first of the bytes held was on the wire [ms]. */
  private beganMs = 0;
  private readonly early = new Map<number, Buffer>();

  /** @returns the frames that the packet completes. */
  take(packet: Packet): Frame[] {
    const { payload, sequence, isSyn } = packet;
    if (isSyn) this.next = (sequence + 1) >>> 0;
    if (payload.length === 0) return [];
    if (this.next < 0) this.next = sequence;
    this.early.set(sequence, payload);
    if (this.held === 0) this.beganMs = packet.atMs;
    for (let part = this.early.get(this.next); part; part = this.early.get(this.next)) {
      this.early.delete(this.next);
      this.next = (this.next + part.length) >>> 0;
      this.parts.push(part);
      this.held += part.length;
    }
    return this.frames(packet);
  }

  private frames(packet: Packet): Frame[] {
    const found: Frame[] = [];
    let data = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts, this.held);
    for (;;) {
      const start = data.indexOf(START);
      if (start < 0 || data.length < start + START.length + 4) break;
      const length = START.length + 4 + data.readInt32BE(start + START.length) + END.length;
      if (data.length < start + length) break;
      found.push(frameOf(data.subarray(start, start + length), packet, this.beganMs));
      data = data.subarray(start + length);
      this.beganMs = packet.atMs;
    }
    this.parts = data.length > 0 ? [data] : [];
    this.held = data.length;
    return found;
  }
}

/** The frames between the nodes, in the order in which they are complete on the wire. */
export function framesIn(packets: readonly Packet[]): Frame[] {
  const streams = new Map<string, Stream>();
  const frames: Frame[] = [];
  for (const packet of packets) {
    const { protocol, from, to, fromPort, toPort } = packet;
    if (protocol !== 'tcp' || (fromPort !== TRIBES_PORT && toPort !== TRIBES_PORT)) continue;
    const name = `${from}:${fromPort}>${to}:${toPort}`;
    let stream = streams.get(name);
    if (!stream) {
      stream = new Stream();
      streams.set(name, stream);
    }
    frames.push(...stream.take(packet));
  }
  return frames;
}
