import { logFlag } from './broadcast-log.ts';
import type { LogCursor } from './log-cursor.ts';

/**
 * Counts as done what was sent before the newest entry that finds every station idle (`LogWork.quiet`), where the station
 * brings nothing of its own to it: it had done all that it knew of before the last of that came.
 *
 * Why: few messages at a time are dear to replay one by one; here each costs a look at who has sent it and its work.
 * @param end - that entry; it may have come by now.
 */
export function passQuiet(cursor: LogCursor, end: number): void {
  const { log, station, cpu, threads, window, delay, latencyNs } = cursor;
  const knownNs = Math.max(cursor.lookedNs, cpu.allFreeNs(), threads.allFreeNs);
  if (knownNs > log.work.quietComeNs + latencyNs || !cpu.isWorkConserving) return;
  if (threads.freeNs.length < cpu.servers || delay.isLossy || cursor.unread !== null) return;
  if (cursor.absent.size > 0 || cursor.delayed.size > 0 || cursor.late.size > 0) return;
  if (log.lastWithout[station] >= cursor.cursor) return;
  const { flags, sender, except, serviceNs, mask } = log;
  let jobs = 0;
  let workNs = 0;
  for (let index = cursor.cursor; index < end; index += 1) {
    const slot = index & mask;
    if (sender[slot] === station || except[slot] === station) continue;
    if (flags[slot] !== 0 && !isWorkOnly(cursor, index)) return;
    jobs += 1;
    workNs += serviceNs[slot];
  }
  for (let place = window.head; place < window.tail; place += 1) {
    const index = window.id[place];
    const slot = index & mask;
    if (index < 0 || (flags[slot] !== 0 && !isWorkOnly(cursor, index))) return;
    jobs += 1;
    workNs += serviceNs[slot];
  }
  cpu.offerDone(jobs, workNs);
  cursor.deliveries += jobs;
  cursor.skipped += jobs;
  cursor.cursor = end;
  window.clear();
}

/** Whether a message that carries a flag is nothing but work here. */
function isWorkOnly({ log, listener, station }: LogCursor, index: number): boolean {
  const bits = log.flags[index & log.mask];
  return (bits & logFlag.AWAITED) === 0 && listener.isIndifferent(station, index);
}
