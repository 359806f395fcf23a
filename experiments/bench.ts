// How fast is it? Event queue, deliveries, requests, growth and the default sweep, each beside its target and beside
// what others need for the same on this machine. Times are processor times; the tests depend on none of them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterCost } from './bench/cluster.ts';
import { exponent } from './bench/growth.ts';
import { benchHold, benchMm1 } from './bench/hold.ts';
import { measureReference, measureSimPy, type Reference } from './bench/peers.ts';
import { against, type BenchRow, plain, timeText, within } from './bench/rows.ts';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { exitCodes, type Io, memoryIo } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { readable, textTable } from './lib/text-table.ts';
import { main as scaleSweep } from './scale-sweep.ts';

const command = defineCommand({
  name: 'tsx experiments/bench.ts',
  question: 'How fast is it? Event queue, deliveries, requests, growth and the default sweep, beside their targets.',
  flags: {
    queue: toggle('only the event queue and M/M/1'),
    cluster: toggle('only deliveries, requests and heartbeats'),
    growth: toggle('only growth with nodes and sessions'),
    sweep: toggle('only the default sweep'),
    long: toggle('one simulated hour of 64 nodes as well'),
    check: toggle('exit 1 when a ratio is above its bound'),
  },
  examples: [
    ['everything, some minutes', ''],
    ['the event queue alone', '--queue'],
    ['hold the bounds', '--check'],
  ],
});

type Yard = Reference | undefined;

