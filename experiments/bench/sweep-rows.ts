import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryIo } from '../lib/io.ts';
import { readable } from '../lib/text-table.ts';
import { main as scaleSweep } from '../scale-sweep.ts';
import type { Reference } from './peers.ts';
import { type BenchRow, plain, within } from './rows.ts';

/** 45 s on two cores. */
const TARGET_NS = 2 * 45e9;

/** The default sweep, as a user runs it. */
export async function sweepRows(yard: Reference | undefined): Promise<BenchRow[]> {
  const out = mkdtempSync(join(tmpdir(), 'replisim-bench-'));
  try {
    const startedMs = performance.now();
    const before = process.cpuUsage();
    const io = memoryIo();
    const code = await scaleSweep(['--quiet', '--out', out], io);
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(before);
    if (code !== 0) return [plain('default sweep', io.stderr.trim())];
    const cpuS = (user + system) / 1e6;
    const shown = `${readable(seconds)} s, ${readable(cpuS)} s of processors`;
    return [within('default sweep, ten strategies, 900 runs', cpuS * 1e9, TARGET_NS, yard?.mm1, shown)];
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
