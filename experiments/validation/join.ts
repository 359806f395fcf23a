import type { Cluster } from '../../models/cluster.ts';
import { ACK_BYTES, kindCode } from '../../models/messages.ts';
import { requestDoes } from '../../models/requests.ts';
import { nodeState } from '../../models/tomcat-nodes.ts';
import type { TrafficObserver } from '../../models/traffic-meter.ts';
import { segmentsOf } from '../../models/wire-meter.ts';
import {
  between,
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
import { counter, measuredScenario, payload, scripted } from './measured-scenario.ts';

/** Starts of the cluster: which first attributes the donor lacks is chance. */
const STARTS = 4;
/** Until the joiner is forgotten, between two new sessions, and until the cluster is quiet [ns]. */
const FORGOTTEN_NS = 6e9;
const PACE_NS = 5e6;
const QUIET_NS = 1e9;
const START_UP_S = 2;
const LONGEST_NS = 120e9;
/** Times of single transfers are those of cold JVMs: a factor of 2, and so much in any case [ms]. */
const TIME_SLACK_MS = 100;
/** A detector verifies a new member: one message on a connection of its own. @see source: TcpFailureDetector, measured. */
const PROBE_BYTES = 199;
/** What counter and byte[P] add to a session beyond P, in the state of a DeltaManager and in a message of their own [bytes]. */
const ATTRIBUTES_BYTES = { delta: 26, backup: 48 };
/** Headers as captured; what SYN options add [bytes]. */
const HEADER_BYTES = 66;
const SYN_BYTES = 8;

/** What has crossed the network between the joining node and the others, pings of the map left out. */
interface Join {
  readonly framesTo: number;
  readonly framesFrom: number;
  readonly bytesTo: number;
  readonly tcpTo: number;
  readonly tcpFrom: number;
  readonly ethernetTo: number;
  readonly largest: number;
  /** From the question to the opening, and to the last byte of the answer [ms]. */
  readonly openMs: number;
  readonly answerMs: number;
  /** Sessions that the oldest node has not made itself, and those whose first attributes it lacks. */
  readonly foreign: number;
  readonly bare: number;
}

/**
 * Counts the frames of a join. Connections are opened for it: SYN, SYN-ACK and ACK, and for a detector's message the
 * end as well; a message that is not answered at once costs a pure acknowledgement.
 */
class JoinMeter implements TrafficObserver {
  framesTo = 0;
  framesFrom = 0;
  bytesTo = 0;
  bytesFrom = 0;
  acksTo = 0;
  acksFrom = 0;
  largest = 0;
  firstNs = Number.NaN;
  lastNs = Number.NaN;
  private segments = 0;
  private readonly ways = new Set<string>();
  private readonly peers = new Set<number>();

  constructor(
    private readonly joiner: number,
    private readonly nowNs: () => number,
  ) {}

  message(kind: number, from: number, to: number, bytes: number): void {
    if (from < 0 || kind === kindCode.heartbeat || (from !== this.joiner && to !== this.joiner)) return;
    const isTo = to === this.joiner;
    if (kind === kindCode.ack) {
      if (isTo) this.acksTo += 1;
      else this.acksFrom += 1;
      return;
    }
    this.peers.add(isTo ? from : to);
    this.ways.add(`${from}>${to}`);
    if (Number.isNaN(this.firstNs)) this.firstNs = this.nowNs();
    if (!isTo) {
      this.framesFrom += 1;
      this.bytesFrom += bytes;
      return;
    }
    this.framesTo += 1;
    this.bytesTo += bytes;
    this.segments += segmentsOf(bytes);
    if (bytes >= this.largest) this.lastNs = this.nowNs();
    this.largest = Math.max(this.largest, bytes);
  }

  read(members: number, openNs: number, held: Pick<Join, 'foreign' | 'bare'>): Join {
    const tcpTo = this.bytesTo + this.acksTo * ACK_BYTES + members * PROBE_BYTES;
    const tcpFrom = this.bytesFrom + this.acksFrom * ACK_BYTES + members * PROBE_BYTES;
    // To the joiner: of its own connections SYN-ACK, ACK and at a probe FIN; of the members' SYN, ACK and FIN.
    const syns = 2 * members + this.ways.size + (this.framesTo > this.ways.size ? 1 : 0);
    const pure = 4 * members + 2 * this.ways.size + Math.max(0, this.framesFrom - this.acksTo);
    const packets = this.segments + this.acksTo + members + syns + pure;
    return {
      framesTo: this.framesTo,
      framesFrom: this.framesFrom,
      bytesTo: this.bytesTo,
      tcpTo,
      tcpFrom,
      ethernetTo: tcpTo + packets * HEADER_BYTES + syns * SYN_BYTES,
      largest: this.largest,
      openMs: (openNs - this.firstNs) / 1e6,
      answerMs: (this.lastNs - this.firstNs) / 1e6,
      ...held,
    };
  }
}

function runUntilOpen(cluster: Cluster, node: number): number {
  const endNs = cluster.sim.nowNs + LONGEST_NS;
  while (cluster.nodes.state[node] !== nodeState.SERVING && cluster.sim.nowNs < endNs)
    cluster.sim.runUntil(cluster.sim.nowNs + 1e6);
  return cluster.sim.nowNs;
}

function joinOf(row: MeasuredRow, seed: number): Join {
  const bytes = numberOr(row, 'payload_bytes', 1000);
  const scenario = measuredScenario(row, {
    seed: seed + 1,
    ...(row.manager === 'backup' ? { sendOptions: 6 } : {}),
    writes: [counter, payload(bytes)],
    sessionBytes: bytes + ATTRIBUTES_BYTES[row.manager === 'backup' ? 'backup' : 'delta'],
    jvmRoute: true,
    more: { node: { cores: 2, startUpS: START_UP_S } },
  });
  const { cluster, script } = scripted(scenario, 0);
  const joiner = cluster.nodes.count - 1;
  const sessions = neededIn(row, 'sessions');
  const rows: number[] = [];
  script.after(0, () => cluster.life.crash(joiner, false));
  for (let at = 0; at < sessions; at += 1) {
    script.after(FORGOTTEN_NS + at * PACE_NS, () =>
      script.ask(script.client(), at % joiner, requestDoes.WRITE, ({ session }) => rows.push(session)),
    );
  }
  cluster.sim.runUntil(FORGOTTEN_NS + sessions * PACE_NS + QUIET_NS);
  const meter = new JoinMeter(joiner, () => cluster.sim.nowNs);
  cluster.traffic.observer = meter;
  cluster.life.restart(joiner);
  const openNs = runUntilOpen(cluster, joiner);
  return meter.read(joiner, openNs, heldByDonor(cluster, rows));
}

/** What the oldest node lacks of the sessions that others made. */
function heldByDonor(cluster: Cluster, rows: readonly number[]): { foreign: number; bare: number } {
  const joiner = cluster.nodes.count - 1;
  let donor = 0;
  for (let node = 1; node < joiner; node += 1)
    if (cluster.membership.bornNs(node) < cluster.membership.bornNs(donor)) donor = node;
  let bare = 0;
  for (const row of rows) if (cluster.strategy.versionAt(donor, row) === 0) bare += 1;
  return { foreign: rows.filter((row) => cluster.sessions.route.get(row) !== donor).length, bare };
}

/** Frames and bytes of the map's pings in one direction, as the column `types` has them. */
function pingsIn(row: MeasuredRow, direction: '<' | '>'): { frames: number; bytes: number } {
  let frames = 0;
  let bytes = 0;
  const pattern = new RegExp(`(?:MSG_PING|NoRpcChannelReply)${direction}=(\\d+)/(\\d+)B`, 'g');
  for (const [, count, sum] of (row.types ?? '').matchAll(pattern)) {
    frames += Number(count);
    bytes += Number(sum);
  }
  return { frames, bytes };
}

/**
 * The donor lacks the first attributes of some sessions that others made (see creation-race.ts); how many is chance, in
 * the measurement and in the simulation. @returns 1.96 standard deviations of their bytes.
 */
function chanceBytes(row: MeasuredRow, joins: readonly Join[]): number {
  const foreign = joins[0].foreign;
  const bytes = numberOr(row, 'payload_bytes', 1000) + ATTRIBUTES_BYTES.delta;
  const share = joins.reduce((sum, { bare }) => sum + bare, 0) / Math.max(1, foreign * joins.length);
  return 1.96 * Math.sqrt(foreign * share * (1 - share)) * bytes;
}

function checkRow(row: MeasuredRow, file: string, joins: readonly Join[]): Check[] {
  const names = ['tomcat_version', 'manager', 'sendOptions', 'jvmRoute', 'nodes', 'sessions', 'payload_bytes', 'trial'];
  const place = { file, configuration: columnsOf(row, names) };
  const isBackup = row.manager === 'backup';
  const middle = (of: (join: Join) => number): number => joins.reduce((sum, join) => sum + of(join), 0) / joins.length;
  const checks: Check[] = [];
  const chance = numberIn(row, 'payload_bytes') > 0 ? chanceBytes(row, joins) : 0;
  const check = (quantity: string, column: string, of: (join: Join) => number, minus = 0): void => {
    const measured = numberIn(row, column) - minus;
    if (Number.isNaN(measured)) return;
    const all = joins.map(of);
    const interval = [Math.min(...all), Math.max(...all)] as const;
    const isOfState = measured > 10_000 && chance > 0;
    const atLeast = isOfState ? Math.round(0.02 * measured + chance) : 0;
    checks.push(within(place, { quantity, measured, simulated: middle(of), interval }, 0.02, atLeast));
  };
  const [to, from] = [pingsIn(row, '>'), pingsIn(row, '<')];
  // Of each ping of the map its sender gets an acknowledgement: 700 bytes is a ping, 833 an answer.
  const pingsOf = ({ frames, bytes }: { frames: number; bytes: number }): number =>
    Math.round((833 * frames - bytes) / 133);
  const acksTo = isBackup ? Math.max(0, pingsOf({ frames: from.frames, bytes: from.bytes })) * ACK_BYTES : 0;
  const acksFrom = isBackup ? Math.max(0, pingsOf(to)) * ACK_BYTES : 0;
  check('messages to the joining node', 'frames_to_joiner', (join) => join.framesTo, to.frames);
  check('messages from the joining node', 'frames_from_joiner', (join) => join.framesFrom, from.frames);
  check('largest message, bytes', 'largest_frame_bytes', (join) => join.largest);
  check('bytes of a state reply', 'state_reply_frame_bytes', (join) => join.largest);
  check('message bytes to the joining node', 'tribes_bytes_to_joiner', (join) => join.bytesTo, to.bytes);
  check('TCP bytes to the joining node', 'tcp_payload_bytes_to_joiner', (join) => join.tcpTo, to.bytes + acksTo);
  check(
    'TCP bytes from the joining node',
    'tcp_payload_bytes_from_joiner',
    (join) => join.tcpFrom,
    from.bytes + acksFrom,
  );
  if (!isBackup) check('Ethernet bytes to the joining node', 'eth_bytes_to_joiner', (join) => join.ethernetTo);
  const time = (quantity: string, column: string, of: (join: Join) => number): void => {
    const measured = numberIn(row, column);
    if (Number.isNaN(measured)) return;
    const slack = Math.max(TIME_SLACK_MS, measured);
    const limits = [measured / 2 - TIME_SLACK_MS, measured + slack] as const;
    checks.push(between(place, { quantity, measured, simulated: middle(of) }, limits, 'factor 2, 100 ms'));
  };
  time('from the question to the opening, ms', 'transfer_time_logged_ms', (join) => join.openMs);
  time('from the question to the last byte, ms', 'state_request_to_last_byte_ms', (join) => join.answerMs);
  return checks;
}

/** Rows of one configuration are trials of the same simulation. */
function checkFile({ name, rows }: MeasuredFile): Check[] {
  const known = new Map<string, Join[]>();
  return rows.flatMap((row) => {
    const { manager, sendOptions, jvmRoute, nodes, sessions, payload_bytes, tomcat_version } = row;
    const key = JSON.stringify([manager, sendOptions, jvmRoute, nodes, sessions, payload_bytes, tomcat_version]);
    const joins = known.get(key) ?? Array.from({ length: STARTS }, (_, seed) => joinOf(row, seed));
    known.set(key, joins);
    return checkRow(row, name, joins);
  });
}

/** State transfer to a joining node. */
export const join: Validator = { prefix: 'join-', check: checkFile };
