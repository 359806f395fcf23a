// The experiments of planners, each with a tiny grid and the real simulator: their tables, and what must hold in them.
// Their proofs at full length stand in test/long/.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { highestLoad } from '../../experiments/capacity/bisection.ts';
import { meets, parseObjective } from '../../experiments/capacity/objective.ts';
import { fitUsl, uslPeak, uslThroughput } from '../../experiments/capacity/usl.ts';
import { main as capacitySearch } from '../../experiments/capacity-search.ts';
import { main as consistencySweep } from '../../experiments/consistency-sweep.ts';
import { failoverCaseNames } from '../../experiments/failover/cases.ts';
import { main as failover } from '../../experiments/failover.ts';
import { mistakeRecurrenceS } from '../../experiments/heartbeat/closed-form.ts';
import { main as heartbeatSweep } from '../../experiments/heartbeat-sweep.ts';
import { memoryIo } from '../../experiments/lib/io.ts';
import { localRunner } from '../../experiments/lib/run-pool.ts';
import { recordOf } from '../../experiments/lib/run-record.ts';
import { main as merge } from '../../experiments/merge.ts';
import { assumptions } from '../../experiments/sensitivity/assumptions.ts';
import { main as sensitivity } from '../../experiments/sensitivity.ts';
import { simulate } from '../../models/cluster.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import { cellsOf, fakeSimulate, inFolder, run, tablesIn, write } from './helpers.ts';

type Rows = Record<string, string>[];

function rowsOf(text: string): Rows {
  const [head, ...rows] = cellsOf(text);
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [head[at], cell])));
}

async function tableOf(main: typeof failover, argv: readonly string[], file: string): Promise<Rows> {
  return inFolder(async (folder) => {
    const { code, stderr } = await run(main, [...argv, '--quiet', '--out', folder], localRunner(simulate));
    assert.is(code, 0, stderr);
    return rowsOf(readFileSync(join(folder, file), 'utf8'));
  });
}

test('heartbeat-sweep: the closed form of false suspicions, and the bounds of detection without losses', async () => {
  const argv = ['--nodes', '16', '--frequency', '500', '--drop-time', '3000', '--loss', '0,0.4', '--pause', '0'];
  const rows = await tableOf(heartbeatSweep, [...argv, '--burst', '0', '--duration', '300'], 'heartbeat.csv');
  assert.is(rows.length, 4);
  const of = (loss: string, detector: string): Record<string, string> =>
    rows.find((row) => row.loss_ratio === loss && row.detector === detector)!;
  for (const detector of ['none', 'tcp']) {
    assert.equal([of('0.4', detector).is_within, of('0', detector).mistakes], ['1', '0']);
    const quiet = of('0', detector);
    assert.ok(Number(quiet.detection_ms_mean) >= 2500 && Number(quiet.detection_ms_max) <= 3501);
    assert.equal([quiet.mistake_recurrence_s, quiet.method], ['', 'rule-of-three']);
    assert.is(quiet.closed_form_s, '');
  }
});

test('the closed form: f / ((1 - p) p^n) when dropTime is a whole number of periods, as tabulated', () => {
  const usual = { frequencyMs: 500, dropTimeMs: 3000, burstS: 0, pauseS: 0, detector: 'none' as const };
  for (const [lossRatio, seconds] of [
    [0.1, 5.5556e5],
    [0.2, 9765.6],
    [0.3, 979.8],
    [0.5, 64],
  ]) {
    const found = mistakeRecurrenceS({ ...usual, lossRatio }, 500, 3)!;
    assert.ok(Math.abs(found / seconds - 1) < 1e-3, `${found}`);
    // A period a little longer than the sixth of dropTime: five losses are enough when somebody looks in between.
    const longer = mistakeRecurrenceS({ ...usual, lossRatio }, 500.6, 1000)!;
    assert.ok(longer < found && longer > found * lossRatio);
  }
  assert.is(mistakeRecurrenceS({ ...usual, lossRatio: 0.1, burstS: 2 }, 500, 3), undefined);
});

test('losses that begin and end: all views empty in a blackout of the heartbeats, and whole again after it', () => {
  const scenario = parseScenario({
    nodes: 4,
    load: { requestsPerSecond: 1 },
    replication: { strategy: 'none' },
    membership: { tcpFailureDetector: { enabled: false } },
    faults: [
      { atS: 10, packetLoss: 1, forS: 5 },
      { atS: 18, packetLoss: 0.2, forS: 1 },
      { atS: 20, packetLoss: 1, forS: 2 },
    ],
    run: { warmUpS: 1, durationS: 40 },
  });
  const changes = simulate(scenario, 1).detection;
  const gone = changes.filter(({ event }) => event === 'disappeared');
  const back = changes.filter(({ event }) => event === 'added');
  assert.equal([gone.length, back.length], [12, 12]);
  assert.ok(gone.every(({ at_s }) => at_s > 12.4 && at_s < 13.6));
  assert.ok(back.every(({ at_s }) => at_s > 15 && at_s < 15.6));
});

