import { Cluster } from '../../models/cluster.ts';
import { kindCode, TomcatSizes } from '../../models/messages.ts';
import { sendMode } from '../../models/outgoing.ts';
import type { RunResult } from '../../models/results.ts';
import { DISPATCHERS, WireMeter } from '../../models/wire-meter.ts';
import {
  type Check,
  columnsOf,
  type MeasuredFile,
  type MeasuredRow,
  neededIn,
  numberIn,
  numberOr,
  type Validator,
  within,
} from './check.ts';
import { measuredScenario } from './measured-scenario.ts';

/** Headers of a UDP packet over IPv4, and over Ethernet [bytes]. */
const IP_BYTES = 28;
const ETHERNET_BYTES = 42;
const RUN_S = 60;

function idleRun(row: MeasuredRow, durationS: number): RunResult {
  const scenario = measuredScenario(row, { more: { run: { seed: 1, warmUpS: 0, durationS } } });
  return new Cluster(scenario, 0, undefined, true).run();
}

/** Heartbeats sent, and their size, out of what was received. */
function heartbeats(result: RunResult, nodes: number): { sent: number; bytes: number } {
  const row = result.traffic.find(({ kind }) => kind === 'heartbeat');
  return row ? { sent: row.messages / (nodes - 1), bytes: row.bytes / row.messages } : { sent: 0, bytes: 0 };
}

function checkRow(row: MeasuredRow, file: string): Check[] {
  const place = {
    file,
    configuration: columnsOf(row, ['tomcat_version', 'nodes', 'frequency_ms', 'dropTime_ms', 'sender']),
  };
  const nodes = numberOr(row, 'nodes', 3);
  const { sent, bytes } = heartbeats(idleRun(row, RUN_S), nodes);
  const periodMs = (RUN_S * 1000 * nodes) / sent;
  const n = numberIn(row, 'trials');
  const spread = [numberIn(row, 'period_min_ms'), numberIn(row, 'period_p95_ms')] as const;
  const period = numberIn(row, 'period_p50_ms');
  return [
    within(
      place,
      { quantity: 'UDP payload, bytes', measured: numberIn(row, 'udp_payload_bytes'), simulated: bytes },
      0,
    ),
    within(place, { quantity: 'IP bytes', measured: numberIn(row, 'ip_bytes'), simulated: bytes + IP_BYTES }, 0),
    within(
      place,
      {
        quantity: 'Ethernet bytes',
        measured: numberIn(row, 'ethernet_frame_bytes'),
        simulated: bytes + ETHERNET_BYTES,
      },
      0,
    ),
    within(place, { quantity: 'period, ms', measured: period, simulated: periodMs, n, spread }, 0.01),
  ];
}

/** Size and period of heartbeats. */
export const heartbeat: Validator = {
  prefix: 'heartbeat',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkRow(row, name)),
};

/** TCP packets and bytes of the map pings of a run, sent as they are: all of a heartbeat together, then silence. */
function pingsOnWire(
  result: RunResult,
  isAcknowledged: boolean,
  nodes: number,
  seconds: number,
): { packets: number; tcp: number; eth: number } {
  const pings = result.traffic.find(({ kind }) => kind === 'map-ping');
  if (!pings) return { packets: 0, tcp: 0, eth: 0 };
  let nowNs = 0;
  // Answers leave through the dispatcher.
  const wire = new WireMeter(() => nowNs, DISPATCHERS);
  const cycles = Math.round(seconds / 5);
  const perPair = pings.messages / 2 / (nodes * (nodes - 1)) / cycles;
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (let from = 0; from < nodes; from += 1) {
      for (let ping = 0; ping < perPair; ping += 1) {
        nowNs = cycle * 5e9 + (ping + from * perPair) * 14e6;
        for (let to = 0; to < nodes; to += 1) {
          if (to === from) continue;
          wire.message(kindCode['map-ping'], from, to, TomcatSizes.mapPing);
          if (isAcknowledged) wire.message(kindCode.ack, to, from, 21);
          wire.message(kindCode['map-ping'], to, from, TomcatSizes.mapPong);
        }
      }
    }
  }
  nowNs += 1e9;
  const { packets, tcpBytes, ethernetBytes } = wire.read();
  return { packets, tcp: tcpBytes, eth: ethernetBytes };
}

function checkIdle(row: MeasuredRow, file: string): Check[] {
  const place = { file, configuration: columnsOf(row, ['tomcat_version', 'manager', 'nodes', 'seconds']) };
  const nodes = numberOr(row, 'nodes', 3);
  const seconds = neededIn(row, 'seconds');
  const options = row.sendOptions || (row.manager === 'backup' ? '6' : '8');
  const result = idleRun({ ...row, sendOptions: options }, seconds);
  const { sent, bytes } = heartbeats(result, nodes);
  const wire = pingsOnWire(result, sendMode(Number(options)).isAcknowledged, nodes, seconds);
  // The minute may begin just before a channel heartbeat or just after one.
  const cycle = 5 / seconds;
  const of = (quantity: string, column: string, simulated: number, ratio: number): Check =>
    within(place, { quantity, measured: numberIn(row, column), simulated }, ratio);
  return [
    of('heartbeats', 'udp_heartbeats', sent, 0.02),
    of('heartbeats, Ethernet bytes', 'udp_eth_bytes', sent * (bytes + ETHERNET_BYTES), 0.02),
    of('TCP packets', 'tcp_packets', wire.packets, cycle),
    of('TCP payload bytes', 'tcp_payload_bytes', wire.tcp, cycle),
    of('TCP Ethernet bytes', 'tcp_eth_bytes', wire.eth, cycle),
  ];
}

/** One idle minute. */
export const idleTraffic: Validator = {
  prefix: 'idle-traffic',
  configuration: [],
  check: ({ name, rows }: MeasuredFile) => rows.flatMap((row) => checkIdle(row, name)),
};
