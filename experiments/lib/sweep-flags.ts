import type { Scenario } from '../../models/scenario/schema.ts';
import { type Flag, toggle, type Values } from './arguments.ts';
import { commonFlags } from './common-flags.ts';
import { number, path } from './flag-kinds.ts';
import type { Shard } from './grid-driver.ts';
import { InputError } from './input-error.ts';
import type { StatisticsRules } from './statistics-rules.ts';
import { isMetric } from './summarise.ts';

const commonWarmUp = commonFlags['warm-up'];

/** A length in seconds, or how to find it. */
const warmUp: Flag<number | 'mser5'> = {
  placeholder: 'SECONDS|mser5',
  help: 'time before the window, left out of every count; mser5: as long as a pilot run of each point shows',
  parse: (text) => (text.trim() === 'mser5' ? 'mser5' : commonWarmUp.parse(text)),
};

const shardFlag: Flag<Shard> = {
  placeholder: 'i/n',
  help: 'only the i-th of n parts (also from SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX); merge.ts puts them together',
  parse: (text) => {
    const [, index, count] = /^(\d{1,5})\/(\d{1,5})$/.exec(text.trim())?.map(Number) ?? [];
    if (!(index >= 1 && index <= count)) throw new Error('i/n with i from 1 to n is expected, for example 2/8');
    return { index, count };
  },
};

const metric: Flag<string> = {
  placeholder: 'NAME',
  help: 'metric of summary.csv that --precision is about (default latency_ms_mean)',
  parse: (text) => {
    if (!isMetric(text)) throw new Error('a metric of summary.csv is expected, for example completed_rps');
    return text;
  },
};

const engine: Flag<'local' | 'bullmq'> = {
  placeholder: 'NAME',
  help: 'local: threads of this machine; bullmq: the workers of experiments/worker.ts, over Redis',
  parse: (text) => {
    if (text !== 'local' && text !== 'bullmq') throw new Error('local or bullmq is expected');
    return text;
  },
};

/** A Redis that both sides of a queue reach. */
export const redisFlag: Flag<string> = {
  placeholder: 'URL',
  help: 'Redis of --engine bullmq, for example redis://localhost:6379',
  parse: (text) => {
    if (!/^rediss?:\/\/\S+$/.test(text)) throw new Error('redis://HOST:PORT is expected');
    return text;
  },
};

/** Flags of experiments that run many points: everything that every experiment understands, and how to run it all. */
export const sweepFlags = {
  ...commonFlags,
  'warm-up': warmUp,
  precision: number(
    'RATIO',
    { min: 0.0001, max: 1 },
    'replications until half of the interval of --metric is at most this share of the mean',
  ),
  metric,
  confidence: number('RATIO', { min: 0.5, max: 0.9999 }, 'confidence of that interval (default 0.95)'),
  'min-replications': number('N', { min: 2, max: 100000, whole: true }, 'with --precision, at least (default 5)'),
  'max-replications': number('N', { min: 2, max: 100000, whole: true }, 'with --precision, at most (default 200)'),
  'max-points': number('N', { min: 1, max: 1e7, whole: true }, 'most runs of one sweep (default 100000)'),
  'max-run-events': number(
    'N',
    { min: 1, max: 1e12, whole: true },
    'a run with more events becomes a row of runs.csv with its status',
  ),
  'max-run-seconds': number('SECONDS', { min: 0.1, max: 1e6 }, 'the same for a run that takes longer'),
  'max-run-memory': number(
    'MB',
    { min: 150, max: 1e6 },
    'the same for a run whose process needs more; an empty one takes about 120',
  ),
  parquet: toggle('write each table as Parquet too'),
  'dry-run': toggle('print points, runs, expected events and time, and run nothing'),
  shard: shardFlag,
  engine,
  redis: redisFlag,
  'chunk-seconds': number('SECONDS', { min: 0.01, max: 3600 }, 'work in a chunk of --engine bullmq, about (default 8)'),
  shared: path(
    'DIR',
    'with --engine bullmq: folder that all workers reach, for the results; else they come through Redis',
  ),
};

/** Values of the flags of a sweep. */
export type SweepValues = Values<typeof sweepFlags>;

/** Most runs of a sweep unless --max-points says otherwise. */
export const defaultMaxPoints = 100_000;

const precisionFlags = ['metric', 'confidence', 'min-replications', 'max-replications'] as const;

/** @throws InputError - flags that contradict each other. */
export function rulesFrom(values: SweepValues, { run }: Scenario): StatisticsRules {
  const warmUp = values['warm-up'] === 'mser5' ? 'mser5' : 'stated';
  const { precision } = values;
  if (precision === undefined) {
    const alone = precisionFlags.find((name) => values[name] !== undefined);
    if (alone) throw new InputError(`--${alone}: means nothing without --precision`);
    return { replications: { count: run.replications }, warmUp };
  }
  if (values.replications !== undefined) {
    throw new InputError('--replications: a fixed number and --precision exclude each other');
  }
  const { metric = 'latency_ms_mean', confidence = 0.95 } = values;
  const { 'min-replications': min = 5, 'max-replications': max = Math.max(min, 200) } = values;
  if (max < min) throw new InputError(`--max-replications ${max}: at least --min-replications, ${min}`);
  return { replications: { precision, confidence, metric, min, max }, warmUp };
}

/** The flags as scripts that know nothing of pilots want them. */
export function statedValues<V extends SweepValues>(values: V): Omit<V, 'warm-up'> & { 'warm-up': number | undefined } {
  const stated = values['warm-up'];
  const events = values['max-run-events'];
  const limit = events === undefined ? [] : [{ path: 'run.maxEvents', text: String(events) }];
  return {
    ...values,
    'warm-up': stated === 'mser5' ? undefined : stated,
    ...(values.set || limit.length > 0 ? { set: [...(values.set ?? []), ...limit] } : {}),
  };
}

/** A count in the environment; undefined where it is not set. */
function countIn(environment: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = environment[name];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new InputError(`${name}=${text}: a whole number is expected`);
  return Number(text);
}

/** The part of a sweep that the surroundings ask for, and who says so. */
export function shardFrom(
  given: Shard | undefined,
  environment: NodeJS.ProcessEnv,
): { shard: Shard | undefined; source: string } {
  if (given) return { shard: given.count === 1 ? undefined : given, source: '--shard' };
  const slurm = countIn(environment, 'SLURM_ARRAY_TASK_ID');
  const slurmCount = countIn(environment, 'SLURM_ARRAY_TASK_COUNT');
  const least = countIn(environment, 'SLURM_ARRAY_TASK_MIN') ?? 0;
  const job = countIn(environment, 'JOB_COMPLETION_INDEX');
  const jobCount = countIn(environment, 'COMPLETIONS');
  const found =
    slurm !== undefined && slurmCount !== undefined
      ? { index: slurm - least + 1, count: slurmCount, source: 'SLURM_ARRAY_TASK_ID' }
      : job !== undefined && jobCount !== undefined
        ? { index: job + 1, count: jobCount, source: 'JOB_COMPLETION_INDEX' }
        : undefined;
  if (found === undefined) return { shard: undefined, source: '' };
  const { index, count, source } = found;
  if (index < 1 || index > count) {
    throw new InputError(`${source}: part ${index} of ${count}; an array without gaps or steps is expected`);
  }
  return { shard: { index, count }, source };
}
