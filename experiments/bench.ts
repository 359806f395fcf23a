// How fast is it? The default sweep, one large cluster, and the event queue, each beside its target.
// Figures hold for the machine they were taken on; nothing in the tests depends on them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BroadcastCost } from './bench/broadcast.ts';
import { benchHold, benchMm1 } from './bench/hold.ts';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { exitCodes, type Io, memoryIo } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { readable, textTable } from './lib/text-table.ts';
import { main as scaleSweep } from './scale-sweep.ts';

const command = defineCommand({
  name: 'tsx experiments/bench.ts',
  question: 'How fast is it? The default sweep, one large cluster, and the event queue, each beside its target.',
  flags: {
    sweep: toggle('only the default sweep'),
    cluster: toggle('only the large cluster'),
    queue: toggle('only the event queue'),
  },
  examples: [
    ['everything, about three minutes', ''],
    ['the event queue alone', '--queue'],
  ],
});

type Row = readonly [what: string, measured: string, target: string];

async function sweepRows(): Promise<Row[]> {
  const out = mkdtempSync(join(tmpdir(), 'replisim-bench-'));
  try {
    const startedMs = performance.now();
    const io = memoryIo();
    const code = await scaleSweep(['--quiet', '--out', out], io);
    const seconds = (performance.now() - startedMs) / 1000;
    return [
      [
        'default sweep, ten strategies, 900 runs',
        code === 0 ? `${readable(seconds)} s` : io.stderr.trim(),
        'at most 90 s on 2 cores',
      ],
    ];
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Each beside the target that it has. */
function clusterRows(): Row[] {
  const file = fileURLToPath(new URL('./bench/broadcast.ts', import.meta.url));
  const text = execFileSync(process.execPath, ['--import', 'tsx', file], { encoding: 'utf8' });
  const { deliveries, events, seconds, peakBytes } = JSON.parse(text) as BroadcastCost;
  return [
    ['256 nodes, delta, 5,000 writes/s, 60 s: wall time', `${readable(seconds)} s`, ''],
    ['  deliveries', `${readable(deliveries / 1e6)} M`, ''],
    ['  deliveries per second', `${readable(deliveries / seconds / 1e6)} M/s`, 'at least 15 M/s on one core'],
    ['  events per second', `${readable(events / seconds / 1e6)} M/s`, ''],
    ['  peak memory', `${readable(peakBytes / 1e6)} MB`, 'below 500 MB'],
  ];
}

function queueRows(): Row[] {
  const rows = benchHold().map(({ delays, pending, nsPerHold }): Row => {
    const rate = `${readable(1e3 / nsPerHold)} M/s (${readable(nsPerHold)} ns)`;
    return [`holds, ${delays}, ${pending.toLocaleString('en')} pending`, rate, ''];
  });
  return [...rows, ['M/M/1 at a load of 0.9', `${readable(benchMm1())} ns per customer`, '']];
}

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const all = !values.sweep && !values.cluster && !values.queue;
    const rows: Row[] = [];
    if (all || values.cluster) rows.push(...clusterRows());
    if (all || values.queue) rows.push(...queueRows());
    if (all || values.sweep) rows.push(...(await sweepRows()));
    const columns = [
      { head: `Node ${process.version}`, align: 'left' } as const,
      { head: 'measured', align: 'right' } as const,
      { head: 'target', align: 'left' } as const,
    ];
    io.out(textTable(columns, rows, io.colours));
    return exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
