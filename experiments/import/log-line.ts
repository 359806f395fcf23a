/** One request of an access log. */
export interface LogLine {
  readonly client: string;
  /** Moment [s since 1970, UTC]. */
  readonly atS: number;
  /** Minute of the day on the clock of the server that wrote the log, 0 to 1439. */
  readonly minuteOfDay: number;
  readonly method: string;
  /** Path without query and path parameters. */
  readonly path: string;
  readonly status: number;
  readonly agent: string;
  /** Session id without route and store suffix; undefined where the line has none. */
  readonly session: string | undefined;
  /** Time the request took [ms]; undefined where the line has none. */
  readonly tookMs: number | undefined;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const stamp = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;

function moment(text: string): { atS: number; minuteOfDay: number } | undefined {
  const match = stamp.exec(text);
  if (!match) return undefined;
  const [, day, monthName, year, hour, minute, second, sign, zoneHours, zoneMinutes] = match;
  const month = months.indexOf(monthName);
  if (month < 0 || Number(day) < 1 || Number(day) > 31 || Number(hour) > 23 || Number(minute) > 59) return undefined;
  const zoneS = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60 * (sign === '-' ? -1 : 1);
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second)) / 1000;
  return { atS: local - zoneS, minuteOfDay: Number(hour) * 60 + Number(minute) };
}

/** Fields separated by blanks; `"..."` and `[...]` are one field. A backslash protects the next character. */
function fields(line: string): string[] | undefined {
  const found: string[] = [];
  let at = 0;
  while (at < line.length) {
    const char = line[at];
    if (char === ' ' || char === '\t') {
      at += 1;
      continue;
    }
    const close = char === '"' ? '"' : char === '[' ? ']' : undefined;
    let end = at + 1;
    if (close === undefined) {
      end = line.indexOf(' ', at);
      if (end < 0) end = line.length;
      found.push(line.slice(at, end));
    } else {
      while (end < line.length && line[end] !== close) end += line[end] === '\\' ? 2 : 1;
      if (end >= line.length) return undefined;
      found.push(line.slice(at + 1, end));
    }
    at = end + 1;
    if (found.length > 40) return undefined;
  }
  return found;
}

/** The id without `.route` and without the `-node` of memcached-session-manager. */
function bareSession(id: string): string {
  return id.replace(/\..*$/, '').replace(/^([0-9A-Fa-f]{32})-.*$/, '$1');
}

const sessionText = /(?:JSESSIONID|jsessionid|SESSION)=([A-Za-z0-9_-]{8,128}(?:[.-][\w.-]{0,64})?)/;
const sessionField = /^[0-9A-Fa-f]{32}(?:[.-][\w.-]{0,64})?$/;

/** What stands behind the fields of the common or combined format: a time, a session cookie, or something else. */
function extras(rest: readonly string[]): Pick<LogLine, 'session' | 'tookMs'> {
  let session: string | undefined;
  let tookMs: number | undefined;
  for (const field of rest) {
    const cookie = sessionText.exec(field)?.[1] ?? (sessionField.test(field) ? field : undefined);
    if (cookie !== undefined) session ??= bareSession(cookie);
    else if (/^\d{1,9}\.\d{1,6}$/.test(field)) tookMs ??= Number(field) * 1000;
    else if (/^\d{1,15}$/.test(field)) tookMs ??= Number(field) / 1000;
  }
  return { session, tookMs };
}

/**
 * Reads one line: common, combined or nginx's default format, behind it optional fields in any order: `%D` (a whole
 * number, microseconds), `$request_time` (seconds with a fraction) and a session cookie.
 *
 * @returns undefined where the line has none of these formats.
 */
export function parseLogLine(line: string): LogLine | undefined {
  const parts = fields(line);
  if (!parts || parts.length < 7) return undefined;
  const [client, , , time, request, status] = parts;
  const when = moment(time);
  if (!when || !/^\d{3}$/.test(status) || !/^(\d+|-)$/.test(parts[6])) return undefined;
  const combined = parts.length >= 9 && !/^\d+(\.\d+)?$/.test(parts[8]) ? 9 : 7;
  const [method, target = ''] = request.split(' ', 2);
  const { session, tookMs } = extras(parts.slice(combined));
  const inUrl = sessionText.exec(target)?.[1];
  return {
    client,
    ...when,
    method: /^[A-Z]{1,20}$/.test(method) ? method : '-',
    path: target.replace(/[?;#].*$/, ''),
    status: Number(status),
    agent: combined === 9 ? parts[8] : '',
    session: session ?? (inUrl === undefined ? undefined : bareSession(inUrl)),
    tookMs,
  };
}
