import { readable } from '../lib/text-table.ts';
import { clusterOf, costOf } from './cost.ts';
import type { Reference } from './peers.ts';
import { type BenchRow, timeText, within } from './rows.ts';

type Yard = Reference | undefined;

async function deliveryRow(
  nodes: number,
  sendOptions: number,
  durationS: number,
  targetNs: number,
  yard: Yard,
): Promise<BenchRow> {
  const more = { session: { writeRatio: 1 }, channel: { sendOptions } };
  const { later, peakBytes } = await costOf(clusterOf(nodes, 'delta', 5000, durationS, more));
  const ns = (later.cpuS * 1e9) / later.deliveries;
  const shown = `${readable(1e3 / ns)} M/s, ${readable(peakBytes / 1e6)} MB`;
  const what = `deliveries, delta, option ${sendOptions}, ${nodes.toLocaleString('en')} nodes, 5,000 writes/s`;
  return within(what, ns, targetNs, yard?.mm1, shown);
}

async function heartbeatRow(lossRatio: number, yard: Yard): Promise<BenchRow> {
  const { cpuS, peakBytes } = await costOf(clusterOf(1024, 'none', 0.001, 86_400, { network: { lossRatio } }));
  const shown = `${timeText(cpuS * 1e9)}, ${readable(peakBytes / 1e6)} MB`;
  return within(`heartbeats of 1,024 nodes for a day, ${lossRatio * 100} % lost`, cpuS * 1e9, 2e9, yard?.mm1, shown);
}

/**
 * Deliveries, requests and heartbeats. Deliveries and requests are those of a running cluster: the first quarter of a
 * run, in which the program is compiled, is left out; whole runs are in the rows of the hour and of the sweep.
 * @param isLong - one simulated hour as well.
 */
export async function clusterRows(yard: Yard, isLong: boolean): Promise<BenchRow[]> {
  const rows = [
    await deliveryRow(256, 8, 30, 25, yard),
    await deliveryRow(1024, 8, 6, 25, yard),
    await deliveryRow(64, 6, 20, 200, yard),
  ];
  const { later } = await costOf(clusterOf(16, 'none', 3000, 120));
  const ns = (later.cpuS * 1e9) / later.requests;
  rows.push(within('request without replication, 16 nodes', ns, 1500, yard?.mm1, timeText(ns)));
  for (const lossRatio of [0.001, 0.01, 0.1]) rows.push(await heartbeatRow(lossRatio, yard));
  if (isLong) {
    const hour = await costOf(clusterOf(64, 'backup', 10_000, 3600));
    const shown = `${timeText(hour.cpuS * 1e9)}, ${readable(hour.peakBytes / 1e6)} MB`;
    rows.push(within('an hour of backup, 64 nodes, 10,000 requests/s', hour.cpuS * 1e9, 90e9, yard?.mm1, shown));
  }
  return rows;
}
