import { z } from 'zod';
import { ratio, real, whole, word } from './fields.ts';

const assumed = 'assumed';

/** One request without its session work. */
export const serviceFields = z.strictObject({
  cpuMsMean: real(2, {
    text: 'CPU of one request without its session work',
    unit: 'ms',
    min: 0.000001,
    max: 1e6,
    source: assumed,
  }),
  distribution: word(['exponential', 'constant', 'lognormal', 'hyperexponential'], 'exponential', {
    text: 'law of the CPU time',
    source: assumed,
  }),
  cv: real(2, {
    text: 'coefficient of variation of lognormal and hyperexponential',
    min: 0.01,
    max: 100,
    source: assumed,
  }),
  backendMsMean: real(0, {
    text: 'wait for a database or service, exponential, no CPU',
    unit: 'ms',
    max: 1e6,
    source: assumed,
  }),
});

/** Types whose Java serialisation is known to the byte (MODEL.md, message sizes). */
const attribute = z.strictObject({
  name: z.string().min(1).max(200).meta({ description: 'attribute name; its length counts in every message' }),
  type: z.enum(['byte[]', 'String', 'Integer', 'Long', 'Boolean']),
  bytes: whole(0, { text: 'length of a byte[] or String', unit: 'bytes', max: 1e8, source: assumed }),
});

/** What a session holds, and what its requests do to it. */
export const sessionFields = z.strictObject({
  requestsMean: real(20, { text: 'requests of a session, geometric', min: 1, max: 1e6, source: assumed }),
  thinkTimeSMean: real(5, { text: 'response to next request', unit: 's', max: 1e5, source: assumed }),
  thinkTimeDistribution: word(['exponential', 'constant'], 'exponential', {
    text: 'law of the think time',
    source: assumed,
  }),
  bytes: whole(2000, { text: 'serialised attributes of a whole session', unit: 'bytes', max: 1e8, source: assumed }),
  deltaBytes: whole(200, {
    text: 'length of the byte[] attribute set by a write',
    unit: 'bytes',
    max: 1e8,
    source: assumed,
  }),
  attributes: z
    .array(attribute)
    .max(100)
    .default([])
    .meta({ description: 'attributes set by each write, in order; empty: one byte[deltaBytes] named `data`' }),
  writeRatio: ratio(0.3, { text: 'share of requests that call setAttribute', source: assumed }),
  mutateWithoutSetRatio: ratio(0, {
    text: 'share of requests that change an attribute in place without setAttribute',
    source: assumed,
  }),
  touchOnlyRatio: ratio(0, {
    text: 'share of requests that ask for the session and touch no attribute',
    source: assumed,
  }),
  ignoreRatio: ratio(0, {
    text: 'share of requests that carry the cookie and never ask for the session',
    source: assumed,
  }),
  concurrentRatio: real(0, {
    text: 'share of requests sent without waiting for the response to the one before',
    max: 0.9,
    source: assumed,
  }),
  idleTimeoutS: real(1800, {
    text: 'maxInactiveInterval',
    unit: 's',
    min: 1,
    max: 9e6,
    source: 'Servlet default of Tomcat, conf/web.xml session-timeout 30 min',
  }),
  logoutRatio: ratio(0, { text: 'share of sessions that end with invalidate()', source: assumed }),
});

/** How long a run lasts and how often it is repeated. */
export const runFields = z.strictObject({
  warmUpS: real(10, { text: 'left out of every count', unit: 's', max: 1e6, source: assumed }),
  durationS: real(60, { text: 'measurement window', unit: 's', min: 0.001, max: 1e6, source: assumed }),
  seed: whole(1, { text: 'master seed', max: Number.MAX_SAFE_INTEGER, source: 'users choice' }),
  replications: whole(5, { text: 'independent replications', min: 1, max: 100000, source: assumed }),
  timelineS: real(0, {
    text: 'interval of the timeline that a run keeps; 0 = none',
    unit: 's',
    max: 1e6,
    source: 'users choice',
  }),
  maxEvents: whole(2_000_000_000, { text: 'limit on events of one run', min: 1, max: 1e12, source: assumed }),
  maxPending: whole(20_000_000, { text: 'limit on pending events', min: 1, max: 1e9, source: assumed }),
});