test('failover: every case, what a sticky cluster without copies loses, a timeline of each run', () =>
  inFolder(async (folder) => {
    const argv = [
      '--nodes',
      '3',
      '--load',
      '60',
      '--strategies',
      'none,delta',
      '--replications',
      '1',
      '--duration',
      '60',
    ];
    const { code, stderr } = await run(failover, [...argv, '--quiet', '--out', folder], localRunner(simulate));
    assert.is(code, 0, stderr);
    const rows = rowsOf(readFileSync(join(folder, 'failover.csv'), 'utf8'));
    assert.is(rows.length, 2 * failoverCaseNames.length);
    const of = (strategy: string, name: string): Record<string, string> =>
      rows.find((row) => row.strategy === strategy && row.case === name)!;
    assert.ok(Number(of('none', 'crash').lost_sessions) > 10);
    assert.is(of('delta', 'graceful-stop').lost_sessions, '0');
    assert.ok(Number(of('none', 'rolling-restart').lost_sessions) > Number(of('none', 'crash').lost_sessions));
    // All nodes deploy at once: nobody is left who has the sessions.
    assert.ok(Number(of('delta', 'farm-deployment').lost_updates) > 10);
    assert.is(of('delta', 'rolling-deployment').lost_sessions, '0');
    assert.equal([of('delta', 'farm-deployment').deploy_messages, of('delta', 'crash').deploy_messages], ['9766', '']);
    assert.ok(Number(of('delta', 'rolling-deployment').mixed_versions_s) > 5);
    const timeline = rowsOf(readFileSync(join(folder, 'timeline.csv'), 'utf8'));
    assert.is(timeline.length, rows.length * 60);
  }));

test('consistency-sweep: only asynchronous sending to a client that comes back elsewhere at once is stale', async () => {
  const argv = ['--strategies', 'delta', '--think-times', '0,10', '--send-options', '6,8', '--concurrent', '0'];
  const more = ['--renaming', 'no', '--balancers', 'round-robin', '--load', '200', '--replications', '1'];
  const rows = await tableOf(consistencySweep, [...argv, ...more, '--duration', '10'], 'anomalies.csv');
  const stale = (think: string, options: string): number =>
    Number(rows.find((row) => row.think_time_s === think && row.send_options === options)!.stale_reads_per_million);
  assert.ok(stale('0', '8') > 1000);
  assert.equal([stale('10', '8'), stale('0', '6'), stale('10', '6')], [0, 0, 0]);
});

test('what an experiment sweeps stands above what files say, whose own value joins the list; --set of it is refused', () =>
  inFolder(async (folder) => {
    const file = write(
      folder,
      'own.yaml',
      'nodes: 2\nmembership: { mcastFrequencyMs: 700 }\nchannel: { sendOptions: 8 }\n',
    );
    const scenario = ['--scenario', file, '--nodes', '2', '--replications', '1'];
    const beats = ['--drop-time', '3000', '--loss', '0', '--pause', '0', '--detector', 'none', '--duration', '200'];
    const heartbeats = await tableOf(heartbeatSweep, [...scenario, ...beats], 'heartbeat.csv');
    const noticed = new Map(heartbeats.map((row) => [row.frequency_ms, Number(row.detection_ms_max)]));
    assert.equal([...noticed.keys()].sort(), ['1000', '250', '500', '700']);
    assert.is(new Set(noticed.values()).size, 4, 'one death, noticed at another moment for each frequency');

    const sends = ['--strategies', 'delta', '--think-times', '0', '--concurrent', '0', '--renaming', 'no'];
    const rest = ['--balancers', 'round-robin', '--send-options', '6,8', '--load', '200', '--duration', '5'];
    const anomalies = await tableOf(consistencySweep, [...scenario, ...sends, ...rest], 'anomalies.csv');
    const stale = anomalies.map((row) => [row.send_options, Number(row.stale_reads_per_million) > 0]);
    assert.equal(stale, [
      ['6', false],
      ['8', true],
    ]);

    const refused = await run(heartbeatSweep, ['--set', 'membership.mcastFrequencyMs=700'], localRunner(simulate));
    assert.is(refused.code, 2);
    assert.match(refused.stderr, /^--set membership.mcastFrequencyMs=700: .* swept here; .* --frequency\n$/);
  }));

test('sensitivity: every assumed default is moved, the processor time of a request matters most', async () => {
  const argv = ['--nodes', '2', '--load', '100', '--strategies', 'none', '--replications', '2', '--duration', '2'];
  const rows = await tableOf(sensitivity, argv, 'sensitivity.csv');
  const cases = new Set(rows.map((row) => row.case));
  assert.is(cases.size, assumptions(['none']).length);
  for (const parameter of ['service.cpuMsMean', 'node.cores', 'session.writeRatio', 'network.latencyUs']) {
    assert.ok(rows.some((row) => row.parameter === parameter));
  }
  const capacity = rows.filter((row) => row.metric === 'before_faults_capacity_rps');
  const first = capacity.filter((row) => Number(row.rank) <= 4).map((row) => row.parameter);
  assert.equal(new Set(first), new Set(['node.cores', 'service.cpuMsMean']));
  assert.ok(rows.every((row) => row.parameter !== 'run.durationS'));
});

