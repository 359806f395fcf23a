import { logFlag } from './broadcast-log.ts';
import type { LogCursor } from './log-cursor.ts';

/** Puts the copies of the entries from the cursor to `end` into the window, one by one; the cursor is at `end` then. */
export function admitFew(cursor: LogCursor, end: number): void {
  const { log, window, station, latencyNs, delay } = cursor;
  const { departNs, copyNs, view, word, columns, isWhole, sender, stations, mask, hasSpecial, except } = log;
  const { flags, before, lastInLine, hasFactors, lagFactor } = log;
  const column = station * log.columnLength;
  const { unusual } = cursor;
  const hasMoved = unusual !== null && unusual.moved.size > 0;
  const isPlain = unusual === null || unusual.expectsNone;
  window.makeRoom(end - cursor.cursor);
  const { at, id, head } = window;
  let { tail } = window;
  for (let index = cursor.cursor; index < end; index += 1) {
    const slot = index & mask;
    // Where all others get a copy its place needs no look at a table that no cache holds.
    const behind = station - sender[slot] - 1;
    const rank =
      isWhole[view[slot]] === 0 || behind === -1 ? columns[column + view[slot]] : behind + (behind < 0 ? stations : 0);
    if (rank < 0 || !isPlain) {
      window.tail = tail;
      cursor.cursor = index;
      if (!isComing(cursor, index, rank)) continue;
    } else if (hasSpecial && except[slot] === station) {
      continue;
    }
    const landedNs = departNs[slot] + (rank + 1) * copyNs[slot] + latencyNs;
    let atNs = landedNs + delay.at(word[slot], index, station, hasFactors ? lagFactor[slot] : 1);
    if (index <= lastInLine && (flags[slot] & logFlag.IN_LINE) !== 0)
      atNs = before.arrivalNs(log, cursor, index, landedNs, atNs);
    if (hasMoved) atNs = unusual.moved.get(index) ?? atNs;
    let place = tail;
    tail += 1;
    while (place > head && at[place - 1] > atNs) {
      at[place] = at[place - 1];
      id[place] = id[place - 1];
      place -= 1;
    }
    at[place] = atNs;
    id[place] = index;
  }
  window.tail = tail;
  cursor.cursor = end;
}

/** Looks at an entry out of the ordinary. @returns whether its copy comes. */
function isComing(cursor: LogCursor, index: number, rank: number): boolean {
  const { log, station, listener } = cursor;
  const slot = index & log.mask;
  if (log.sender[slot] === station || log.except[slot] === station) return false;
  if (rank < 0) {
    listener.missed(station, index, false);
    return false;
  }
  const { unusual } = cursor;
  if (unusual === null) return true;
  if (unusual.absent.delete(index)) {
    cursor.missed += 1;
    listener.missed(station, index, true);
    return false;
  }
  if (!unusual.delayed.has(index)) return true;
  unusual.late.add(index);
  return false;
}
