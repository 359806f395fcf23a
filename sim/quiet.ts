import { logFlag } from './broadcast-log.ts';
import type { LogCursor } from './log-cursor.ts';

/**
 * Counts as done what was sent before the newest moment at which every station was idle (`LogWork.quiet`), where the station
 * brings nothing of its own to it: it had done all that it knew of before the last of that came.
 *
 * Why: few messages at a time are dear to replay one by one; here they cost a subtraction, and a look at those that the
 * station has sent itself or that leave it out.
 * @param end - the first entry after that moment.
 */
export function passQuiet(cursor: LogCursor, end: number): void {
  const { log, station, cpu, threads, delay, latencyNs } = cursor;
  const knownNs = Math.max(cursor.lookedNs, cpu.allFreeNs(), threads.allFreeNs);
  if (knownNs > log.work.quietComeNs + latencyNs || !cpu.isWorkConserving) return;
  if (threads.threads < cpu.servers || delay.isLossy || cursor.unread !== null) return;
  if (cursor.unusual !== null && !cursor.unusual.hasNone) return;
  if (log.lastWithout[station] >= cursor.cursor) return;
  const { flags, serviceNs, mask } = log;
  const from = cursor.cursor;
  if (!log.isPlain(from, end) && !isAllWork(cursor, end)) return;
  let jobs = end - from;
  let workNs = log.work.before(log, end) - log.work.before(log, from);
  for (let own = log.lastOfSender[station]; own >= from; own = log.previousOfSender[own & mask]) {
    if (own >= end) continue;
    jobs -= 1;
    workNs -= serviceNs[own & mask];
  }
  for (let other = log.lastExcept[station]; other >= from; other = log.previousExcept[other & mask]) {
    if (other >= end) continue;
    jobs -= 1;
    workNs -= serviceNs[other & mask];
  }
  if (cursor.isBusy) {
    const { window } = cursor;
    for (let place = window.head; place < window.tail; place += 1) {
      const index = window.id[place];
      const slot = index & mask;
      if (index < 0 || (flags[slot] !== 0 && !isWorkOnly(cursor, index))) return;
      jobs += 1;
      workNs += serviceNs[slot];
    }
    window.clear();
    cursor.isBusy = false;
  }
  cpu.offerDone(jobs, workNs);
  cursor.deliveries += jobs;
  cursor.skipped += jobs;
  cursor.cursor = end;
}

/** Whether each message up to `end` that carries a flag is nothing but work here. */
function isAllWork(cursor: LogCursor, end: number): boolean {
  const { flags, sender, except, mask } = cursor.log;
  for (let index = cursor.cursor; index < end; index += 1) {
    const slot = index & mask;
    if (flags[slot] === 0 || sender[slot] === cursor.station || except[slot] === cursor.station) continue;
    if (!isWorkOnly(cursor, index)) return false;
  }
  return true;
}

/** Whether a message that carries a flag is nothing but work here. */
function isWorkOnly({ log, listener, station }: LogCursor, index: number): boolean {
  const bits = log.flags[index & log.mask];
  return (bits & logFlag.AWAITED) === 0 && listener.isIndifferent(station, index);
}
