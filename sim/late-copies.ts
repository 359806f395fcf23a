import { logFlag } from './broadcast-log.ts';
import { cutLag, noStages } from './lag-stages.ts';
import type { LogCursor } from './log-cursor.ts';
import { UnusualCopies } from './unusual-copies.ts';

/** Tells a station that the copy of entry `index`, not looked at yet, leaves its sender only at `releaseNs`. */
export function comesLate(cursor: LogCursor, index: number, releaseNs: number): void {
  if (!cursor.isListening || Number.isNaN(cursor.arrivalNs(index))) return;
  const heldUpNs = releaseNs - cursor.departedNs(index);
  if (heldUpNs <= 0) return;
  cursor.unusual ??= new UnusualCopies();
  cursor.unusual.delayed.set(index, heldUpNs);
}

/** Puts the copies that were held up and have arrived by now into the window. */
export function admitLate(cursor: LogCursor, nowNs: number): void {
  const { unusual } = cursor;
  if (unusual === null || unusual.late.size === 0) return;
  const arrivalNs = (index: number): number => cursor.arrivalNs(index);
  for (const index of unusual.takeArrived(nowNs, arrivalNs)) cursor.window.insert(arrivalNs(index), index);
}

/**
 * Entry `index`, which has just been sent, stands in line at a station behind one that nobody waits for: whichever thread runs first
 * takes what is first, so that also the one before may come sooner, or later.
 */
export function joinsLine(cursor: LogCursor, index: number, before: number): void {
  const { log, window } = cursor;
  const isAwaited = (log.flags[before & log.mask] & logFlag.AWAITED) !== 0;
  if (!cursor.isListening || isAwaited || cursor.unusual?.delayed.has(before)) return;
  const atNs = log.before.changedNs(log, cursor, index, cursor.arrivalNs(before));
  if (Number.isNaN(atNs)) return;
  cursor.unusual ??= new UnusualCopies();
  cursor.unusual.moved.set(before, atNs);
  // It may be on its way in the log.
  if (before >= cursor.cursor) cursor.comingNs = Math.min(cursor.comingNs, atNs);
  else if (window.take((one) => one === before).length > 0) window.insert(atNs, before);
}

/** When all of the copy for a station has passed the wire behind its sender [ns]; NaN where it gets none. */
export function wiredNs(cursor: LogCursor, index: number): number {
  const { log, delay, station } = cursor;
  const slot = index & log.mask;
  const rank = cursor.rankOf(index);
  if (rank < 0 || log.except[slot] === station) return Number.NaN;
  const copies = log.copies[log.view[slot]];
  const stages = cutLag(
    delay,
    log.word[slot],
    station,
    rank,
    copies,
    log.connection[slot],
    log.lagFactor[slot],
    noStages(),
  );
  return cursor.departedNs(index) + stages.wiredNs;
}
