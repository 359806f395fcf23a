import { captured, MEMBERSHIP_PORT, type Packet, TRIBES_PORT } from './capture.ts';
import { framesIn } from './frames.ts';
import { pause } from './lab.ts';
import { configsOf, type Measurement, warmUp, withCluster } from './measurement.ts';
import type { Row } from './tables.ts';

/** Watched so long [ms]; after the warm-up everything comes to rest [ms]. */
const WATCH_MS = 60_000;
const REST_MS = 3000;

function countsOf(packets: readonly Packet[]): Row {
  const sum = (list: readonly Packet[], of: (packet: Packet) => number): number =>
    list.reduce((total, packet) => total + of(packet), 0);
  const isTribes = ({ protocol, fromPort, toPort }: Packet): boolean =>
    protocol === 'tcp' && [fromPort, toPort].includes(TRIBES_PORT);
  const tcp = packets.filter(isTribes);
  const beats = packets.filter(({ protocol, toPort }) => protocol !== 'tcp' && toPort === MEMBERSHIP_PORT);
  const counts = new Map<string, number>();
  for (const { isAck, type } of framesIn(packets)) {
    const name = isAck ? 'ACK' : type;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return {
    tcp_packets: tcp.length,
    tcp_payload_bytes: sum(tcp, ({ payload }) => payload.length),
    tcp_eth_bytes: sum(tcp, ({ ethernetBytes }) => ethernetBytes),
    udp_heartbeats: beats.length,
    udp_eth_bytes: sum(beats, ({ ethernetBytes }) => ethernetBytes),
    frames: [...counts].map(([name, count]) => `${name}=${count}`).join(';'),
    trials: 1,
  };
}

/** What a cluster sends while nobody asks it anything. */
export const idleMinutes: Measurement = {
  name: 'idle-traffic',
  about: 'what an idle cluster sends in a minute',
  async measure({ lab, effort, tables, tell }) {
    for (const config of configsOf(effort)) {
      const { manager, sendOptions, frequencyMs, dropTimeMs } = config;
      tell(`idle-traffic: ${manager} ${sendOptions}`);
      const packets = await withCluster(lab, config, async () => {
        await warmUp(lab.count, 'c&p=1000');
        await pause(REST_MS);
        return captured(lab, () => pause(WATCH_MS));
      });
      tables.add('idle-traffic', {
        tomcat_version: lab.version,
        manager,
        sendOptions,
        nodes: lab.count,
        frequency_ms: frequencyMs,
        dropTime_ms: dropTimeMs,
        seconds: (WATCH_MS / 1000).toFixed(1),
        ...countsOf(packets),
      });
    }
  },
};
