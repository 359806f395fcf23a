import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { RunFailed } from '../lib/run-failed.ts';

/** Control groups, version 1 with the controller's own tree, or version 2. */
const V1 = '/sys/fs/cgroup/cpu';
const V2 = '/sys/fs/cgroup';
/** Prefix of a measurement's folder; a group is called by the folder and the node. */
export const FOLDER_PREFIX = 'replisim-measure-';
const OWNED = new RegExp(`^(${FOLDER_PREFIX}\\w+)-node\\d+$`);
/** Clock ticks per second of /proc. @see source: Linux USER_HZ. */
const TICKS_PER_S = 100;

/** Periods of a control group so far, and how many of them it was stopped in. */
export interface Periods {
  readonly periods: number;
  readonly throttled: number;
}

/** Where groups can be made, null where there is no CPU controller. */
function tree(): string | null {
  if (existsSync(join(V1, 'cpu.cfs_period_us'))) return V1;
  const file = join(V2, 'cgroup.controllers');
  return existsSync(file) && readFileSync(file, 'utf8').split(/\s+/).includes('cpu') ? V2 : null;
}

/** @returns why processes cannot be given a CPU quota here, null when they can. */
export function quotaMissingHere(): string | null {
  const root = tree();
  if (root === null) return 'there are no control groups with a CPU controller';
  try {
    if (root === V2) writeFileSync(join(V2, 'cgroup.subtree_control'), '+cpu');
    return null;
  } catch (error) {
    return `no control group with a CPU controller can be made: ${(error as Error).message}`;
  }
}

/** A control group of one process, with a quota of processor time. */
export class CpuLimit {
  private readonly folder: string;
  private readonly isV1: boolean;

  /** @param owner - folder of the measurement: the group bears its name, so that {@link removeLimits} finds it. */
  constructor(owner: string, name: string, pid: number) {
    const root = tree();
    if (root === null) throw new RunFailed('there are no control groups with a CPU controller');
    this.isV1 = root === V1;
    this.folder = join(root, `${basename(owner)}-${name}`);
    mkdirSync(this.folder, { recursive: true });
    this.lift();
    this.write('cgroup.procs', String(pid));
  }

  private write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** So much processor time per period [us]. */
  set(quotaUs: number, periodUs: number): void {
    if (this.isV1) {
      this.write('cpu.cfs_quota_us', '-1');
      this.write('cpu.cfs_period_us', String(periodUs));
      this.write('cpu.cfs_quota_us', String(quotaUs));
    } else this.write('cpu.max', `${quotaUs} ${periodUs}`);
  }

  lift(): void {
    if (this.isV1) this.write('cpu.cfs_quota_us', '-1');
    else this.write('cpu.max', 'max');
  }

  periods(): Periods {
    const stat = readFileSync(join(this.folder, 'cpu.stat'), 'utf8');
    const of = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(stat)?.[1] ?? 0);
    return { periods: of('nr_periods'), throttled: of('nr_throttled') };
  }
}

/** Removes the control groups of measurements whose folder is gone; those whose processes are still ending are tried again for a while. */
export async function removeLimits(): Promise<void> {
  const root = tree();
  if (root === null) return;
  for (const name of readdirSync(root)) {
    const owner = OWNED.exec(name)?.[1];
    if (owner !== undefined && !existsSync(join(tmpdir(), owner))) await removeGroup(join(root, name));
  }
}

async function removeGroup(folder: string): Promise<void> {
  for (let tries = 0; tries < 100 && existsSync(folder); tries += 1) {
    try {
      rmdirSync(folder);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Processor time of a process so far [s]. @see source: proc_pid_stat(5), utime and stime. */
export function processorS(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}
