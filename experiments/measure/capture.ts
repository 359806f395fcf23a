import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { RunFailed } from '../lib/run-failed.ts';
import { BRIDGE, type Lab, pause } from './lab.ts';

/** A packet on the bridge between two nodes. */
export interface Packet {
  readonly atMs: number;
  /** Nodes, from 0; `to` is -1 for a multicast. */
  readonly from: number;
  readonly to: number;
  readonly protocol: 'tcp' | 'udp';
  readonly fromPort: number;
  readonly toPort: number;
  /** Length of the Ethernet frame, and of the IP packet in it. */
  readonly ethernetBytes: number;
  readonly ipBytes: number;
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly payload: Buffer;
}

/** Port of the Receiver, and of the membership. */
export const TRIBES_PORT = 4000;
export const MEMBERSHIP_PORT = 45564;
const PCAP_MAGIC = 0xa1b2c3d4;

function packetOf(data: Buffer, atMs: number, ethernetBytes: number): Packet | null {
  if (data.readUInt16BE(12) !== 0x0800) return null;
  const ip = data.subarray(14);
  const header = (ip[0] & 15) * 4;
  const ipBytes = ip.readUInt16BE(2);
  const isTcp = ip[9] === 6;
  if (!isTcp && ip[9] !== 17) return null;
  const segment = ip.subarray(header, ipBytes);
  const offset = isTcp ? (segment[12] >> 4) * 4 : 8;
  const nodeOf = (at: number): number => (ip[at] === 10 ? ip[at + 3] - 1 : -1);
  return {
    atMs,
    from: nodeOf(12),
    to: nodeOf(16),
    protocol: isTcp ? 'tcp' : 'udp',
    fromPort: segment.readUInt16BE(0),
    toPort: segment.readUInt16BE(2),
    ethernetBytes,
    ipBytes,
    sequence: isTcp ? segment.readUInt32BE(4) : 0,
    isSyn: isTcp && (segment[13] & 2) !== 0,
    payload: segment.subarray(offset),
  };
}

/** Packets of a capture file. @see source: libpcap file format. */
export function packetsIn(file: Buffer): Packet[] {
  if (file.readUInt32LE(0) !== PCAP_MAGIC) throw new RunFailed('tcpdump wrote no capture in microseconds');
  const packets: Packet[] = [];
  for (let at = 24; at + 16 <= file.length; ) {
    const atMs = file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1000;
    const kept = file.readUInt32LE(at + 8);
    const data = file.subarray(at + 16, at + 16 + kept);
    if (data.length < kept) break;
    const packet = packetOf(data, atMs, file.readUInt32LE(at + 12));
    if (packet) packets.push(packet);
    at += 16 + kept;
  }
  return packets;
}

let captures = 0;

/** Captures what crosses the bridge between the nodes while `body` runs. */
export async function captured(lab: Lab, body: () => Promise<void>): Promise<Packet[]> {
  captures += 1;
  const file = lab.file(`capture-${captures}.pcap`);
  const filter = `tcp port ${TRIBES_PORT} or udp port ${MEMBERSHIP_PORT}`;
  const options = ['-i', BRIDGE, '-s', '2048', '-B', '32768', '--immediate-mode', '-w', file, filter];
  const dump = spawn('tcpdump', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => dump.once('exit', resolve));
  let told = '';
  dump.stderr.setEncoding('utf8');
  dump.stderr.on('data', (text: string) => {
    told += text;
  });
  for (let tries = 0; !told.includes('listening on'); tries += 1) {
    if (tries > 500 || dump.exitCode !== null) throw new RunFailed(`tcpdump: ${told.trim()}`);
    await pause(10);
  }
  try {
    await body();
    await pause(300);
  } finally {
    dump.kill('SIGINT');
    await ended;
  }
  const dropped = /(\d+) packets? dropped by kernel/.exec(told)?.[1];
  if (dropped !== undefined && dropped !== '0') throw new RunFailed(`tcpdump lost ${dropped} packets`);
  return packetsIn(readFileSync(file));
}