test('capacity-search: M/M/2 at the load whose 95th percentile is 20 ms, by its closed form 844/s', async () => {
  const argv = ['--nodes', '1', '--strategies', 'none', '--set', 'session.requestsMean=1', '--slo', 'p95<20ms'];
  const rows = await tableOf(capacitySearch, [...argv, '--duration', '60', '--tolerance', '0.01'], 'capacity.csv');
  const { carried_rps, ci95_low, ci95_high } = rows[0];
  assert.ok(Math.abs(Number(carried_rps) / 844.44 - 1) < 0.03, carried_rps);
  assert.ok(Number(ci95_low) < 844.44 && Number(ci95_high) > 844.44);
});

test('capacity-search in shards is capacity-search, and its answers come with the cheapest cluster', () =>
  inFolder(async (folder) => {
    const argv = [
      '--nodes',
      '2,4,8',
      '--strategies',
      'none,delta',
      '--slo',
      'completed>99%',
      '--load',
      '3000',
      '--quiet',
    ];
    const whole = await run(capacitySearch, [...argv, '--out', join(folder, 'whole')]);
    assert.is(whole.code, 0, whole.stderr);
    for (const part of ['1/2', '2/2']) {
      await run(capacitySearch, [...argv, '--shard', part, '--out', join(folder, 'parts')]);
    }
    const io = memoryIo();
    assert.is(await merge([join(folder, 'parts'), '--quiet'], io), 0);
    assert.equal(tablesIn(join(folder, 'parts')), tablesIn(join(folder, 'whole')));
    assert.match(whole.stdout, /delta carries [\d,.]+ (\+-[\d,.]+ )?requests\/s less than none at N=8/);
    assert.match(whole.stdout, '3,000 requests/s are carried at the least by: delta 4 nodes, none 4 nodes.');
    const usl = rowsOf(tablesIn(join(folder, 'whole'))['usl.csv']);
    // The made-up capacity of delta is 1000 N / (1 + 0.02 (N - 1)).
    assert.ok(Math.abs(Number(usl[0].alpha) - 0.02) < 0.003, usl[0].alpha);
  }));

test('an objective is read as it is written, and held against a run', () => {
  const { conditions } = parseObjective('p95<200ms, failed<0.1%,mean<1s,completed>99%');
  assert.equal(conditions[1], { metric: 'failed', isBelow: true, limit: 0.001 });
  assert.is(conditions[2].limit, 1000);
  const record = recordOf(fakeSimulate(parseScenario({ nodes: 4, load: { requestsPerSecond: 100 } }), 1));
  assert.ok(meets(record, parseObjective('p95<200ms,failed<1%')));
  assert.not(meets(record, parseObjective('p95<10ms')));
  assert.not(meets(record, parseObjective('p99<1s')), 'nobody knows');
  for (const text of ['p95<200', 'p95<2%', 'failed<3ms', 'speed>3ms', 'p95=3ms', '']) {
    assert.throws(() => parseObjective(text), undefined, text);
  }
});

test('bisection finds a threshold from far below and far above, and says 0 where there is none', async () => {
  const at =
    (threshold: number, guess: number) =>
    async (load: number): Promise<{ isMet: boolean; capacity: number }> => ({
      isMet: load < threshold,
      capacity: guess,
    });
  for (const [threshold, guess] of [
    [1000, 1010],
    [1000, 10],
    [1000, 90_000],
    [0.5, 400],
  ]) {
    const found = await highestLoad(at(threshold, guess), 100, 0.001);
    assert.ok(Math.abs(found / threshold - 1) < 0.001, `${found}`);
  }
  assert.is(await highestLoad(at(0, 100), 100, 0.001), 0);
});

test('the fit of the USL gives back the law that made the figures, and the peak of the textbook example', () => {
  const law = { gamma: 89.99523, alpha: 0.0277285, beta: 0.0001044 };
  const sizes = [1, 18, 36, 72, 108, 144, 216];
  const fit = fitUsl(sizes.map((nodes) => ({ nodes, load: uslThroughput(law, nodes) })))!;
  for (const name of ['gamma', 'alpha', 'beta'] as const) assert.ok(Math.abs(fit[name] / law[name] - 1) < 1e-6);
  assert.ok(Math.abs(uslPeak(fit)! - 96.5) < 0.05);
  assert.ok(Math.abs(uslThroughput(fit, uslPeak(fit)!) - 1883.8) < 0.2);
  assert.equal(
    uslPeak(
      fitUsl([
        { nodes: 1, load: 10 },
        { nodes: 2, load: 20 },
      ])!,
    ),
    null,
  );
  assert.is(fitUsl([{ nodes: 2, load: 20 }]), undefined);
});

test.run();