/** Runs a scenario in a process of its own. */
function costOf(scenario: object): ClusterCost {
  const file = fileURLToPath(new URL('./bench/cluster.ts', import.meta.url));
  const text = execFileSync(process.execPath, ['--import', 'tsx', file, JSON.stringify(scenario)], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as ClusterCost;
}

function clusterOf(nodes: number, strategy: string, requestsPerSecond: number, durationS: number, more = {}): object {
  return {
    name: 'bench',
    nodes,
    load: { requestsPerSecond },
    replication: { strategy },
    run: { warmUpS: 0, durationS, seed: 1 },
    ...more,
  };
}

function queueRows(yard: Yard): BenchRow[] {
  const rows: BenchRow[] = [];
  const holds = benchHold();
  for (const { delays, pending, nsPerHold } of holds) {
    const what = `hold, ${delays}, ${pending.toLocaleString('en')} pending`;
    const own = holds.find((row) => row.delays === 'exponential' && row.pending === pending);
    if (delays !== 'exponential') {
      rows.push(against(what, nsPerHold, own?.nsPerHold, 3, 'exponential'));
      continue;
    }
    const peer = yard?.hold.find((row) => row.pending === pending);
    rows.push(against(what, nsPerHold, peer?.ladder, 3, 'C ladder queue'));
    if (peer) rows.push(against('', nsPerHold, peer.heap, 1.15, 'C binary heap'));
  }
  const mm1 = benchMm1();
  const simpy = measureSimPy();
  rows.push(within('M/M/1 at a load of 0.9, per customer', mm1, 100, yard?.mm1, timeText(mm1)));
  rows.push(
    typeof simpy === 'string'
      ? plain('  SimPy', simpy)
      : against('  the same 50 times', 50 * mm1, simpy.mm1, 1, `SimPy ${simpy.version}`),
  );
  return rows;
}

function deliveryRow(nodes: number, sendOptions: number, durationS: number, targetNs: number, yard: Yard): BenchRow[] {
  const more = { session: { writeRatio: 1 }, channel: { sendOptions } };
  const { deliveries, cpuS, peakBytes } = costOf(clusterOf(nodes, 'delta', 5000, durationS, more));
  const ns = (cpuS * 1e9) / deliveries;
  const shown = `${readable(deliveries / cpuS / 1e6)} M/s, ${readable(peakBytes / 1e6)} MB`;
  const what = `deliveries, delta, option ${sendOptions}, ${nodes.toLocaleString('en')} nodes, 5,000 writes/s`;
  return [within(what, ns, targetNs, yard?.mm1, shown)];
}

function clusterRows(yard: Yard, isLong: boolean): BenchRow[] {
  const rows = [
    ...deliveryRow(256, 8, 30, 25, yard),
    ...deliveryRow(1024, 8, 6, 25, yard),
    ...deliveryRow(64, 6, 10, 200, yard),
  ];
  const { requests, cpuS } = costOf(clusterOf(16, 'none', 3000, 120));
  const ns = (cpuS * 1e9) / requests;
  rows.push(within('request without replication, 16 nodes', ns, 1500, yard?.mm1, timeText(ns)));
  const beats = costOf(clusterOf(64, 'none', 0.001, 3600, { network: { lossRatio: 0.01 } }));
  rows.push(plain('heartbeats of 64 nodes for an hour, 1 % lost', timeText(beats.cpuS * 1e9)));
  if (isLong) {
    const hour = costOf(clusterOf(64, 'backup', 10_000, 3600));
    const shown = `${timeText(hour.cpuS * 1e9)}, ${readable(hour.peakBytes / 1e6)} MB`;
    rows.push(within('an hour of backup, 64 nodes, 10,000 requests/s', hour.cpuS * 1e9, 90e9, yard?.mm1, shown));
  }
  return rows;
}

/** Processor time per request, without what a run costs before its first request [s]. */
function perRequest(scenario: (durationS: number) => object): number {
  const [short, long] = [costOf(scenario(4)), costOf(scenario(12))];
  return Math.max(1e-9, long.cpuS - short.cpuS) / (long.requests - short.requests);
}

/** What a fitted exponent may be above its law: costs of caches, and of the fit. */
const GROWTH_SLACK = 0.3;

function growthRows(): BenchRow[] {
  const rows: BenchRow[] = [];
  const row = (what: string, points: [number, number][], law: number): void => {
    const found = exponent(points);
    rows.push({
      what,
      measured: readable(found),
      ratio: Math.max(0, found) / (law + GROWTH_SLACK),
      target: `exponent ${law}, at most ${law + GROWTH_SLACK}`,
    });
  };
  const laws = { none: 0, backup: 0, 'memcached-sticky': 0, 'redis-manager': 0, 'all-to-all': 1 };
  for (const [strategy, law] of Object.entries(laws)) {
    const sizes = [16, 64, 256, 1024];
    const points = sizes.map((nodes): [number, number] => [
      nodes,
      perRequest((durationS) => clusterOf(nodes, strategy, 2000, durationS)),
    ]);
    row(`cost of a request with N = 16 to 1,024, ${strategy}`, points, law);
  }
  // Sessions live as long as their clients think: the same load from more of them.
  const thinks = [5, 50, 500];
  const points = thinks.map((thinkTimeSMean): [number, number] => [
    thinkTimeSMean,
    perRequest((durationS) =>
      clusterOf(16, 'backup', 2000, durationS, { session: { thinkTimeSMean, idleTimeoutS: 20 * thinkTimeSMean } }),
    ),
  ]);
  row('cost of a request with sessions, 10^4 to 10^6, backup', points, 0);
  return rows;
}

async function sweepRows(yard: Yard): Promise<BenchRow[]> {
  const out = mkdtempSync(join(tmpdir(), 'replisim-bench-'));
  try {
    const startedMs = performance.now();
    const before = process.cpuUsage();
    const io = memoryIo();
    const code = await scaleSweep(['--quiet', '--out', out], io);
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(before);
    if (code !== 0) return [plain('default sweep', io.stderr.trim())];
    const cpuS = (user + system) / 1e6;
    const shown = `${readable(seconds)} s, ${readable(cpuS)} s of processors`;
    return [within('default sweep, ten strategies, 900 runs', cpuS * 1e9, 180e9, yard?.mm1, shown)];
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const all = !values.sweep && !values.cluster && !values.queue && !values.growth;
    const reference = measureReference();
    const yard = typeof reference === 'string' ? undefined : reference;
    if (typeof reference === 'string') io.err(`${reference}\n`);
    const rows: BenchRow[] = yard ? [plain('yardstick: M/M/1 with a heap in C', timeText(yard.mm1))] : [];
    if (all || values.queue) rows.push(...queueRows(yard));
    if (all || values.cluster) rows.push(...clusterRows(yard, values.long === true));
    if (all || values.growth) rows.push(...growthRows());
    if (all || values.sweep) rows.push(...(await sweepRows(yard)));
    const columns = [
      { head: `Node ${process.version}`, align: 'left' } as const,
      { head: 'measured', align: 'right' } as const,
      { head: 'of target', align: 'right' } as const,
      { head: 'target', align: 'left' } as const,
    ];
    const lines = rows.map(({ what, measured, ratio, target }) => [
      what,
      measured,
      ratio === null ? '' : `${readable(ratio)}${ratio > 1 ? ' !' : ''}`,
      target,
    ]);
    io.out(textTable(columns, lines, io.colours));
    const isMissed = rows.some(({ ratio }) => ratio !== null && ratio > 1);
    return values.check && isMissed ? exitCodes.failed : exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
