import type { BroadcastLog } from './broadcast-log.ts';
import type { CursorWindow } from './cursor-window.ts';
import type { LogCursor } from './log-cursor.ts';

// What a station has not read: the bytes of the copies that were sent to it and are not done, or came after one that is not.
// A station reads in the order in which it starts. Kept only where somebody watches: who is not behind costs nothing.

/** Moves the base of a window over what is read by `nowNs`, and takes its bytes off `unread`, which is by sender. */
export function countRead(unread: Float64Array, window: CursorWindow, log: BroadcastLog, nowNs: number): void {
  const { id, done, head } = window;
  const { bytes, sender, mask } = log;
  while (window.base < head && done[window.base] <= nowNs) {
    const index = id[window.base];
    if (index >= 0) unread[sender[index & mask]] -= bytes[index & mask];
    window.base += 1;
  }
}

/** A copy that was counted as unread will never be read. */
export function neverRead({ log, unread }: LogCursor, index: number): void {
  const slot = index & log.mask;
  if (unread !== null) unread[log.sender[slot]] -= log.bytes[slot];
}

/** Counts from the beginning what a station that has caught up has not read; `unread` is filled by sender. */
export function countUnread(cursor: LogCursor, unread: Float64Array): void {
  const { log, window, unusual } = cursor;
  const { id, base, tail } = window;
  const { bytes, sender, mask } = log;
  unread.fill(0);
  const count = (index: number): void => {
    unread[sender[index & mask]] += bytes[index & mask];
  };
  for (let place = base; place < tail; place += 1) if (id[place] >= 0) count(id[place]);
  for (const index of unusual?.late ?? []) count(index);
  for (let index = cursor.cursor; index < log.end; index += 1) {
    if (!unusual?.absent.has(index) && !Number.isNaN(cursor.arrivalNs(index))) count(index);
  }
}

/**
 * When a station that is watched and has caught up has no more than `bytes` of a sender's unread, as far as what has
 * started tells it; else a moment before which nothing more starts, to ask again.
 */
export function readNs(cursor: LogCursor, sender: number, bytes: number): number {
  const { log, window } = cursor;
  const { id, done, base, head, tail } = window;
  let left = cursor.unread?.[sender] ?? 0;
  let untilNs = 0;
  for (let place = base; place < head; place += 1) {
    untilNs = Math.max(untilNs, done[place]);
    if (id[place] < 0 || log.sender[id[place] & log.mask] !== sender) continue;
    left -= log.bytes[id[place] & log.mask];
    if (left <= bytes) return untilNs;
  }
  let nextNs = head < tail ? cursor.blockedUntilNs() : Number.POSITIVE_INFINITY;
  for (const index of cursor.unusual?.late ?? []) nextNs = Math.min(nextNs, cursor.arrivalNs(index));
  for (let index = cursor.cursor; index < log.end; index += 1) {
    const arrivalNs = cursor.arrivalNs(index);
    if (arrivalNs < nextNs) nextNs = arrivalNs;
  }
  return nextNs;
}
