// Takes chunks of sweeps that run with --engine bullmq, on any number of machines, until it is stopped.
import { defineCommand, helpText, parseArguments, toggle } from './lib/arguments.ts';
import { defaultJobs } from './lib/common-flags.ts';
import { number, path } from './lib/flag-kinds.ts';
import { exitCodes, type Io } from './lib/io.ts';
import { guarded, runScript } from './lib/run-script.ts';
import { redisFlag } from './lib/sweep-flags.ts';

const command = defineCommand({
  name: 'tsx experiments/worker.ts',
  question: 'Takes chunks of sweeps that run with --engine bullmq, on any number of machines, until it is stopped.',
  flags: {
    redis: redisFlag,
    jobs: number(
      'N',
      { min: 1, max: 256, whole: true },
      `chunks at once (default: one per core, ${defaultJobs()} here)`,
    ),
    shared: path('DIR', 'folder that the sweep and all workers reach, if the sweep has --shared'),
    'lock-seconds': number(
      'SECONDS',
      { min: 1, max: 3600 },
      'silence after which a worker has lost its chunk (default 60)',
    ),
    once: toggle('end when there is nothing to do'),
    quiet: toggle('print no log'),
  },
  examples: [
    ['one worker on this machine', '--redis redis://localhost:6379'],
    ['one on another, results in a shared folder', '--redis redis://queue:6379 --shared /mnt/replisim'],
  ],
});

export function main(argv: readonly string[], io: Io): Promise<number> {
  return guarded(async () => {
    const values = parseArguments(command, argv);
    if (values === undefined) {
      io.out(helpText(command));
      return exitCodes.done;
    }
    const { redis = 'redis://localhost:6379', jobs = defaultJobs(), shared, quiet = false, once = false } = values;
    const { checkRedis } = await import('./queue/connection.ts');
    const { takeChunks } = await import('./queue/chunk-worker.ts');
    await checkRedis(redis);
    const say = (text: string): void => (quiet ? undefined : io.err(text));
    const how = { redis, jobs, shared, lockS: values['lock-seconds'] ?? 60, isOnce: once, say };
    await takeChunks(how, io.signal);
    return io.signal.aborted ? exitCodes.interrupted : exitCodes.done;
  }, io);
}

await runScript(import.meta.url, main);
