// How fast is it? Event queue, deliveries, requests, growth and the default sweep, each beside its target and beside
// what others need for the same on this machine. Times are processor times; the tests depend on none of them.
import { clusterRows } from './bench/cluster-rows.ts';
import { forkRows } from './bench/fork-rows.ts';
import { growthRows } from './bench/growth-rows.ts';
import { measureReference } from './bench/peers.ts';
import { queueRows } from './bench/queue-rows.ts';
import { type BenchRow, plain, timeText } from './bench/rows.ts';
import { sweepRows } from './bench/sweep-rows.ts';
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { readable, textTable } from './lib/text-table.ts';

const command = defineCommand({
  name: 'tsx experiments/bench.ts',
  question: 'How fast is it? Event queue, deliveries, requests, growth and the default sweep, beside their targets.',
  flags: {
    queue: toggle('only the event queue and M/M/1'),
    cluster: toggle('only deliveries, requests and heartbeats'),
    growth: toggle('only growth with nodes and sessions'),
    forks: toggle('only fault scenarios that share a warm-up'),
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

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const all = !values.sweep && !values.cluster && !values.queue && !values.growth && !values.forks;
    const reference = measureReference();
    const yard = typeof reference === 'string' ? undefined : reference;
    if (typeof reference === 'string') io.err(`${reference}\n`);
    const rows: BenchRow[] = yard ? [plain('yardstick: M/M/1 with a heap in C', timeText(yard.mm1))] : [];
    if (all || values.queue) rows.push(...queueRows(yard));
    if (all || values.cluster) rows.push(...(await clusterRows(yard, values.long === true)));
    if (all || values.growth) {
      for await (const row of growthRows()) {
        io.err(`${row.what}: ${row.measured}\n`);
        rows.push(row);
      }
    }
    if (all || values.forks) rows.push(...forkRows());
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
