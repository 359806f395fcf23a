// A JVM's garbage collection log as `node.jvm`: Serial, Parallel and G1, with all details and with few.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { main } from '../../experiments/gc-log.ts';
import { allocationKBPerS, allocations, jvmOf, readGcLog } from '../../experiments/import/gc-log.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { run } from './helpers.ts';

/** As OpenJDK 17 writes it (-Xlog:gc*:file=gc.log), a Tomcat under load. */
const SERIAL = `[0.011s][info][gc] Using Serial
[0.011s][info][gc,init] CPUs: 2 total, 2 available
[55.000s][info][gc,start    ] GC(1) Pause Young (Allocation Failure)
[55.001s][info][gc,heap     ] GC(1) DefNew: 37955K(39296K)->1063K(39296K) Eden: 34944K(34944K)->0K(34944K) From: 3011K(4352K)->1063K(4352K)
[55.001s][info][gc,heap     ] GC(1) Tenured: 9198K(87424K)->11148K(87424K)
[55.001s][info][gc          ] GC(1) Pause Young (Allocation Failure) 46M->11M(123M) 2.000ms
[55.001s][info][gc,cpu      ] GC(1) User=0.00s Sys=0.00s Real=0.00s
[59.001s][info][gc,heap     ] GC(2) DefNew: 36007K(39296K)->1063K(39296K) Eden: 34944K(34944K)->0K(34944K) From: 1063K(4352K)->1063K(4352K)
[59.001s][info][gc,heap     ] GC(2) Tenured: 11148K(87424K)->11148K(87424K)
[59.001s][info][gc          ] GC(2) Pause Young (Allocation Failure) 46M->11M(123M) 1.000ms
[63.001s][info][gc,heap     ] GC(3) DefNew: 36007K(39296K)->0K(39296K) Eden: 34944K(34944K)->0K(34944K) From: 1063K(4352K)->0K(4352K)
[63.001s][info][gc,heap     ] GC(3) Tenured: 11148K(87424K)->9000K(87424K)
[63.001s][info][gc          ] GC(3) Pause Full (System.gc()) 46M->9M(123M) 60.000ms
`;

const G1 = `[2026-11-21T19:28:00.000+0000][gc] Using G1
[2026-11-21T19:28:00.000+0000][gc,init] CPUs: 8 total, 4 available
[2026-11-21T19:28:00.000+0000][gc,init] Heap Region Size: 1M
[2026-11-21T19:28:01.000+0000][gc,heap] GC(0) Eden regions: 23->0(20)
[2026-11-21T19:28:01.000+0000][gc,heap] GC(0) Old regions: 0->3
[2026-11-21T19:28:01.000+0000][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 23M->4M(64M) 3.000ms
[2026-11-21T19:28:02.500+0000][gc,heap] GC(1) Old regions: 3->5
[2026-11-21T19:28:02.500+0000][gc] GC(1) Pause Young (Mixed) (G1 Evacuation Pause) 24M->5M(64M) 5.000ms
`;

const PARALLEL = `[100ms][gc] Using Parallel
[502ms] GC(0) PSYoungGen: 16384K(18944K)->2557K(18944K) Eden: 16384K(16384K)->0K(16384K) From: 0K(2560K)->2557K(2560K)
[502ms] GC(0) ParOldGen: 0K(44032K)->13360K(44032K)
[502ms] GC(0) Pause Young (Allocation Failure) 16M->15M(61M) 12.5ms
`;

test('the log of a Tomcat with the serial collector', () => {
  const log = readGcLog(SERIAL, 'gc.log');
  assert.equal(allocations(log.pauses), [34_944, 34_944]);
  assert.ok(Math.abs(allocationKBPerS(log) - 8736) < 1e-6);
  const { youngMsQuantiles, ...jvm } = jvmOf(log);
  assert.equal(jvm, { collector: 'serial', edenMB: 34.13, youngMs: 1.5, promotedKB: 975, oldMB: 85.38, fullMs: 60 });
  assert.equal((youngMsQuantiles as number[][])[0], [0, 1]);
  assert.equal((youngMsQuantiles as number[][]).at(-1), [1, 2]);
});

test('several threads collect: their processor time is the pause times their number, old regions are no full collection', () => {
  const log = readGcLog(G1, 'gc.log');
  assert.is(log.pauses[1].atMs - log.pauses[0].atMs, 1500);
  const { youngMsQuantiles, ...jvm } = jvmOf(log);
  assert.equal(jvm, { collector: 'g1', edenMB: 20, youngMs: 16 });
  assert.is((youngMsQuantiles as number[][]).length, 9);
});

test('the parallel collector, and a single collection: no law of pauses, no eden', () => {
  const log = readGcLog(PARALLEL, 'gc.log');
  assert.equal(jvmOf(log), { collector: 'parallel', youngMs: 12.5, promotedKB: 13_360, oldMB: 43 });
});

test('what it prints is a scenario', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gc-log-'));
  try {
    const file = join(folder, 'gc.log');
    writeFileSync(file, SERIAL);
    const { code, stdout } = await run(main, ['--log', file, '--requests-per-second', '2000', '--json']);
    assert.is(code, 0);
    const { node } = parseScenario(JSON.parse(stdout));
    assert.is(node.jvm.requestKB, 4.368);
    assert.is(node.jvm.collector, 'serial');
    const { stdout: yaml } = await run(main, ['--log', file]);
    assert.match(yaml, /youngMsQuantiles: \[\[0, 1\], /);
    writeFileSync(file, 'no log\n');
    const bad = await run(main, ['--log', file]);
    assert.is(bad.code, 2);
    assert.match(bad.stderr, /-Xlog:gc/);
    assert.is((await run(main, [])).code, 2);
    assert.is((await run(main, ['--log', join(folder, 'absent')])).code, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the JVM that is shipped is what measure-tomcat wrote, and a scenario', async () => {
  const folder = new URL('../../experiments/calibrations/jvm-serial-128m', import.meta.url).pathname;
  const { code, stdout } = await run(main, ['--measured', folder, '--json']);
  assert.is(code, 0);
  const { jvm } = parseScenario(JSON.parse(stdout)).node;
  assert.is(jvm.collector, 'serial');
  assert.equal([jvm.requestKB, jvm.sendKB, jvm.receiveKB, jvm.edenMB], [4.19, 21.5, 14.9, 34.1]);
  assert.equal(jvm.compilerMs[0], [502, 1019 + 2034]);
  assert.ok(jvm.compilerTaskMsQuantiles.length > 5);
  assert.equal([jvm.discardedEvery, jvm.discardedFactor, jvm.discardedCompilerMs], [334_000, 1.49, 336]);
  assert.is((await run(main, ['--measured', tmpdir()])).code, 2);
});

test.run();
