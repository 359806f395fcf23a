import type { Fault } from '../../models/scenario/fault-schema.ts';
import { nodeCount } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import { RandomStreams } from '../../sim/random.ts';

/** One way to detect failures, under one kind of trouble. */
export interface HeartbeatSetting {
  /** Period of the heartbeats [ms]. */
  readonly frequencyMs: number;
  /** Silence after which a member is dropped [ms]. */
  readonly dropTimeMs: number;
  /** Share of the heartbeats that are lost, 0 to below 1. */
  readonly lossRatio: number;
  /** Mean length of a burst of losses [s]; 0: each heartbeat is lost by itself. */
  readonly burstS: number;
  /** How long the nodes stand still now and then [s]; 0: never. */
  readonly pauseS: number;
  /** Whether TcpFailureDetector asks a silent member before it is dropped. */
  readonly detector: 'none' | 'tcp';
}

/** Mean time between two pauses of a node [s]; assumed. */
const PAUSE_EVERY_S = 300;
/** Share lost within a burst. Not all: a network that loses everything for long is a partition. */
const BURST_LOSS = 0.99;

/** Name of a setting in the tables. */
export function settingName(setting: HeartbeatSetting): string {
  const { frequencyMs, dropTimeMs, lossRatio, burstS, pauseS, detector } = setting;
  return `f${frequencyMs}-d${dropTimeMs}-p${lossRatio}-b${burstS}-g${pauseS}-${detector}`;
}

/** The setting of a name. */
export function settingOf(name: string): HeartbeatSetting {
  const numbers = /^f([\d.]+)-d([\d.]+)-p([\d.]+)-b([\d.]+)-g([\d.]+)-(none|tcp)$/.exec(name);
  if (numbers === null) throw new Error(`${name} is no setting of heartbeats`);
  const [frequencyMs, dropTimeMs, lossRatio, burstS, pauseS] = numbers.slice(1, 6).map(Number);
  return { frequencyMs, dropTimeMs, lossRatio, burstS, pauseS, detector: numbers[6] as 'none' | 'tcp' };
}

/** What a setting states in a scenario. */
export function settingLayer(setting: HeartbeatSetting): Record<string, unknown> {
  const { frequencyMs, dropTimeMs, lossRatio, burstS, detector } = setting;
  return {
    membership: {
      mcastFrequencyMs: frequencyMs,
      memberDropTimeMs: dropTimeMs,
      tcpFailureDetector: { enabled: detector === 'tcp' },
    },
    network: { lossRatio: burstS === 0 ? lossRatio : 0 },
  };
}

/**
 * The trouble of one run: bursts of losses in the whole network (Gilbert's two states, exponential stays), and pauses of
 * every node at exponential distances. Its moments depend on seed, replication and names alone.
 * @see source: E. N. Gilbert, "Capacity of a burst-noise channel", Bell System Technical Journal 39 (1960).
 */
export function troubleOf(scenario: Scenario, setting: HeartbeatSetting, replication: number): Fault[] {
  const { run } = scenario;
  const endS = run.warmUpS + run.durationS;
  const streams = new RandomStreams(run.seed, replication);
  const gap = (next: () => number, meanS: number): number => -meanS * Math.log(1 - next());
  const faults: Fault[] = [];
  const { lossRatio, burstS, pauseS } = setting;
  if (burstS > 0 && lossRatio > 0) {
    const stream = streams.stream('bursts of losses');
    const share = Math.min(0.95, lossRatio / BURST_LOSS);
    for (let atS = 0; ; ) {
      atS += gap(() => stream.next(), (burstS * (1 - share)) / share);
      const forS = Math.max(
        0.001,
        gap(() => stream.next(), burstS),
      );
      if (atS >= endS) break;
      faults.push({ atS, packetLoss: BURST_LOSS, forS });
      atS += forS;
    }
  }
  for (let node = 1; pauseS > 0 && node <= nodeCount(scenario); node += 1) {
    const stream = streams.stream(`pauses of node-${node}`);
    for (let atS = 0; ; ) {
      atS += gap(() => stream.next(), PAUSE_EVERY_S);
      if (atS >= endS) break;
      faults.push({ atS, freeze: `node-${node}`, forS: pauseS });
      atS += pauseS;
    }
  }
  return faults;
}
