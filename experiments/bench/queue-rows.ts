import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type HoldRow, holdCases } from './hold.ts';
import { measureSimJs, measureSimPy, type Peer, type Reference, scaledPeers } from './peers.ts';
import { against, type BenchRow, plain, timeText, within } from './rows.ts';

type Holds = readonly { readonly pending: number; readonly ns: number }[];

function countText(count: number): string {
  return count.toLocaleString('en');
}

/** Exponential delays beside both yardsticks. */
function exponentialRows(holds: readonly HoldRow[], yard: Reference | undefined): BenchRow[] {
  return holds.flatMap(({ pending, nsPerHold }) => {
    const what = `hold, exponential, ${countText(pending)} pending`;
    const peer = yard?.hold.find((row) => row.pending === pending);
    const rows = [against(what, nsPerHold, peer?.ladder, 3, 'C ladder queue')];
    if (!peer) return rows;
    const full = against('', nsPerHold, peer.full, 1.15, 'C binary heap, same payload');
    return [...rows, against('', nsPerHold, peer.heap, 1.15, 'C binary heap'), full];
  });
}

/** The worst of several rows. */
function worstOf(rows: readonly BenchRow[]): BenchRow {
  return rows.reduce((worst, row) => ((row.ratio ?? 0) > (worst.ratio ?? 0) ? row : worst));
}

/** Every other law of delays, where it is worst beside exponential delays. */
function lawRows(holds: readonly HoldRow[], exponential: readonly HoldRow[]): BenchRow[] {
  const laws = [...new Set(holds.map(({ delays }) => delays))];
  return laws.map((law) => {
    const rows = holds.filter(({ delays }) => delays === law);
    return worstOf(
      rows.map(({ pending, nsPerHold }) => {
        const own = exponential.find((row) => row.pending === pending);
        const what = `hold, ${law}, worst at ${countText(pending)} pending`;
        return against(what, nsPerHold, own?.nsPerHold, 3, 'exponential');
      }),
    );
  });
}

/** Another engine in the hold model, at each size that it was measured at. */
function peerHoldRows(name: string, peer: Holds, exponential: readonly HoldRow[]): BenchRow[] {
  return peer.map(({ pending, ns }) => {
    const own = exponential.find((row) => row.pending === pending);
    return against(`  ${countText(pending)} pending, beside`, own?.nsPerHold ?? Number.NaN, ns, 1, name);
  });
}

function installed(name: string, peer: Peer | string): Peer | BenchRow {
  return typeof peer === 'string' ? plain(`  ${name}`, peer) : peer;
}

/**
 * Measures in processes of its own, as runs of a sweep have a thread of theirs.
 * @returns the best of three [ns per hold or customer]: in one of some V8 puts other calls in line, and a hold takes twice as long.
 */
function measureQueue(...what: readonly string[]): number {
  const file = fileURLToPath(new URL('./queue.ts', import.meta.url));
  const run = () => Number(execFileSync(process.execPath, ['--import', 'tsx', file, ...what], { encoding: 'utf8' }));
  return Math.min(run(), run(), run());
}

/** The event queue in the hold model, and M/M/1, beside the yardsticks and other engines. */
export function queueRows(yard: Reference | undefined): BenchRow[] {
  const holds = holdCases.map(
    (one): HoldRow => ({ ...one, nsPerHold: measureQueue('hold', one.delays, String(one.pending)) }),
  );
  const exponential = holds.filter(({ delays }) => delays === 'exponential');
  const others = holds.filter(({ delays }) => delays !== 'exponential');
  const rows = [...exponentialRows(exponential, yard), ...lawRows(others, exponential)];
  const mm1 = measureQueue('servers');
  const withDepartures = measureQueue('departures');
  const mm1Rows = [
    within('M/M/1 at a load of 0.9, per customer', mm1, 100, yard?.mm1, timeText(mm1)),
    within('  with departures as events, as the peers', withDepartures, 100, yard?.mm1, timeText(withDepartures)),
  ];
  const peers = [
    ['SimPy', measureSimPy(), 50],
    ['SIM.JS', measureSimJs(), 1],
  ] as const;
  for (const [name, found, times] of peers) {
    const peer = installed(name, found);
    if ('what' in peer) {
      rows.push(peer);
      continue;
    }
    rows.push(...peerHoldRows(`${name} ${peer.version}`, peer.hold, exponential));
    mm1Rows.push(
      against(`  ${times === 1 ? 'beside' : `${times} times`}`, times * mm1, peer.mm1, 1, `${name} ${peer.version}`),
    );
  }
  if (yard) {
    for (const peer of scaledPeers(yard)) {
      rows.push(worstOf(peerHoldRows(peer.name, peer.hold, exponential)));
      mm1Rows.push(against(`  ${peer.times} times`, peer.times * mm1, peer.mm1, 1, peer.name));
    }
  }
  return [...rows, ...mm1Rows];
}
