import { CursorWindow } from './cursor-window.ts';
import { admitFew } from './few-arrivals.ts';
import { admitLate } from './late-copies.ts';
import type { LogCursor } from './log-cursor.ts';
import { ARRIVALS_MAX, admitMany } from './many-arrivals.ts';
import { passQuiet } from './quiet.ts';

/** From so many new messages on they are sorted together, in memory that all cursors share. */
export const MANY = 16;
/** More messages are dearer to take twice than to keep. */
const PUT_BACK_MAX = 3;
/** Room of a bench at first [messages]. */
const BENCH = 256;

/**
 * Windows not in use, which the processor has in its cache: a station needs one of its own only while it has something in
 * hand. More than one, because a listener may make another cursor catch up in a replay.
 */
const benches: CursorWindow[] = [];

/** Takes what has been sent early enough to have come to a station, and starts what can start by `nowNs`. */
export function lookAtNewest(cursor: LogCursor, nowNs: number): void {
  const { log } = cursor;
  const { appendedNs, mask, work } = log;
  const limitNs = nowNs - cursor.latencyNs;
  if (work.quiet < log.end) work.lookForQuiet(log.end, limitNs);
  if (work.quiet > cursor.cursor && work.quietFromNs <= limitNs && cursor.many < Number.POSITIVE_INFINITY)
    passQuiet(cursor, work.quiet);
  let { end } = log;
  while (end > cursor.cursor && appendedNs[(end - 1) & mask] > limitNs) end -= 1;
  const more = end - cursor.cursor;
  if (more === 0 && !cursor.isBusy) {
    cursor.seen = end;
    return;
  }
  if (more >= cursor.many && isOrdinary(cursor, more)) takeMany(cursor, end, nowNs);
  else if (cursor.isBusy) takeFew(cursor, end, nowNs);
  else takeFewIdle(cursor, end, nowNs);
  cursor.seen = Math.max(end, cursor.cursor);
}

/** Nothing on the way is held up, lost, late or moved, and most of what is in hand is new. */
function isOrdinary(cursor: LogCursor, more: number): boolean {
  const { unusual, delay } = cursor;
  let inHand = 0;
  if (cursor.isBusy) inHand = cursor.window.tail - cursor.window.base;
  if (2 * more < inHand || more + inHand > ARRIVALS_MAX) return false;
  return (unusual === null || (unusual.hasNone && unusual.moved.size === 0)) && !delay.isLossy;
}

function takeFew(cursor: LogCursor, end: number, nowNs: number): void {
  if (end > cursor.cursor) admitFew(cursor, end);
  if (cursor.unusual !== null) admitLate(cursor, nowNs);
  cursor.consume(nowNs);
  if (cursor.window.head < cursor.window.tail) putBack(cursor, end, nowNs);
  cursor.isBusy = hasWork(cursor);
}

/** With nothing in hand the window is a bench, unless something is left. */
function takeFewIdle(cursor: LogCursor, end: number, nowNs: number): void {
  const own = cursor.window;
  const bench = benches.pop() ?? new CursorWindow(BENCH);
  bench.clear();
  cursor.window = bench;
  cursor.isBusy = true;
  takeFew(cursor, end, nowNs);
  if (bench.base < bench.tail) bench.moveTo(own);
  cursor.window = own;
  benches.push(bench);
}

function takeMany(cursor: LogCursor, end: number, nowNs: number): void {
  const own = cursor.window;
  const wasBusy = cursor.isBusy;
  const bench = benches.pop() ?? new CursorWindow(BENCH);
  const maySkip = cursor.unread === null && end - cursor.cursor >= cursor.skipFrom;
  const isSkipped = maySkip && cursor.regeneration.passOver(bench, end, nowNs);
  cursor.window = bench;
  cursor.isBusy = true;
  if (!isSkipped) {
    if (wasBusy) own.moveTo(bench);
    else bench.clear();
    if (!admitMany(bench, cursor, cursor.cursor, end)) admitFew(cursor, end);
  }
  cursor.cursor = end;
  cursor.consume(nowNs);
  if (wasBusy || bench.base < bench.tail) bench.moveTo(own);
  cursor.window = own;
  cursor.isBusy = hasWork(cursor);
  benches.push(bench);
}

/**
 * Where all that is left in the window is still on its way, the log keeps it until the next look: the station has nothing
 * in hand then.
 * @param end - entries before it have been put into the window.
 */
function putBack(cursor: LogCursor, end: number, nowNs: number): void {
  const { window, log, station } = cursor;
  const { id, at, head, tail } = window;
  if (tail - head > PUT_BACK_MAX || window.base < head || at[head] <= nowNs) return;
  if (cursor.unusual !== null && !cursor.unusual.hasNone) return;
  let least = end;
  for (let place = head; place < tail; place += 1) if (id[place] < least) least = id[place];
  if (least < 0 || end - least > 2 * PUT_BACK_MAX) return;
  let count = 0;
  for (let index = least; index < end; index += 1) if (log.sender[index & log.mask] !== station) count += 1;
  // Another one among them has been taken, or was never sent here.
  if (count !== tail - head) return;
  cursor.comingNs = at[head];
  cursor.cursor = least;
  window.clear();
}

/** Whether something is in hand or late. */
function hasWork({ window, unusual }: LogCursor): boolean {
  return window.base < window.tail || (unusual !== null && unusual.late.size > 0);
}
