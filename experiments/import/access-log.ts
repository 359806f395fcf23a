import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { quoted } from '../lib/input-error.ts';
import { type LogLine, parseLogLine } from './log-line.ts';
import { refuse } from './source.ts';

/** Requests from one network: an IPv4 /24, or an IPv6 /48. */
export interface ClientNetwork {
  readonly name: string;
  readonly requests: number;
  readonly share: number;
  /** 'nat': one address; 'subnet': several addresses. */
  readonly kind: 'nat' | 'subnet';
}

/** What an access log says about the load. */
export interface Workload {
  readonly file: string;
  readonly requests: number;
  /** Lines in no known format, and the first of them. */
  readonly skippedLines: number;
  readonly firstSkippedLine: number;
  readonly firstS: number;
  readonly lastS: number;
  readonly meanPerSecond: number;
  /** Rate of the busiest clock hour. */
  readonly busiestHourPerSecond: number;
  /** Rate in each hour of the day, averaged over the days of the log [1/s]. */
  readonly perSecondByHour: readonly number[];
  readonly methods: ReadonlyMap<string, number>;
  readonly statuses: ReadonlyMap<string, number>;
  /** Most asked-for paths, most first. */
  readonly paths: readonly { readonly path: string; readonly requests: number }[];
  readonly staticRatio: number;
  /** Networks with at least 1 % of the requests, most first. */
  readonly networks: readonly ClientNetwork[];
  readonly sessions: number;
  /** Whether sessions were told apart by a cookie, or by address and browser. */
  readonly sessionsBy: 'cookie' | 'client';
  readonly requestsPerSession: number;
  /** Mean time between two requests of a session [s]; undefined where no session has two. */
  readonly gapSMean: number | undefined;
  /** Mean duration of a session with two requests or more [s]. */
  readonly sessionSMean: number | undefined;
  readonly tookMsMean: number | undefined;
}

const chunkBytes = 256 * 1024;
const longestLine = 64 * 1024;
const idleS = 1800;
const caps = { networks: 200_000, sessions: 200_000, paths: 10_000, hours: 200_000 };
const staticPath = /\.(?:css|js|mjs|map|png|jpe?g|gif|ico|svg|webp|woff2?|ttf|eot|txt|pdf|mp4)$/i;

interface Visit {
  firstS: number;
  lastS: number;
  requests: number;
}

interface NetworkCount {
  requests: number;
  address: string;
  several: boolean;
}

function networkOf(client: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(client)) return `${client.slice(0, client.lastIndexOf('.'))}.0/24`;
  if (client.includes(':')) return `${client.split(':').slice(0, 3).join(':')}::/48`;
  return client;
}

/** A part of a line keeps the whole chunk it was cut from in memory; what is kept for long is copied out of it. */
function own(text: string): string {
  return Buffer.from(text).toString();
}

function addTo(map: Map<string, number>, key: string, cap: number): void {
  const before = map.get(key);
  if (before !== undefined) map.set(key, before + 1);
  else if (map.size < cap) map.set(own(key), 1);
}

/** Counts one line after the other in memory that does not grow with the length of the log. */
class Counter {
  requests = 0;
  firstS = Number.POSITIVE_INFINITY;
  lastS = Number.NEGATIVE_INFINITY;
  readonly hours = new Map<number, number>();
  readonly minutes = new Float64Array(1440);
  readonly days = new Set<number>();
  readonly methods = new Map<string, number>();
  readonly statuses = new Map<string, number>();
  readonly paths = new Map<string, number>();
  readonly networks = new Map<string, NetworkCount>();
  readonly visits = new Map<string, Visit>();
  readonly ended = { sessions: 0, requests: 0, gaps: 0, gapsS: 0, long: 0, longS: 0 };
  staticRequests = 0;
  withCookie = 0;
  tookMs = 0;
  timed = 0;

  add(line: LogLine): void {
    this.requests += 1;
    this.firstS = Math.min(this.firstS, line.atS);
    this.lastS = Math.max(this.lastS, line.atS);
    const hour = Math.floor(line.atS / 3600);
    if (this.hours.has(hour) || this.hours.size < caps.hours) this.hours.set(hour, (this.hours.get(hour) ?? 0) + 1);
    if (this.days.size < caps.hours) this.days.add(Math.floor(line.atS / 86_400));
    this.minutes[line.minuteOfDay] += 1;
    addTo(this.methods, line.method, 30);
    addTo(this.statuses, `${Math.floor(line.status / 100)}xx`, 10);
    addTo(this.paths, line.path.slice(0, 200), caps.paths);
    if (staticPath.test(line.path)) this.staticRequests += 1;
    if (line.tookMs !== undefined) {
      this.tookMs += line.tookMs;
      this.timed += 1;
    }
    this.#network(line.client);
    this.#session(line);
  }

