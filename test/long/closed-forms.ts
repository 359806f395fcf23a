// The experiments of planners against what is known in closed form: false suspicions of heartbeats, and the capacity of
// clusters of M/M/c nodes and of a cluster whose nodes receive everything.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { cellsOf } from '../experiments/helpers.ts';
import { erlangC } from '../validation/closed-forms.ts';
import { finish } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'replisim-closed-forms-'));

type Rows = Record<string, string>[];

async function table(script: string, argv: readonly string[], file: string): Promise<Rows> {
  await finish(script, [...argv, '--quiet', '--out', folder]);
  const [head, ...rows] = cellsOf(readFileSync(join(folder, file), 'utf8'));
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [head[at], cell])));
}

/** E(T_MR) = f / ((1 - p) p^n), n = 6 losses of 500 ms in a dropTime of 3000 ms. */
async function suspicions(): Promise<void> {
  const argv = ['--nodes', '64', '--frequency', '500', '--drop-time', '3000', '--loss', '0.1,0.2,0.3,0.4,0.5'];
  const more = ['--burst', '0', '--pause', '0', '--detector', 'none', '--duration', '600', '--replications', '5'];
  for (const row of await table('heartbeat-sweep.ts', [...argv, ...more], 'heartbeat.csv')) {
    const p = Number(row.loss_ratio);
    const closed = 0.5 / ((1 - p) * p ** 6);
    const [low, high] = [Number(row.mistake_recurrence_s_low), Number(row.mistake_recurrence_s_high)];
    const text = `p = ${p}: ${row.mistakes} mistakes, ${low.toPrecision(4)} to ${high.toPrecision(4)} s, closed form ${closed.toPrecision(4)} s`;
    console.log(`${closed >= low && closed <= high ? 'ok  ' : 'FAIL'} ${text}`);
    assert.ok(closed >= low && closed <= high, text);
    assert.ok(Math.abs(Number(row.closed_form_s) / closed - 1) < 1e-9);
  }
}

/** Chance that an M/M/c takes longer than t, c servers of rate mu. */
function beyond(c: number, mu: number, lambda: number, t: number): number {
  const spare = c * mu - lambda;
  const waits = erlangC(c, lambda / mu);
  if (Math.abs(spare - mu) < 1e-9) return Math.exp(-mu * t) * (1 + waits * mu * t);
  return Math.exp(-mu * t) + (waits * mu * (Math.exp(-mu * t) - Math.exp(-spare * t))) / (spare - mu);
}

/** Load at which the 95th percentile of an M/M/c is t. */
function loadAt(c: number, mu: number, t: number): number {
  let [low, high] = [0, c * mu];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (beyond(c, mu, middle, t) < 0.05) low = middle;
    else high = middle;
  }
  return low;
}

async function capacity(what: string, argv: readonly string[], closed: number): Promise<void> {
  const [row] = await table('capacity-search.ts', argv, 'capacity.csv');
  const found = Number(row.carried_rps);
  const text = `${what}: ${found.toFixed(1)} +-${Number(row.half_width).toFixed(1)} requests/s, closed form ${closed.toFixed(1)}`;
  const isNear = Math.abs(found / closed - 1) < 0.02;
  console.log(`${isNear ? 'ok  ' : 'FAIL'} ${text}`);
  assert.ok(isNear, text);
}

async function capacities(): Promise<void> {
  const single = ['--strategies', 'none', '--set', 'session.requestsMean=1', '--replications', '5', '--warm-up', '5'];
  const slo = ['--slo', 'p95<20ms'];
  await capacity('one M/M/2', [...single, ...slo, '--nodes', '1', '--duration', '120'], loadAt(2, 500, 0.02));
  const four = ['--nodes', '1', '--set', 'node.cores=4', '--duration', '60'];
  await capacity('one M/M/4', [...single, ...slo, ...four], loadAt(4, 500, 0.02));
  // Every client has an address of its own: hashing it parts a Poisson stream into Poisson streams.
  const hashed = ['--nodes', '4', '--balancers', 'ip-hash', '--duration', '60'];
  await capacity('four M/M/2 behind a hash', [...single, ...slo, ...hashed], 4 * loadAt(2, 500, 0.02));
  // Saturation: what is offered is answered until the processors are full.
  const full = ['--slo', 'completed>99%', '--duration', '120', '--set', 'service.distribution=constant'];
  await capacity('two servers full', [...single, ...full, '--nodes', '1'], 2 * 500);
  // Every request writes, every node receives it: S + (N - 1) R of processor time for each, N nodes of 2 cores. Sessions
  // are long, so that few expire (a message more each), and clients think long, so that waiting hardly slows them down.
  const [S, R, N, requests] = [1, 0.5, 5, 1000];
  const sets = [
    ...['service.cpuMsMean=1', 'service.distribution=constant', 'session.writeRatio=1', 'session.thinkTimeSMean=20'],
    ...[`session.requestsMean=${requests}`, 'calibration.messageReceiveUs=500', 'calibration.messageSendUs=0'],
    ...['calibration.messageReceiveNsPerByte=0', 'calibration.messageSendNsPerByte=0'],
  ].flatMap((text) => ['--set', text]);
  const flood = ['--strategies', 'all-to-all', '--nodes', String(N), ...sets, '--slo', 'p95<200ms', '--duration', '30'];
  await capacity('all-to-all, full of receiving', flood, (N * 2 * 1000) / (S + (N - 1) * R * (1 + 1 / requests)));
}

try {
  if (!process.argv.includes('capacity')) await suspicions();
  await capacities();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
