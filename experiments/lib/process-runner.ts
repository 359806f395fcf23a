import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RunResult } from '../../models/results.ts';
import { BudgetExceeded } from './run-failed.ts';
import type { RunBudget, Runner } from './run-pool.ts';
import type { RunRecord } from './run-record.ts';
import type { OverLimit, RunTask } from './run-task.ts';

/** How often the memory of a process is looked at [ms]. */
const LOOK_MS = 50;
/** Bytes of a page, as /proc counts them. */
const PAGE = 4096;

interface Reply {
  readonly ready?: true;
  readonly value?: unknown;
  readonly failed?: string;
}

/** Memory of a process [MB]; undefined where the system does not tell. */
function residentMb(pid: number): number | undefined {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE) / 1e6;
  } catch {
    return undefined;
  }
}

/** Runs of one process, one after the other; it is started when it is needed and again after it was killed. */
class RunProcess {
  private readonly budget: RunBudget;
  private child: ChildProcess | undefined;

  constructor(budget: RunBudget) {
    this.budget = budget;
  }

  private start(): Promise<ChildProcess> {
    const { memoryMb } = this.budget;
    const child = fork(fileURLToPath(new URL('./run-process.mjs', import.meta.url)), {
      serialization: 'advanced',
      execArgv: memoryMb === undefined ? [] : [`--max-old-space-size=${Math.ceil(memoryMb)}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.child = child;
    return new Promise((resolve, reject) => {
      child.once('message', () => resolve(child));
      child.once('exit', () => reject(new Error('a process for the runs did not start')));
      child.once('error', reject);
    });
  }

  async run(task: RunTask): Promise<unknown> {
    const child = this.child?.connected ? this.child : await this.start();
    const { memoryMb = Number.POSITIVE_INFINITY, seconds = Number.POSITIVE_INFINITY } = this.budget;
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      let over: BudgetExceeded | undefined;
      const look = setInterval(() => {
        if ((residentMb(child.pid!) ?? 0) > memoryMb) {
          over = new BudgetExceeded('memory-exceeded', `more than ${memoryMb} MB`);
        } else if (performance.now() - startedAt > seconds * 1000) {
          over = new BudgetExceeded('time-exceeded', `longer than ${seconds} s`);
        }
        if (over) child.kill('SIGKILL');
      }, LOOK_MS);
      const end = (finish: () => void): void => {
        clearInterval(look);
        child.off('message', replied);
        child.off('exit', died);
        finish();
      };
      const replied = ({ value, failed }: Reply): void =>
        end(() => (failed === undefined ? resolve(value) : reject(new Error(failed))));
      // A process that nobody here killed has run out of memory: V8 gave up, or the kernel took it.
      const died = (_code: number | null, signal: NodeJS.Signals | null): void =>
        end(() => reject(over ?? new BudgetExceeded('memory-exceeded', `its process ended by ${signal ?? 'itself'}`)));
      child.on('message', replied);
      child.on('exit', died);
      child.send(task);
    });
  }

  close(): void {
    this.child?.kill('SIGKILL');
  }
}

/**
 * Runs in processes of their own, whose memory the system counts: arrays and all. Slower to start than threads; it takes
 * their place where a run has a memory budget.
 */
export function processRunner(jobs: number, budget: RunBudget): Runner {
  const idle = Array.from({ length: jobs }, () => new RunProcess(budget));
  const all = [...idle];
  const waiting: (() => void)[] = [];
  const run = async (task: RunTask): Promise<unknown> => {
    while (idle.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    const own = idle.pop()!;
    try {
      return await own.run(task);
    } finally {
      idle.push(own);
      waiting.shift()?.();
    }
  };
  return {
    width: jobs,
    record: async (scenario, replication, measure) => {
      const record = (await run({ scenario, replication, measure, whole: false })) as RunRecord | OverLimit;
      if ('exceeded' in record) throw new BudgetExceeded('events-exceeded', record.exceeded);
      return record;
    },
    result: async (scenario, replication) => (await run({ scenario, replication, whole: true })) as RunResult,
    close: async () => {
      for (const one of all) one.close();
    },
  };
}
