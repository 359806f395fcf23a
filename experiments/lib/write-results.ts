import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-write.ts';
import { type Table, tables } from './columns.ts';
import { csvHeader, csvLines, type Row } from './csv.ts';
import { datapackage } from './datapackage.ts';
import { type ManifestFacts, manifest } from './manifest.ts';
import { lossRow, throughputRow, trafficRows } from './run-record.ts';
import { type PointSummary, summaryRows } from './summarise.ts';

interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

function writeHashed(file: string, parts: Iterable<string>): Written {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = function* (): Iterable<string> {
    for (const part of parts) {
      hash.update(part, 'utf8');
      bytes += Buffer.byteLength(part, 'utf8');
      yield part;
    }
  };
  writeAtomically(file, counted());
  return { bytes, sha256: hash.digest('hex') };
}

/** A table in pieces of a few hundred rows, so that a large one never stands in memory as one text. */
function* csvParts(table: Table, groups: Iterable<readonly Row[]>): Iterable<string> {
  yield csvHeader(table);
  let rows: Row[] = [];
  for (const group of groups) {
    rows.push(...group);
    if (rows.length < 500) continue;
    yield csvLines(table, rows);
    rows = [];
  }
  yield csvLines(table, rows);
}

/** What the files of a folder say besides their rows. */
export interface ResultsFacts extends Omit<ManifestFacts, 'files'> {
  readonly question: string;
  readonly summaries: readonly PointSummary[];
}

/**
 * Writes the CSVs, `datapackage.json` and, last, `manifest.json`: a folder with a manifest is complete.
 *
 * @returns the names written.
 */
export function writeResults(folder: string, facts: ResultsFacts): string[] {
  const { runs, summaries } = facts;
  const files = new Map<string, Written>();
  const write = (name: string, parts: Iterable<string>): void => {
    files.set(name, writeHashed(join(folder, name), parts));
  };
  rmSync(join(folder, 'manifest.json'), { force: true });
  const mapped = function* (rowsOf: (run: (typeof runs)[number]) => Row[]): Iterable<readonly Row[]> {
    for (const run of runs) yield rowsOf(run);
  };
  const { throughput, traffic, consistency, summary } = tables;
  write(
    throughput.file,
    csvParts(
      throughput,
      mapped((run) => [throughputRow(run)]),
    ),
  );
  write(traffic.file, csvParts(traffic, mapped(trafficRows)));
  write(
    consistency.file,
    csvParts(
      consistency,
      mapped((run) => [lossRow(run)]),
    ),
  );
  write(
    summary.file,
    csvParts(
      summary,
      summaries.map((one) => summaryRows([one])),
    ),
  );
  write('datapackage.json', [datapackage(facts.experiment, facts.question, Object.values(tables), files)]);
  writeAtomically(join(folder, 'manifest.json'), [manifest({ ...facts, files })]);
  return [...files.keys(), 'manifest.json'];
}
