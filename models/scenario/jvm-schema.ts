import { z } from 'zod';
import { real, whole, word } from './fields.ts';

const measured =
  'measured, Tomcat 10.1.60 on OpenJDK 17 with -Xms128m -XX:+UseSerialGC, writes of 1 kB, jvm-serial-128m/gc.csv';
const discards = 'measured, the same JVM under a quota of 0.15 core, jvm-serial-128m/code.csv';
const jdk = 'OpenJDK 17, ';

/** Quantiles of a time as pairs [share, ms], ascending. */
function quantiles(text: string) {
  return z
    .array(z.tuple([z.number().min(0).max(1), z.number().min(0).max(1e6)]))
    .max(1000)
    .default([])
    .meta({ description: `quantiles [share, ms] of the ${text}`, unit: 'ms' });
}

/** What a node's JVM does beside serving: it collects garbage, and it compiles. */
export const jvmFields = z.strictObject({
  collector: word(['none', 'serial', 'parallel', 'g1'], 'none', {
    text: 'garbage collector; serial collects with one thread, the others with one per core; none: memory costs nothing',
    source: 'left out unless asked for',
  }),
  edenMB: real(34.1, {
    text: 'eden: allocated between two young collections',
    unit: 'MB of 2^20 bytes',
    min: 0.001,
    max: 1e6,
    source: `${jdk}NewRatio 2 and SurvivorRatio 8: eight thirtieths of the heap, here of 128 MB`,
  }),
  requestKB: real(4.2, { text: 'allocated by a request', unit: 'kB of 1024 bytes', max: 1e7, source: measured }),
  sendKB: real(21.5, {
    text: 'allocated more by a request that serialises session state for others',
    unit: 'kB of 1024 bytes',
    max: 1e7,
    source: measured,
  }),
  receiveKB: real(14.9, {
    text: 'allocated by a received replication message',
    unit: 'kB of 1024 bytes',
    max: 1e7,
    source: measured,
  }),
  youngMs: real(2, {
    text: 'processor time of a young collection, all its threads together; they stop all others',
    unit: 'ms',
    max: 1e6,
    source: measured,
  }),
  youngMsQuantiles: quantiles('processor time of a young collection; given, it takes the place of youngMs'),
  promotedKB: real(3.8, {
    text: 'moved to the old generation by a young collection; 0 = no full collection ever',
    unit: 'kB of 1024 bytes',
    max: 1e7,
    source: measured,
  }),
  oldMB: real(85.4, {
    text: 'room in the old generation beside what lives there for good: a full collection each time it has been promoted',
    unit: 'MB of 2^20 bytes',
    min: 0.001,
    max: 1e6,
    source: `${jdk}NewRatio 2: two thirds of the heap, here of 128 MB`,
  }),
  fullMs: real(100, {
    text: 'processor time of a full collection, all its threads together',
    unit: 'ms',
    max: 1e7,
    source: 'assumed',
  }),
  compilerMs: z
    .array(z.tuple([z.number().min(1).max(1e12), z.number().min(0).max(1e9)]))
    .max(1000)
    .refine((points) => points.length !== 1, { error: 'none or at least two points' })
    .refine(
      (points) => points.every(([count, ms], at) => at === 0 || (count > points[at - 1][0] && ms >= points[at - 1][1])),
      {
        error: 'both numbers must ascend',
      },
    )
    .default([])
    .meta({
      description:
        'processor time of the JIT compilers by the time so many requests and messages have been served since the start [count, ms], straight on a logarithmic axis and beyond; none: compiling costs nothing',
      unit: 'ms',
    }),
  compilerTaskMs: real(8.5, {
    text: 'processor time of the compilers in one go',
    unit: 'ms',
    min: 0.001,
    max: 1e6,
    source: 'measured, the same JVM once it has served 32,000 requests: 0.3 to 195 ms, compiler-goes.csv',
  }),
  compilerTaskMsQuantiles: quantiles(
    'processor time of the compilers in one go; given, it takes the place of compilerTaskMs',
  ),
  discardedEvery: real(0, {
    text: 'mean number of requests, and of messages, after which what the compiler has assumed proves wrong and their code is thrown away; 0 = never',
    max: 1e12,
    source: 'left out unless asked for',
  }),
  discardedHot: whole(5000, {
    text: 'requests, or messages, until code that was thrown away is compiled anew',
    min: 1,
    max: 1e9,
    source: `${jdk}Tier4InvocationThreshold`,
  }),
  discardedFactor: real(1.5, {
    text: 'how many times as long a request, or a message, takes until then, without waking threads',
    min: 1,
    max: 1000,
    source: discards,
  }),
  discardedCompilerMs: real(340, {
    text: 'processor time of compiling it anew',
    unit: 'ms',
    min: 0.001,
    max: 1e6,
    source: discards,
  }),
  discardedCompilerMsQuantiles: quantiles(
    'processor time of compiling anew; given, it takes the place of discardedCompilerMs',
  ),
  servedBefore: real(1_000_000, {
    text: 'requests and messages that a node has served before the run; none after a restart',
    max: 1e12,
    source: 'assumed',
  }),
});
