import { InputError } from '../lib/input-error.ts';
import { quantile } from '../validation/check.ts';

/** A collection that stopped the application. */
export interface Pause {
  readonly isFull: boolean;
  /** When it began or ended, by the clock of the log [ms]; NaN without a time. */
  readonly atMs: number;
  readonly pauseMs: number;
  /** Heap in use before and after it [kB]. */
  readonly beforeKB: number;
  readonly afterKB: number;
  /** What it moved to the old generation [kB], NaN where the log does not say. */
  readonly promotedKB: number;
}

/** What a garbage collection log says. */
export interface GcLog {
  readonly collector: 'serial' | 'parallel' | 'g1';
  /** Processors that the JVM saw; NaN where the log does not say. */
  readonly processors: number;
  /** Room in the old generation [kB], NaN where the log does not say. */
  readonly oldKB: number;
  readonly pauses: readonly Pause[];
}

const COLLECTORS: Readonly<Record<string, GcLog['collector']>> = { Serial: 'serial', Parallel: 'parallel', G1: 'g1' };
const UNITS_KB: Readonly<Record<string, number>> = { K: 1, M: 1024, G: 1024 * 1024 };
const PAUSE = /GC\((\d+)\) Pause (Young|Full).*? (\d+)([KMG])->(\d+)([KMG])\(\d+[KMG]\) ([\d.]+)ms/;
const OLD = /GC\((\d+)\) (?:Tenured|ParOldGen): (\d+)K(?:\(\d+K\))?->(\d+)K\((\d+)K\)/;
const YOUNG = /GC\((\d+)\) (?:DefNew|PSYoungGen): (\d+)K(?:\(\d+K\))?->(\d+)K\(/;
const OLD_REGIONS = /GC\((\d+)\) Old regions: (\d+)->(\d+)/;

/** The first decoration that is a time [ms]. */
function timeOf(line: string): number {
  const [, number, unit] = /^(?:\[\D[^\]]*\])*\[([\d.]+)(s|ms|ns)\s*\]/.exec(line) ?? [];
  if (number !== undefined) return Number(number) * { s: 1000, ms: 1, ns: 1e-6 }[unit as 's' | 'ms' | 'ns'];
  const date = /\[(\d{4}-\d\d-\d\dT[^\]]+)\]/.exec(line)?.[1];
  return date === undefined ? Number.NaN : Date.parse(date.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
}

/** Sizes of the generations around one collection, as its other lines say [kB]. */
interface Generations {
  young?: readonly [number, number];
  old?: readonly [number, number];
  oldRegions?: readonly [number, number];
}

/**
 * Reads the log that `-Xlog:gc*` of OpenJDK 11 and later writes; `-Xlog:gc` will do, with sizes in whole megabytes.
 * @throws InputError - no collections of Serial, Parallel or G1 in it.
 */
export function readGcLog(text: string, name: string): GcLog {
  let collector: GcLog['collector'] | undefined;
  let processors = Number.NaN;
  let oldKB = Number.NaN;
  let regionKB = Number.NaN;
  const generations = new Map<string, Generations>();
  const pauses: Pause[] = [];
  const of = (number: string): Generations => {
    if (!generations.has(number)) generations.set(number, {});
    return generations.get(number)!;
  };
  for (const line of text.split(/\r?\n/)) {
    collector ??= COLLECTORS[/\] Using (\w+)/.exec(line)?.[1] ?? ''];
    processors = Number(/CPUs: \d+ total, (\d+) available/.exec(line)?.[1] ?? processors);
    const region = /Heap Region Size: (\d+)([KMG])/i.exec(line);
    if (region) regionKB = Number(region[1]) * UNITS_KB[region[2]];
    const young = YOUNG.exec(line);
    if (young) of(young[1]).young = [Number(young[2]), Number(young[3])];
    const old = OLD.exec(line);
    if (old) {
      of(old[1]).old = [Number(old[2]), Number(old[3])];
      oldKB = Number(old[4]);
    }
    const regions = OLD_REGIONS.exec(line);
    if (regions) of(regions[1]).oldRegions = [Number(regions[2]) * regionKB, Number(regions[3]) * regionKB];
    const found = PAUSE.exec(line);
    if (found) pauses.push(pauseOf(found, timeOf(line), of(found[1])));
  }
  if (collector === undefined || pauses.length === 0) {
    throw new InputError(`${name}: no log of Serial, Parallel or G1 (-Xlog:gc*:file=gc.log) with collections in it`);
  }
  return { collector, processors, oldKB, pauses };
}

function pauseOf(found: RegExpExecArray, atMs: number, { young, old, oldRegions }: Generations): Pause {
  const [, , kind, before, beforeUnit, after, afterUnit, ms] = found;
  const isExact = young !== undefined && old !== undefined;
  const moved = old ?? oldRegions;
  return {
    isFull: kind === 'Full',
    atMs,
    pauseMs: Number(ms),
    beforeKB: isExact ? young[0] + old[0] : Number(before) * UNITS_KB[beforeUnit],
    afterKB: isExact ? young[1] + old[1] : Number(after) * UNITS_KB[afterUnit],
    promotedKB: moved === undefined ? Number.NaN : moved[1] - moved[0],
  };
}

/** What is allocated between two collections in a row [kB]. */
export function allocations(pauses: readonly Pause[]): number[] {
  return pauses.slice(1).map(({ beforeKB }, at) => beforeKB - pauses[at].afterKB);
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, one) => sum + one, 0) / values.length;

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Shares at which the law of the pauses is kept. */
const SHARES = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

/** What a log says in the words of `node.jvm`; keys that it does not tell stay out. */
export function jvmOf({ collector, processors, oldKB, pauses }: GcLog): Record<string, unknown> {
  const young = pauses.filter(({ isFull }) => !isFull);
  const full = pauses.filter(({ isFull }) => isFull);
  const threads = collector === 'serial' || Number.isNaN(processors) ? 1 : processors;
  const work = young.map(({ pauseMs }) => pauseMs * threads);
  const promoted = young.map(({ promotedKB }) => promotedKB).filter((kB) => !Number.isNaN(kB));
  // G1 empties the old generation bit by bit (mixed collections): what it promotes says nothing of full collections.
  const isEmptied = collector === 'g1' && full.length === 0;
  const told: Record<string, number> = {
    edenMB: mean(allocations(pauses)) / 1024,
    youngMs: mean(work),
    promotedKB: isEmptied ? Number.NaN : Math.max(0, mean(promoted)),
    oldMB: oldKB / 1024,
    fullMs: mean(full.map(({ pauseMs }) => pauseMs * threads)),
  };
  const keys = Object.entries(told).filter(([, value]) => Number.isFinite(value));
  return {
    collector,
    ...Object.fromEntries(keys.map(([key, value]) => [key, rounded(value)])),
    ...(work.length < 2 ? {} : { youngMsQuantiles: SHARES.map((share) => [share, rounded(quantile(work, share))]) }),
  };
}

/** Allocated per second between the first and the last collection [kB/s]. */
export function allocationKBPerS({ pauses }: GcLog): number {
  const [first, last] = [pauses[0], pauses[pauses.length - 1]];
  const seconds = (last.atMs - first.atMs) / 1000;
  return allocations(pauses).reduce((sum, kB) => sum + kB, 0) / seconds;
}
