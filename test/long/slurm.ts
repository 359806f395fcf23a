// A real Slurm of one node, started for one proof: controller and daemon from Debian's slurm-wlm, on ports of their own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { finish, needs, pause, root, type Started, start } from './processes.ts';

/** Submits a job and waits for its end. */
type Submit = (argv: readonly string[]) => Promise<void>;

function configuration(folder: string, ports: readonly [number, number]): string {
  const host = hostname().split('.')[0];
  return [
    'ClusterName=replisim',
    `SlurmctldHost=${host}(127.0.0.1)`,
    ...['SlurmUser=root', 'SlurmdUser=root', 'AuthType=auth/none', 'CredType=cred/none'],
    ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'JobAcctGatherType=jobacct_gather/none'],
    ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_CPU', 'SchedulerType=sched/builtin'],
    ...['MpiDefault=none', 'SwitchType=switch/none', 'ReturnToService=2'],
    ...[`SlurmctldPort=${ports[0]}`, `SlurmdPort=${ports[1]}`],
    ...[`SlurmctldPidFile=${folder}/slurmctld.pid`, `SlurmdPidFile=${folder}/slurmd.pid`],
    ...[`StateSaveLocation=${folder}/state`, `SlurmdSpoolDir=${folder}/spool`],
    ...[`SlurmctldLogFile=${folder}/slurmctld.log`, `SlurmdLogFile=${folder}/slurmd.log`],
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
    `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
    '',
  ].join('\n');
}

/** Waits until the node of a fresh Slurm takes jobs. */
async function isReady(env: NodeJS.ProcessEnv): Promise<boolean> {
  for (let tries = 0; tries < 60; tries += 1) {
    const { stdout } = await start('sinfo', ['--noheader', '--format=%t'], { env }).end;
    if (stdout.trim() === 'idle') return true;
    await pause(500);
  }
  return false;
}

/**
 * Uses a Slurm of one's own.
 *
 * @returns false when there is none on this machine, or it does not start here; CI takes that for an error.
 */
export async function withSlurm(folder: string, use: (submit: Submit) => Promise<void>): Promise<boolean> {
  for (const program of ['slurmctld', 'slurmd', 'sbatch']) if (!needs(program, 'slurm-wlm')) return false;
  if (process.getuid?.() !== 0) {
    const message = 'Slurm: its daemon must be started by root';
    if (process.env.CI === 'true') throw new Error(message);
    console.log(`left out: ${message}`);
    return false;
  }
  for (const name of ['', 'state', 'spool']) mkdirSync(join(folder, name), { recursive: true });
  const file = join(folder, 'slurm.conf');
  const port = 20_000 + (process.pid % 10_000) * 2;
  writeFileSync(file, configuration(folder, [port, port + 1]));
  const env = { ...process.env, SLURM_CONF: file };
  const running: Started[] = ['slurmctld', 'slurmd'].map((program) => start(program, ['-D', '-f', file], { env }));
  try {
    if (!(await isReady(env))) {
      const message = `Slurm does not start on this machine, see ${folder}/slurmd.log`;
      if (process.env.CI === 'true') throw new Error(message);
      console.log(`left out: ${message}`);
      return false;
    }
    await use(async (argv) => {
      const output = `--output=${folder}/task-%a.log`;
      await finish('sbatch', ['--wait', `--chdir=${root}`, output, ...argv], { env });
    });
    return true;
  } finally {
    for (const { child } of running) child.kill('SIGTERM');
    await Promise.race([Promise.all(running.map(({ end }) => end)), pause(10_000)]);
    for (const { child } of running) child.kill('SIGKILL');
  }
}
