import { quantile } from '../validation/check.ts';
import { captured, MEMBERSHIP_PORT, type Packet } from './capture.ts';
import { pause } from './lab.ts';
import { configOf, type Measurement, withCluster } from './measurement.ts';

/** Watched so long [ms]. */
const WATCH_MS = 12_000;

/** Heartbeats of each node of an idle cluster: their size and their period. */
export const heartbeats: Measurement = {
  name: 'heartbeat',
  about: 'size and period of heartbeats',
  async measure({ lab, effort, tables }) {
    const config = configOf(effort);
    const packets = await withCluster(lab, config, () => captured(lab, () => pause(WATCH_MS)));
    const rows = Array.from({ length: lab.count }, (_, node) => {
      const own = packets.filter((packet: Packet) => packet.toPort === MEMBERSHIP_PORT && packet.from === node);
      const periods = own.slice(1).map((packet, at) => packet.atMs - own[at].atMs);
      const at = (share: number): string => quantile(periods, share).toFixed(2);
      return {
        tomcat_version: lab.version,
        nodes: lab.count,
        frequency_ms: config.frequencyMs,
        dropTime_ms: config.dropTimeMs,
        sender: node + 1,
        packets: own.length,
        udp_payload_bytes: own[0]?.payload.length ?? '',
        ip_bytes: own[0]?.ipBytes ?? '',
        ethernet_frame_bytes: own[0]?.ethernetBytes ?? '',
        period_min_ms: at(0),
        period_p50_ms: at(0.5),
        period_p95_ms: at(0.95),
        period_max_ms: at(1),
        trials: periods.length,
      };
    });
    tables.add('heartbeat', ...rows);
  },
};
