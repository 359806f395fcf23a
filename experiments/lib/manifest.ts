import { availableParallelism, hostname, release } from 'node:os';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { Grid } from './grid.ts';
import type { JournalHead } from './journal.ts';
import { commit } from './provenance.ts';
import type { FinishedRun } from './run-record.ts';

/** What a manifest says beyond the machine it was written on. */
export interface ManifestFacts {
  readonly experiment: string;
  readonly command: readonly string[];
  readonly head: JournalHead;
  readonly scenario: Scenario;
  readonly grid: Grid;
  readonly runs: readonly FinishedRun[];
  readonly files: ReadonlyMap<string, { bytes: number; sha256: string }>;
  readonly jobs: number;
  readonly runsResumed: number;
  readonly startedAt: Date;
  readonly wallS: number;
}

function total(runs: readonly FinishedRun[], name: 'events' | 'deliveries'): number {
  return runs.reduce((sum, { record }) => sum + record[name], 0);
}

/** Content of `manifest.json`: how the files came to be. Times and host stand here and nowhere else. */
export function manifest(facts: ManifestFacts): string {
  const { experiment, command, head, scenario, grid, runs, files, jobs, runsResumed, startedAt, wallS } = facts;
  const content = {
    experiment,
    ...head,
    ...commit(),
    command,
    node: process.version,
    v8: process.versions.v8,
    platform: `${process.platform} ${release()} ${process.arch}`,
    host: { name: hostname(), cores: availableParallelism() },
    started_at: startedAt.toISOString(),
    finished_at: new Date().toISOString(),
    wall_s: Math.round(wallS * 1000) / 1000,
    jobs,
    runs_done: runs.length - runsResumed,
    runs_resumed: runsResumed,
    events: total(runs, 'events'),
    deliveries: total(runs, 'deliveries'),
    seed: scenario.run.seed,
    grid,
    scenario,
    files: Object.fromEntries(files),
    runs: runs.map(({ key, record }) => ({ ...key, fingerprint: record.fingerprint })),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
