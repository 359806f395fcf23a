import { benchHold, benchMm1 } from './hold.ts';
import { measureSimPy, type Reference } from './peers.ts';
import { against, type BenchRow, plain, timeText, within } from './rows.ts';

/** The event queue in the hold model, and M/M/1, beside the yardsticks. */
export function queueRows(yard: Reference | undefined): BenchRow[] {
  const rows: BenchRow[] = [];
  const holds = benchHold();
  for (const { delays, pending, nsPerHold } of holds) {
    const what = `hold, ${delays}, ${pending.toLocaleString('en')} pending`;
    const own = holds.find((row) => row.delays === 'exponential' && row.pending === pending);
    if (delays !== 'exponential') {
      rows.push(against(what, nsPerHold, own?.nsPerHold, 3, 'exponential'));
      continue;
    }
    const peer = yard?.hold.find((row) => row.pending === pending);
    rows.push(against(what, nsPerHold, peer?.ladder, 3, 'C ladder queue'));
    if (peer) rows.push(against('', nsPerHold, peer.heap, 1.15, 'C binary heap'));
  }
  const mm1 = benchMm1();
  const simpy = measureSimPy();
  rows.push(within('M/M/1 at a load of 0.9, per customer', mm1, 100, yard?.mm1, timeText(mm1)));
  rows.push(
    typeof simpy === 'string'
      ? plain('  SimPy', simpy)
      : against('  the same 50 times', 50 * mm1, simpy.mm1, 1, `SimPy ${simpy.version}`),
  );
  return rows;
}
