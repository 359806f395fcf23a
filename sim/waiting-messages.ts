import { type BroadcastLog, logFlag } from './broadcast-log.ts';
import type { CursorWindow } from './cursor-window.ts';
import type { ExternalWork } from './polling-thread.ts';

/** Whether the message at the head of a window is the only one of its connection. */
export function isHeadAlone(
  { id, head }: CursorWindow,
  { flags, mask }: BroadcastLog,
  externals: ReadonlyMap<number, ExternalWork>,
): boolean {
  const index = id[head];
  if (index < 0) return externals.get(-1 - index)?.isAlone === true;
  return (flags[index & mask] & logFlag.AWAITED) !== 0;
}

/** Whether somebody waits for a message of a window that has not started. */
export function isOneAwaited({ id, head, tail }: CursorWindow, { flags, mask }: BroadcastLog): boolean {
  for (let place = head; place < tail; place += 1) {
    if (id[place] < 0 || (flags[id[place] & mask] & logFlag.AWAITED) !== 0) return true;
  }
  return false;
}
