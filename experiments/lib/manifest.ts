import { availableParallelism, hostname, release } from 'node:os';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { Grid } from './grid.ts';
import type { JournalHead } from './journal.ts';
import { commit } from './provenance.ts';

/** What a manifest says beyond the machine it was written on. */
export interface ManifestFacts {
  readonly experiment: string;
  readonly command: readonly string[];
  readonly head: JournalHead;
  readonly scenario: Scenario;
  readonly grid: Grid;
  readonly totals: { runs: number; events: number; deliveries: number; over: number };
  readonly files: ReadonlyMap<string, { bytes: number; sha256: string }>;
  readonly jobs: number;
  readonly runsResumed: number;
  readonly startedAt: Date;
  readonly wallS: number;
}

/** Content of `manifest.json`: how the files came to be. Times and host stand here and nowhere else. */
export function manifest(facts: ManifestFacts): string {
  const { experiment, command, head, scenario, grid, totals, files, jobs, runsResumed, startedAt, wallS } = facts;
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
    runs_done: totals.runs - runsResumed,
    runs_resumed: runsResumed,
    runs_over_budget: totals.over,
    events: totals.events,
    deliveries: totals.deliveries,
    seed: scenario.run.seed,
    grid,
    scenario,
    files: Object.fromEntries(files),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
