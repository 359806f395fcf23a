import { readable } from '../lib/text-table.ts';

/** The yardstick, M/M/1 with a heap in C, on the machine on which the targets were set [ns per customer]. */
const YARDSTICK_NS = 27;

/** A line of the table. */
export interface BenchRow {
  readonly what: string;
  readonly measured: string;
  /** Measured by target, 1 or less where it is met; null: no target, or nothing to compare with. */
  readonly ratio: number | null;
  readonly target: string;
}

/** A figure without a target. */
export function plain(what: string, measured: string): BenchRow {
  return { what, measured, ratio: null, target: '' };
}

/** At most `times` what a peer needs. */
export function against(what: string, ns: number, peerNs: number | undefined, times: number, peer: string): BenchRow {
  return {
    what,
    measured: `${readable(ns)} ns`,
    ratio: peerNs === undefined ? null : ns / peerNs / times,
    target: peerNs === undefined ? peer : `${times} x ${peer} (${readable(peerNs)} ns)`,
  };
}

/**
 * At most `targetNs` on the machine of the targets, and as much more or less here as the yardstick takes.
 * @param yardNs - the yardstick here [ns]; undefined: not measured.
 */
export function within(
  what: string,
  ns: number,
  targetNs: number,
  yardNs: number | undefined,
  shown: string,
): BenchRow {
  return {
    what,
    measured: shown,
    ratio: yardNs === undefined ? null : ns / yardNs / (targetNs / YARDSTICK_NS),
    target: `${timeText(targetNs)} where the yardstick is ${YARDSTICK_NS} ns`,
  };
}

/** A time as people read it. */
export function timeText(ns: number): string {
  if (ns >= 1e9) return `${readable(ns / 1e9)} s`;
  return ns >= 1e3 ? `${readable(ns / 1e3)} us` : `${readable(ns)} ns`;
}
