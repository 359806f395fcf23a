import { readProfile } from '../calibration/load-profile.ts';

const { calibration, determined } = readProfile('measured-2core', '.');

/** A parameter of the profile, 0 if its files do not tell it [us]. */
function us(name: string): number {
  return determined[name]?.value ?? 0;
}

/** Delta of a counter and byte[1000], which the lags on the wire were measured with. @see source: traffic-delta.csv. */
const DELTA_BYTES = 1805;
/** From the end of the servlet to the response [us]. */
const responseUs = us('end of the servlet to response');
/** Processor time of a servlet and of handing its delta to a dispatcher thread [us]. */
const servletUs =
  us('requestUs') +
  us('managerUs') +
  us('dispatchUs') +
  us('dispatchWakeUs') +
  (us('messageSendNsPerByte') * DELTA_BYTES) / 1000;

/** One way of the network of the measurements [us]: veth pairs on one bridge. */
export const NETWORK_US = 25;

/**
 * The machine on which the measurements were taken, at a light load: the shipped profile, and what the same files say of a
 * request and of a client, which no key of a scenario takes.
 */
export const measured2core = {
  serviceMs: 1e-6,
  /** Arrival of a request until its servlet container looks for the session, poller and worker woken [ns]. */
  connectorNs: Math.round((us('request to response') - responseUs - servletUs) * 1000),
  responseNs: responseUs * 1000,
  /** What a client of the measurements needs between a response and the next request, beyond the network [ns]. */
  clientNs: Math.max(0, us('client, response to next request') - 2 * NETWORK_US) * 1000,
  /** From a signal's sending until the kernel has stopped every thread of the process (assumed) [ns]. */
  signalNs: 294_000,
  /** From SIGTERM until an idle node is out of the views: its JVM runs through its hooks [ns]. Median of 16, 18 to 49 ms (MODEL.md). */
  stopNs: 23_000_000,
  // Waking poller and worker is part of connectorNs: the session is looked up by the worker.
  calibration: { ...calibration, requestWakeUs: 0 },
};
