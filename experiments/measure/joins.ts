import { captured, type Packet, TRIBES_PORT } from './capture.ts';
import { type Frame, framesIn } from './frames.ts';
import { StateClient } from './http-client.ts';
import { pause } from './lab.ts';
import { type Bench, configsOf, type Measurement, warmUp, withCluster } from './measurement.ts';
import type { Row } from './tables.ts';
import type { ClusterConfig } from './tomcat-config.ts';

const PACE_MS = 5;

/** `SESSION-GET-ALL<=1/484B`: `<=` from the joiner, `>=` to it. */
function typesOf(frames: readonly Frame[], joiner: number): string {
  const sums = new Map<string, { count: number; bytes: number }>();
  for (const { isAck, type, bytes, to } of frames) {
    if (isAck || type === 'PROBE') continue;
    const name = `${type}${to === joiner ? '>' : '<'}`;
    const sum = sums.get(name) ?? { count: 0, bytes: 0 };
    sums.set(name, { count: sum.count + 1, bytes: sum.bytes + bytes });
  }
  return [...sums].map(([name, { count, bytes }]) => `${name}=${count}/${bytes}B`).join(';');
}

/**
 * The state on its way: the donor writes it, the wire carries it, the joining node reads it and acknowledges. Empty where nobody asked;
 * where several were asked, of the largest answer.
 */
function stagesOf(frames: readonly Frame[], joiner: number): Record<string, string | number> {
  const asked = frames.filter(({ type, from }) => from === joiner && /^(SESSION-GET-ALL|MSG_STATE)$/.test(type));
  const answers = frames.filter(({ isAck, to, atMs }) => !isAck && to === joiner && atMs > asked[0]?.atMs);
  const [data] = answers.sort((one, other) => other.bytes - one.bytes);
  const question = asked.find(({ to }) => to === data?.from);
  if (!data || !question) return {};
  const read = frames.find(
    ({ isAck, from, to, atMs }) => isAck && from === joiner && to === data.from && atMs > data.atMs,
  );
  return {
    state_reply_frame_bytes: data.bytes,
    state_request_to_first_byte_ms: (data.beganMs - question.atMs).toFixed(1),
    state_request_to_last_byte_ms: (data.atMs - question.atMs).toFixed(1),
    state_last_byte_to_ack_ms: read ? (read.atMs - data.atMs).toFixed(1) : '',
  };
}

function rowOf(bench: Bench, config: ClusterConfig, sessions: number, trial: number, all: readonly Packet[]): Row {
  const { lab, effort } = bench;
  const joiner = lab.count - 1;
  const packets = all.filter(
    ({ protocol, from, to, fromPort, toPort }) =>
      protocol === 'tcp' && [fromPort, toPort].includes(TRIBES_PORT) && (from === joiner || to === joiner),
  );
  const frames = framesIn(packets).filter(({ type }) => type !== 'PROBE');
  const messages = frames.filter(({ isAck }) => !isAck);
  const sum = <T>(list: readonly T[], of: (one: T) => number): number =>
    list.reduce((total, one) => total + of(one), 0);
  const to = packets.filter((packet) => packet.to === joiner);
  const from = packets.filter((packet) => packet.from === joiner);
  const bytesTo = sum(messages, (frame) => (frame.to === joiner ? frame.bytes : 0));
  const logged = lab.logOf(joiner).find(({ text }) => /session state .* received in \[?[\d,]+\]? ms/i.test(text))?.text;
  return {
    tomcat_version: lab.version,
    manager: config.manager,
    sendOptions: config.sendOptions,
    jvmRoute: config.jvmRoute ? 1 : 0,
    nodes: lab.count,
    sessions,
    payload_bytes: effort.payloads[0],
    trial,
    transfer_time_logged_ms: /received in \[?([\d,]+)/i.exec(logged ?? '')?.[1]?.replaceAll(',', '') ?? '',
    frames_span_ms: (messages[messages.length - 1].atMs - messages[0].atMs).toFixed(1),
    ...stagesOf(frames, joiner),
    frames_to_joiner: messages.filter((frame) => frame.to === joiner).length,
    frames_from_joiner: messages.filter((frame) => frame.from === joiner).length,
    tribes_bytes_to_joiner: bytesTo,
    tcp_payload_bytes_to_joiner: sum(to, ({ payload }) => payload.length),
    tcp_payload_bytes_from_joiner: sum(from, ({ payload }) => payload.length),
    eth_bytes_to_joiner: sum(to, ({ ethernetBytes }) => ethernetBytes),
    eth_bytes_from_joiner: sum(from, ({ ethernetBytes }) => ethernetBytes),
    packets_to_joiner: to.length,
    packets_from_joiner: from.length,
    bytes_per_session_to_joiner: (sum(to, ({ payload }) => payload.length) / sessions).toFixed(1),
    largest_frame_bytes: Math.max(...messages.map(({ bytes }) => bytes)),
    http_ready_after_start_ms: Math.round(lab.startUpMs(joiner)),
    types: typesOf(frames, joiner),
  };
}

async function createSessions(joiner: number, sessions: number, query: string): Promise<void> {
  await warmUp(joiner, query);
  const client = new StateClient();
  const before = (20 * joiner) / 5;
  for (let session = before; session < sessions; session += 1) {
    client.cookie = '';
    await client.ask(session % joiner, query);
    await pause(PACE_MS);
  }
  client.close();
}

async function measureJoins(bench: Bench, config: ClusterConfig, sessions: number): Promise<void> {
  const { lab, effort, tables, tell } = bench;
  const joiner = lab.count - 1;
  const name = `join-${config.manager}-${config.sendOptions}-${sessions}`;
  const body = async (): Promise<void> => {
    await createSessions(joiner, sessions, `c&p=${effort.payloads[0]}`);
    for (let trial = 0; trial < effort.trials; trial += 1) {
      tell(`${name}: ${trial + 1} of ${effort.trials}`);
      const packets = await captured(lab, () => lab.start(joiner, config));
      tables.add(name, rowOf(bench, config, sessions, trial, packets));
      await lab.kill(joiner);
      await pause(config.dropTimeMs + 1500);
    }
  };
  await withCluster(lab, config, body, joiner);
}

/** Sessions on all nodes but the last, created in turn; then the last one joins. */
export const joins: Measurement = {
  name: 'join',
  about: 'what the last node gets when it joins the others',
  async measure(bench) {
    for (const config of configsOf(bench.effort)) {
      for (const sessions of bench.effort.sessions) await measureJoins(bench, config, sessions);
    }
  },
};
