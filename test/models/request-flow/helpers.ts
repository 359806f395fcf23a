import type { FailedAttempt } from '../../../models/balancing/attempt-policy.ts';
import { Cluster } from '../../../models/cluster.ts';
import type { RunResult } from '../../../models/results.ts';
import type { RoutedRequest } from '../../../models/router.ts';
import { parseScenario } from '../../../models/scenario/parse-scenario.ts';

/** An answer or an error that a client got. */
export interface Answer {
  /** When the client sent the request, and when it was over [s]. */
  readonly sentS: number;
  readonly atS: number;
  readonly isFailed: boolean;
  /** Node that answered, or the last that was tried; -1 none. */
  readonly node: number;
  readonly does: number;
}

/** An attempt at a server that failed. */
export interface Failure extends Pick<FailedAttempt, 'end' | 'method'> {
  readonly atS: number;
  readonly server: number;
  readonly worker: number;
}

/** A run with every answer and every failed attempt of it. */
export interface Recorded {
  readonly result: RunResult;
  readonly answers: readonly Answer[];
  readonly failures: readonly Failure[];
  /** When each server was chosen [s]. */
  readonly choices: readonly { readonly atS: number; readonly server: number; readonly worker: number }[];
  readonly cluster: Cluster;
}

class RecordingCluster extends Cluster {
  readonly answers: Answer[] = [];

  override clientAnswered(session: number, isFailed: boolean, slot: number): void {
    const { sim, requests } = this;
    this.answers.push({
      sentS: requests.sentNs[slot] / 1e9,
      atS: sim.nowNs / 1e9,
      isFailed,
      node: requests.node[slot],
      does: requests.does[slot],
    });
    super.clientAnswered(session, isFailed, slot);
  }
}

/** A part of a scenario. */
export type Part = Readonly<Record<string, unknown>>;

/** Requests that differ in nothing but their moments: 1 ms of processor time, sessions that read. */
export const plain: Part = {
  service: { cpuMsMean: 1, distribution: 'constant' },
  session: { requestsMean: 1, writeRatio: 0 },
  replication: { strategy: 'none' },
};

/** Runs a scenario and keeps what its clients saw. */
export function record(part: Part, replication = 1): Recorded {
  const cluster = new RecordingCluster(parseScenario(part), replication);
  const failures: Failure[] = [];
  const choices: { atS: number; server: number; worker: number }[] = [];
  const { router } = cluster;
  const failed = router.failed.bind(router);
  router.failed = (request: RoutedRequest, server: number, attempt: FailedAttempt) => {
    const { end, method } = attempt;
    failures.push({ atS: request.timeNs / 1e9, server, worker: request.worker, end, method });
    return failed(request, server, attempt);
  };
  const choose = router.choose.bind(router);
  router.choose = (slot: number, session: number, worker: number, timeNs: number, hasCookie: boolean) => {
    const server = choose(slot, session, worker, timeNs, hasCookie);
    if (slot >= 0) choices.push({ atS: timeNs / 1e9, server, worker });
    return server;
  };
  const result = cluster.run();
  return { result, answers: cluster.answers, failures, choices, cluster };
}

/** Moments at which a server was chosen within a span of time [s]. */
export function chosen({ choices }: Recorded, server: number, fromS: number, toS: number): number[] {
  return choices.filter((one) => one.server === server && one.atS >= fromS && one.atS < toS).map(({ atS }) => atS);
}

/** Failed attempts within a span of time [s]. */
export function failuresIn({ failures }: Recorded, fromS: number, toS: number): Failure[] {
  return failures.filter(({ atS }) => atS >= fromS && atS < toS);
}
