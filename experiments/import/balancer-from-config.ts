import type { BalancerOptions } from '../../models/balancing/balancer.ts';
import type { HttpdPolicy } from '../../models/balancing/httpd-policy.ts';
import { InputError, quoted } from '../lib/input-error.ts';
import { type Place, refuse } from './source.ts';

/** Where a balancer looks for the session id, and what of it is the route. */
export interface SessionReading {
  /** '' = the whole id is the route. */
  readonly separator: string;
  readonly isSemicolonDelimiter: boolean;
  /** Whether the cookie, and the path parameter, bear the names that the balancer looks for; it minds their case. */
  readonly readsCookie: boolean;
  readonly readsPath: boolean;
}

/** One upstream of nginx or balancer of httpd as its configuration says. */
export interface ConfiguredBalancer {
  /** Key of `balancerTypes`. */
  readonly type: string;
  readonly options: BalancerOptions;
  /** What each server is called in results: `host:port` as written (nginx), its route or else its address (httpd). */
  readonly labels: readonly string[];
  /** Argument of nginx `hash`, `$cookie_JSESSIONID` for instance; null if nothing is hashed. */
  readonly hashKey: string | null;
  /** How httpd finds the route of a session; null without `stickysession`. */
  readonly session: SessionReading | null;
  /** httpd only: when another member is asked; null for nginx. */
  readonly httpdPolicy: HttpdPolicy | null;
}

/** Most servers of one balancer, as everywhere in the simulator. */
const serversMax = 1024;

/** Refuses more servers than are simulated. */
export function checkServerCount(count: number, place: Place, what: string): void {
  if (count === 0) throw refuse(place, `${what} has no server; at least one is expected`);
  if (count > serversMax) throw refuse(place, `${what} has ${count} servers; ${serversMax} at most`);
}

/** A whole number of a configuration file. */
export function wholeFrom(text: string, place: Place, range: { name: string; min: number; max: number }): number {
  const { name, min, max } = range;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw refuse(place, `${name} (${quoted(text)}) is not a whole number from ${min} to ${max}`);
  }
  return value;
}

/** The complaint that a file has no block of a name, with the names it has. */
export function nothingNamed(file: string, what: string, name: string, known: readonly string[]): InputError {
  const others = known.length === 0 ? `it has no ${what} at all` : `it has ${quoted(known.join(', '))}`;
  return new InputError(`${file}:1: no ${what} "${quoted(name)}"; ${others}`);
}