  #network(client: string): void {
    const name = networkOf(client);
    const known = this.networks.get(name);
    if (known) {
      known.requests += 1;
      if (known.address !== client) known.several = true;
    } else if (this.networks.size < caps.networks) {
      this.networks.set(own(name), { requests: 1, address: own(client), several: false });
    }
  }

  #session(line: LogLine): void {
    if (line.session !== undefined) this.withCookie += 1;
    const key = line.session ?? `${line.client} ${line.agent.slice(0, 200)}`;
    const visit = this.visits.get(key);
    if (visit && line.atS - visit.lastS <= idleS) {
      if (line.atS > visit.lastS) {
        this.ended.gapsS += line.atS - visit.lastS;
        visit.lastS = line.atS;
      }
      this.ended.gaps += 1;
      visit.requests += 1;
      return;
    }
    if (visit) this.#end(visit);
    if (!visit && this.visits.size >= caps.sessions) this.#endIdle(line.atS);
    if (visit || this.visits.size < caps.sessions) {
      this.visits.set(own(key), { firstS: line.atS, lastS: line.atS, requests: 1 });
    }
  }

  #end(visit: Visit): void {
    this.ended.sessions += 1;
    this.ended.requests += visit.requests;
    if (visit.requests > 1) {
      this.ended.long += 1;
      this.ended.longS += visit.lastS - visit.firstS;
    }
  }

  #endIdle(nowS: number): void {
    for (const [key, visit] of this.visits) {
      if (nowS - visit.lastS <= idleS) continue;
      this.#end(visit);
      this.visits.delete(key);
    }
  }

  endAll(): void {
    for (const visit of this.visits.values()) this.#end(visit);
    this.visits.clear();
  }
}

/** Calls `each` for every line of a file, holding no more than one chunk of it. */
function eachLine(file: string, each: (line: string, number: number) => void): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw refuse({ file, line: 1 }, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`);
  }
  try {
    if (!fstatSync(descriptor).isFile())
      throw refuse({ file, line: 1 }, 'not a regular file; an access log is expected');
    const decoder = new StringDecoder('utf8');
    const chunk = Buffer.alloc(chunkBytes);
    let rest = '';
    let number = 1;
    for (let length = -1; length !== 0; ) {
      length = readSync(descriptor, chunk, 0, chunk.length, null);
      const text = rest + (length === 0 ? decoder.end() : decoder.write(chunk.subarray(0, length)));
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        each(text.slice(start, end), number);
        number += 1;
        start = end + 1;
      }
      rest = text.slice(start);
      if (rest.length > longestLine) {
        throw refuse(
          { file, line: number },
          `a line of more than ${longestLine} characters; an access log is expected`,
        );
      }
    }
    if (rest !== '') each(rest, number);
  } finally {
    closeSync(descriptor);
  }
}

function networksOf(counter: Counter): ClientNetwork[] {
  return [...counter.networks]
    .filter(([, { requests }]) => requests >= 100 && requests >= counter.requests / 100)
    .map(([name, { requests, several }]) => ({
      name,
      requests,
      share: requests / counter.requests,
      kind: several ? ('subnet' as const) : ('nat' as const),
    }))
    .sort((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : 1));
}

function byHour(counter: Counter): number[] {
  const rates: number[] = [];
  for (let hour = 0; hour < 24; hour += 1) {
    const count = counter.minutes.subarray(hour * 60, hour * 60 + 60).reduce((sum, one) => sum + one, 0);
    rates.push(count / (3600 * Math.max(1, counter.days.size)));
  }
  return rates;
}

function workloadOf(file: string, counter: Counter, skippedLines: number, firstSkippedLine: number): Workload {
  counter.endAll();
  const { requests, ended } = counter;
  const spanS = counter.lastS - counter.firstS + 1;
  const busiest = [...counter.hours.values()].reduce((most, one) => Math.max(most, one), 0);
  const paths = [...counter.paths].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 20);
  return {
    file,
    requests,
    skippedLines,
    firstSkippedLine,
    firstS: counter.firstS,
    lastS: counter.lastS,
    meanPerSecond: requests / spanS,
    busiestHourPerSecond: busiest / Math.min(3600, spanS),
    perSecondByHour: byHour(counter),
    methods: counter.methods,
    statuses: counter.statuses,
    paths: paths.map(([path, count]) => ({ path, requests: count })),
    staticRatio: counter.staticRequests / requests,
    networks: networksOf(counter),
    sessions: ended.sessions,
    sessionsBy: counter.withCookie * 2 >= requests ? 'cookie' : 'client',
    requestsPerSession: ended.requests / ended.sessions,
    gapSMean: ended.gaps > 0 ? ended.gapsS / ended.gaps : undefined,
    sessionSMean: ended.long > 0 ? ended.longS / ended.long : undefined,
    tookMsMean: counter.timed > 0 ? counter.tookMs / counter.timed : undefined,
  };
}

/**
 * Reads an access log of any length in a stream.
 *
 * @throws InputError - unreadable, no request in it, or more than 1 % of its lines in no known format.
 */
export function readAccessLog(file: string): Workload {
  const counter = new Counter();
  let skipped = 0;
  let firstSkipped = 0;
  let example = '';
  eachLine(file, (text, number) => {
    const raw = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (raw.trim() === '') return;
    const line = parseLogLine(raw);
    if (line) counter.add(line);
    else {
      skipped += 1;
      if (firstSkipped === 0) {
        firstSkipped = number;
        example = raw;
      }
      if (skipped > 100 && skipped > counter.requests) throw unknownFormat(file, firstSkipped, example);
    }
  });
  if (counter.requests === 0 && skipped === 0)
    throw refuse({ file, line: 1 }, 'no request in it; an access log is expected');
  if (skipped * 100 > counter.requests) throw unknownFormat(file, firstSkipped, example);
  return workloadOf(file, counter, skipped, firstSkipped);
}

function unknownFormat(file: string, line: number, text: string): Error {
  return refuse(
    { file, line },
    `"${quoted(text)}" is in no known format; common, combined and nginx's default are read`,
  );
}
