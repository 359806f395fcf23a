import type { BroadcastLog } from './broadcast-log.ts';
import type { CursorWindow } from './cursor-window.ts';
import { invariant } from './invariant.ts';
import { type MultiServer, placement } from './servers.ts';
import type { ThreadPool } from './thread-pool.ts';

/**
 * Starts the messages of a window that can start by `nowNs`, in order, until somebody must be told of one: for each
 * `threads.startNs`, `cpu.offer` and `threads.take`, with their state in local variables in between.
 *
 * @returns when the message at the head starts, of which somebody must be told [ns]; -1: none can start.
 */
export function replay(
  window: CursorWindow,
  log: BroadcastLog,
  cpu: MultiServer,
  threads: ThreadPool,
  nowNs: number,
): number {
  const { at, id, done, tail } = window;
  const { serviceNs, flags, mask } = log;
  const { row, first } = threads;
  const most = threads.threads;
  let { busy, allFreeNs, floorNs } = threads;
  let { firstFreeNs, laterFreeNs, serviceNsSum, lastDoneNs } = cpu;
  const isPair = cpu.servers === 2;
  const { isPlain, wakeNs } = cpu;
  let { head } = window;
  let specialNs = -1;
  for (; head < tail; head += 1) {
    let startNs = at[head];
    if (startNs > nowNs) break;
    let thread = 0;
    if (startNs < allFreeNs) {
      startNs = Math.max(startNs, floorNs);
      if (busy === most) startNs = Math.max(startNs, threads.firstFreeNs());
      if (startNs > nowNs) break;
      while (thread < busy && row[first + thread] > startNs) thread += 1;
    }
    const index = id[head];
    const slot = index & mask;
    if (index < 0 || flags[slot] !== 0) {
      specialNs = startNs;
      break;
    }
    const service = serviceNs[slot];
    const untilNs = startNs + service;
    if (startNs >= allFreeNs) busy = 1;
    else if (thread === busy) busy += 1;
    if (untilNs > allFreeNs) allFreeNs = untilNs;
    row[first + thread] = untilNs;
    floorNs = startNs;
    if (!isPlain) {
      cpu.offer(startNs, service, wakeNs, placement.BATCH);
      lastDoneNs = cpu.lastDoneNs;
    } else {
      const workNs = startNs >= firstFreeNs ? service + wakeNs : service;
      serviceNsSum += workNs;
      lastDoneNs = Math.max(startNs, firstFreeNs) + workNs;
      firstFreeNs = isPair ? Math.min(lastDoneNs, laterFreeNs) : lastDoneNs;
      laterFreeNs = Math.max(lastDoneNs, laterFreeNs);
    }
    done[head] = lastDoneNs;
  }
  if (head > window.head) {
    invariant(floorNs >= cpu.lastArrivalNs, 'messages start in order');
    threads.busy = busy;
    threads.allFreeNs = allFreeNs;
    threads.floorNs = floorNs;
    if (isPlain) {
      cpu.jobs += head - window.head;
      cpu.lastArrivalNs = floorNs;
      cpu.serviceNsSum = serviceNsSum;
      cpu.lastDoneNs = lastDoneNs;
      cpu.firstFreeNs = firstFreeNs;
      if (isPair) cpu.laterFreeNs = laterFreeNs;
      cpu.note();
    }
    window.head = head;
  }
  return specialNs;
}
