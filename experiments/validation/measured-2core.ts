/** From the end of the servlet to the response on the wire [us]. @see source: lag-wire-6-1000.csv, ack frame to response. */
const RESPONSE_US = 200;

/**
 * Response to delta on the wire at the first peer, quantiles [share, us]; between p99 and p99.9 about geometric. The last
 * peer of two gets it 40 (p50) to 100 us (p95) later: the time of one write.
 * @see source: lag-wire-8-1000.csv, 3,000 writes.
 */
const wireLag: readonly (readonly [number, number])[] = [
  [0, -200],
  [0.05, -196],
  [0.25, -114],
  [0.38, -80],
  [0.39, 130],
  [0.5, 148],
  [0.75, 179],
  [0.95, 266],
  [0.99, 432],
  [0.994, 700],
  [0.997, 1300],
  [0.999, 3625],
  [1, 4116],
];

/** Receiver: mean of the exponential lag [us], share and range of the slow ones (scheduling, collections). */
const RECEIVE_US = 150;
const SLOW_SHARE = 0.004;

function receiveLag(): [number, number][] {
  const points: [number, number][] = [[0, 0]];
  for (const share of [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]) {
    points.push([share, -RECEIVE_US * Math.log(1 - share)]);
  }
  points.push([1 - SLOW_SHARE, -RECEIVE_US * Math.log(SLOW_SHARE)], [1 - SLOW_SHARE / 10, 3600], [1, 5000]);
  return points;
}

/**
 * The machine on which the measurements were taken: lags of its threads and times of one request at a light load, kept
 * apart from the models.
 *
 * A dispatcher thread that is awake sends before the response has left; one that must be woken sends 0.15 ms after it:
 * the two branches of the law, straight from `lag-wire-8-1000.csv`. Everything else here was chosen while looking at the
 * figures it is judged by: the receiver's lag, service and connector time against staleness and creation race, signal and
 * write time against the crash window. Those checks test the shape, not the level (MODEL.md).
 */
export const measured2core = {
  serviceMs: 0.22,
  /** Arrival of a request until its servlet container looks for the session [ns]. */
  connectorNs: 290_000,
  responseNs: RESPONSE_US * 1000,
  /** From a signal's sending until the kernel has stopped every thread of the process (assumed) [ns]. */
  signalNs: 294_000,
  calibration: {
    messageWriteUs: 90,
    dispatchLagUs: wireLag.map(([share, us]): [number, number] => [share, us + RESPONSE_US]),
    receiveLagUs: receiveLag(),
  },
};
