import { quantile } from '../validation/check.ts';
import { cellOf } from '../validation/traffic-blocks.ts';
import { captured, type Packet, TRIBES_PORT } from './capture.ts';
import { type Frame, framesIn } from './frames.ts';
import { StateClient } from './http-client.ts';
import { type Lab, nowMs, pause } from './lab.ts';
import { type Bench, type Measurement, measureCases } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

const REQUESTS = 20;
const BLOCKS = 3;
const PACE_MS = 60;
/** After a block, until everything it has caused is on the wire [ms]. */
const REST_MS = 400;

/** What a block of requests has put on the wire. */
interface Block {
  readonly frames: readonly Frame[];
  readonly packets: readonly Packet[];
}

/** Parameters of the servlet for a kind of request. */
export function queryOf(name: string): string {
  const cell = cellOf(name);
  const parts: string[] = [];
  if (name.includes('counter') || cell.isCreation) parts.push('c');
  const bytes = cell.writes.find((attribute) => attribute.name === 'p')?.bytes;
  if (bytes !== undefined) parts.push(`p=${bytes}`);
  if (name.includes('mutate')) parts.push('m');
  if (name.includes('readonly')) parts.push('r');
  return parts.join('&');
}

async function driveBlock(client: StateClient, name: string, nodes: number, latencies: number[]): Promise<void> {
  const cell = cellOf(name);
  for (let request = 0; request < REQUESTS; request += 1) {
    const sentMs = nowMs();
    if (cell.isCreation || !cell.hasSession) client.cookie = '';
    const answer = await client.ask(cell.isRoundRobin ? request % nodes : 0, queryOf(name));
    latencies.push(answer.latencyMs);
    await pause(Math.max(1, PACE_MS - (nowMs() - sentMs)));
  }
  await pause(REST_MS);
}

function perRequest(count: number): number {
  return Math.round((count / REQUESTS) * 10_000) / 10_000;
}

/** `SESSION-DELTA(768B)=1.00;...`, the most frequent first. */
function typesOf(blocks: readonly Block[]): string {
  const counts = new Map<string, number>();
  for (const { frames } of blocks) {
    for (const { isAck, type, bytes } of frames)
      if (!isAck) counts.set(`${type}(${bytes}B)`, (counts.get(`${type}(${bytes}B)`) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([type, count]) => `${type}=${(count / (REQUESTS * BLOCKS)).toFixed(2)}`)
    .join(';');
}

function rowOf(lab: Lab, config: ClusterConfig, name: string, blocks: readonly Block[], latencies: readonly number[]) {
  const sum = <T>(list: readonly T[], of: (one: T) => number): number =>
    list.reduce((total, one) => total + of(one), 0);
  const messages = blocks.map(({ frames }) => perRequest(frames.filter(({ isAck }) => !isAck).length));
  const ethernet = blocks.map(({ packets }) => perRequest(sum(packets, (packet) => packet.ethernetBytes)));
  const median = (of: (block: Block) => number): number =>
    quantile(
      blocks.map((block) => perRequest(of(block))),
      0.5,
    );
  return {
    tomcat_version: lab.version,
    manager: config.manager,
    sendOptions: config.sendOptions,
    nodes: lab.count,
    jvmRoute: config.jvmRoute ? 1 : 0,
    cell: name,
    requests_per_trial: REQUESTS,
    trials: BLOCKS,
    pace_ms: PACE_MS,
    messages_per_request: quantile(messages, 0.5),
    ack_frames_per_request: median(({ frames }) => frames.filter(({ isAck }) => isAck).length),
    tribes_frame_bytes_per_request: median(({ frames }) => sum(frames, (frame) => (frame.isAck ? 0 : frame.bytes))),
    tcp_payload_bytes_per_request: median(({ packets }) => sum(packets, ({ payload }) => payload.length)),
    ip_bytes_per_request: median(({ packets }) => sum(packets, (packet) => packet.ipBytes)),
    eth_bytes_per_request: quantile(ethernet, 0.5),
    eth_bytes_min: Math.min(...ethernet),
    eth_bytes_max: Math.max(...ethernet),
    packets_per_request: median(({ packets }) => packets.length),
    pure_tcp_ack_packets_per_request: median(
      ({ packets }) => packets.filter(({ payload, isSyn }) => payload.length === 0 && !isSyn).length,
    ),
    messages_min: Math.min(...messages),
    messages_max: Math.max(...messages),
    latency_p50_ms: quantile(latencies, 0.5).toFixed(2),
    latency_p95_ms: quantile(latencies, 0.95).toFixed(2),
    message_types: typesOf(blocks),
  };
}

/** The packets of the Receivers' port, and the frames in them, between two moments. */
function between(packets: readonly Packet[], frames: readonly Frame[], fromMs: number, untilMs: number): Block {
  const isIn = ({ atMs }: { readonly atMs: number }): boolean => atMs >= fromMs && atMs < untilMs;
  const ofPort = packets.filter((one) => one.protocol === 'tcp' && [one.fromPort, one.toPort].includes(TRIBES_PORT));
  return { packets: ofPort.filter(isIn), frames: frames.filter(isIn) };
}

async function measureCell({ lab }: Bench, config: ClusterConfig, name: string): Promise<Row> {
  const client = new StateClient();
  const latencies: number[] = [];
  const moments: number[] = [];
  await client.ask(0, 'c&p=1000&s');
  await pause(REST_MS);
  await driveBlock(client, name, lab.count, []);
  const packets = await captured(lab, async () => {
    moments.push(nowMs());
    for (let block = 0; block < BLOCKS; block += 1) {
      await driveBlock(client, name, lab.count, latencies);
      moments.push(nowMs());
    }
  });
  client.close();
  const frames = framesIn(packets);
  const blocks = moments.slice(1).map((untilMs, at) => between(packets, frames, moments[at], untilMs));
  return rowOf(lab, config, name, blocks, latencies);
}

/** Messages, bytes and packets of one request, by what the request does. */
export const traffic: Measurement = {
  name: 'traffic',
  about: 'messages, bytes and packets per request, by kind of request',
  measure: (bench) =>
    measureCases(bench, {
      cases: ({ cells }) => cells,
      mayBeRouted: true,
      table: ({ manager }) => `traffic-${manager}`,
      label: (cell) => cell,
      row: measureCell,
    }),
};
