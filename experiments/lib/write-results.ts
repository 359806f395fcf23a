import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { AtomicFile, type WrittenFile } from './atomic-file.ts';
import { syncFolder, writeAtomically } from './atomic-write.ts';
import { type Table, tables, withCase } from './columns.ts';
import { csvHeader, csvLines, type Row } from './csv.ts';
import { datapackage } from './datapackage.ts';
import { ComparedRuns } from './differences.ts';
import { type Findings, finishedOf, type PointRuns } from './findings.ts';
import { gridPoints } from './grid.ts';
import { type ManifestFacts, manifest } from './manifest.ts';
import { type DoneRun, lossRow, throughputRow, trafficRows } from './run-record.ts';
import { summarisePoint, summaryRows } from './summarise.ts';

/** A table of an experiment besides those that every experiment writes, and its rows, sorted. */
export interface OwnTable {
  readonly table: Table;
  readonly rows: Iterable<Row>;
}

/** A table that grows row by row. */
class TableFile {
  readonly table: Table;
  private readonly file: AtomicFile;
  private rows: Row[] = [];

  constructor(folder: string, table: Table) {
    this.table = table;
    this.file = new AtomicFile(join(folder, table.file));
    this.file.write(csvHeader(table));
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.rows.push(row);
    if (this.rows.length >= 500) this.flush();
  }

  private flush(): void {
    this.file.write(csvLines(this.table, this.rows));
    this.rows = [];
  }

  commit(): WrittenFile {
    this.flush();
    return this.file.commit();
  }

  abandon(): void {
    this.file.abandon();
  }
}

/** What the files of a folder say besides their rows. */
export interface ResultsFacts extends Omit<ManifestFacts, 'files' | 'totals'> {
  readonly question: string;
  readonly findings: Findings;
  readonly own?: readonly OwnTable[];
}

function runRow({ key, status, record, warmUpS }: DoneRun): Row {
  const { events = null, deliveries = null, fingerprint = null } = record ?? {};
  return { ...key, status, warm_up_s: warmUpS, events, deliveries, fingerprint };
}

/** Writes the tables that every experiment has, in one look at the findings, and sums up the runs. */
function writePoints(
  findings: Findings,
  open: (table: Table) => TableFile,
): { runs: number; events: number; deliveries: number; over: number } {
  const { plan, points } = findings;
  const own = <T extends Table>(table: T): TableFile => open(plan.grid.cases ? withCase(table) : table);
  const files = {
    throughput: own(tables.throughput),
    traffic: own(tables.traffic),
    consistency: own(tables.consistency),
    summary: own(tables.summary),
    runs: own(tables.runs),
  };
  const compared = ComparedRuns.isNeeded(plan.grid) ? new ComparedRuns(plan.grid) : undefined;
  const totals = { runs: 0, events: 0, deliveries: 0, over: 0 };
  const addPoint = (one: PointRuns): void => {
    const finished = finishedOf(one);
    const records = finished.map(({ record }) => record);
    files.throughput.add(finished.map(throughputRow));
    files.traffic.add(finished.flatMap(trafficRows));
    files.consistency.add(finished.map(lossRow));
    files.summary.add(summaryRows(summarisePoint(one.point, records), one.runs, plan.rules.warmUp));
    files.runs.add(one.runs.map(runRow));
    compared?.add(one.point, finished);
    totals.runs += one.runs.length;
    totals.over += one.runs.length - finished.length;
    for (const { events, deliveries } of records) {
      totals.events += events;
      totals.deliveries += deliveries;
    }
  };
  for (const one of points) addPoint(one);
  const differences = own(tables.differences);
  if (compared) for (const point of gridPoints(plan.grid)) differences.add([...compared.rows(point)]);
  return totals;
}

/**
 * Writes the CSVs, `datapackage.json` and, last, `manifest.json`: a folder with a manifest is complete.
 *
 * @returns the number of runs, and of those that went over a budget.
 */
export function writeResults(folder: string, facts: ResultsFacts): { runs: number; over: number } {
  const { findings, question, own = [] } = facts;
  const opened: TableFile[] = [];
  const open = (table: Table): TableFile => {
    const file = new TableFile(folder, table);
    opened.push(file);
    return file;
  };
  rmSync(join(folder, 'manifest.json'), { force: true });
  try {
    const totals = writePoints(findings, open);
    for (const { table, rows } of own) {
      const file = open(table);
      for (const row of rows) file.add([row]);
    }
    const files = new Map<string, WrittenFile>();
    for (const file of opened) files.set(file.table.file, file.commit());
    const written = opened.map(({ table }) => table);
    files.set(
      'datapackage.json',
      writeText(folder, 'datapackage.json', datapackage(facts.experiment, question, written, files)),
    );
    syncFolder(folder);
    writeAtomically(join(folder, 'manifest.json'), [manifest({ ...facts, files, totals })]);
    return totals;
  } catch (error) {
    for (const file of opened) file.abandon();
    throw error;
  }
}

function writeText(folder: string, name: string, text: string): WrittenFile {
  const file = new AtomicFile(join(folder, name));
  file.write(text);
  return file.commit();
}
