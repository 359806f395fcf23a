import type { HeartbeatSetting } from './settings.ts';

/**
 * Mean time between two mistakes of one observer about one member, E(T_MR) [s], when heartbeats are lost independently.
 *
 * A member is dropped when nothing of it was heard for longer than dropTime at a moment at which the observer looks,
 * which is at its own heartbeats and at those of others that it can hear. After n losses in a row the silence lasts n + 1
 * periods. With a dropTime of n whole periods that is f / ((1 - p) p^n); with a period a little longer, n - 1 losses
 * are enough when somebody's heartbeat falls in between. TcpFailureDetector errs only when its own connect is lost,
 * there or back.
 * @param periodMs - period of the heartbeats: frequency and the work of the sender [ms].
 * @returns undefined where no closed form holds: bursts, pauses, no losses.
 * @see source: renewals of runs of n losses, W. Feller, An Introduction to Probability Theory I, XIII.7.
 */
export function mistakeRecurrenceS(setting: HeartbeatSetting, periodMs: number, nodes: number): number | undefined {
  const { dropTimeMs, lossRatio: p, burstS, pauseS, detector } = setting;
  if (p === 0 || burstS > 0 || pauseS > 0) return undefined;
  const n = Math.max(1, Math.floor(dropTimeMs / periodMs));
  // From the end of dropTime to the heartbeat that ends a silence of n losses.
  const spareMs = Math.min(periodMs, (n + 1) * periodMs - dropTimeMs);
  const spare = spareMs / periodMs;
  // The observer's own heartbeat, or one of another member that is not lost, falls in between.
  const looks = 1 - (1 - spare) * (1 - spare * (1 - p)) ** Math.max(0, nodes - 2);
  const perPeriod = (1 - p) * ((1 - p) * p ** n * looks + p ** (n + 1));
  const verified = detector === 'tcp' ? 1 - (1 - p) ** 2 : 1;
  return periodMs / 1000 / (perPeriod * verified);
}
