import { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { ScriptedAnswer } from '../../models/scripted-clients.ts';
import { storeOperations } from '../../models/stores/store-batch.ts';

/** Between two requests of one client, as in the measurements [ns]. */
export const PACE_NS = 60e6;

/** Kinds of requests of the tables, in their order. */
export const requestKinds = [
  'read-only',
  'write',
  'create',
  'mutate-without-setAttribute',
  'touch-only',
  'no-session',
] as const;

export type RequestKind = (typeof requestKinds)[number];

const doesOf: Readonly<Record<RequestKind, number>> = {
  'read-only': requestDoes.READ,
  write: requestDoes.WRITE,
  create: requestDoes.WRITE,
  'mutate-without-setAttribute': requestDoes.MUTATE,
  'touch-only': requestDoes.TOUCH,
  'no-session': requestDoes.IGNORE,
};

/** Operations at the stores, or messages between the Tomcats, per request by name; and all their bytes. */
export interface Counted {
  readonly perRequest: ReadonlyMap<string, number>;
  readonly bytesPerRequest: number;
}

/** A quiet cluster in which single requests are sent and what they cause is counted. */
export class Probe {
  readonly cluster: Cluster;
  private readonly before = new Map<string, number>();
  private bytesBefore = 0;

  constructor(input: unknown) {
    const scenario: Scenario = parseScenario(input);
    this.cluster = new Cluster(scenario, 0, undefined, true);
    this.cluster.sim.runUntil(1e9);
    this.cluster.traffic.isOpen = true;
  }

  private get script(): NonNullable<Cluster['script']> {
    if (this.cluster.script === null) throw new Error('a probe needs scripted clients');
    return this.cluster.script;
  }

  /** A client without a session yet. */
  client(): number {
    return this.script.client();
  }

  /** Sends one request and waits until everything that it caused is over. @param node - 0-based. */
  ask(row: number, node: number, does: number, forNs = PACE_NS): ScriptedAnswer {
    let answer: ScriptedAnswer | undefined;
    this.script.ask(row, node, does, (given) => {
      answer = given;
    });
    this.wait(forNs);
    if (answer === undefined) throw new Error(`no answer within ${forNs / 1e6} ms`);
    return answer;
  }

  /** Sends one request a given time after the one before was answered. @param gapNs - that time. */
  askNext(row: number, node: number, does: number, gapNs: number): ScriptedAnswer {
    let answer: ScriptedAnswer | undefined;
    this.script.after(gapNs, () =>
      this.script.ask(row, node, does, (given) => {
        answer = given;
      }),
    );
    for (let steps = 0; answer === undefined; steps += 1) {
      if (steps > 1e6) throw new Error('no answer within 100 s');
      this.wait(1e5);
    }
    return answer;
  }

  /** The process of a Tomcat is killed. */
  crashNode(node: number): void {
    this.cluster.life.crash(node, false);
  }

  /** Writes of one session sent to several nodes at once. @returns how many of them no copy contains in the end. */
  overwrittenBy(row: number, nodes: readonly number[], forNs: number): number {
    const { sessions, ledger, strategy, sim } = this.cluster;
    sessions.firstInWindow.set(row, sessions.latest.get(row) + 1);
    for (const node of nodes) this.script.ask(row, node, requestDoes.WRITE, () => {});
    sim.runUntil(sim.nowNs + forNs);
    const surviving = new Set<number>();
    strategy.survivors(row, surviving);
    return ledger.settle(row, [...surviving]);
  }

  wait(forNs: number): void {
    this.cluster.sim.runUntil(this.cluster.sim.nowNs + forNs);
  }

  /** From here on it counts. */
  start(): void {
    this.before.clear();
    for (const [name, count] of this.totals()) this.before.set(name, count);
    this.bytesBefore = this.bytes();
  }

  /** What has been counted since `start`, per request. */
  counted(requests: number): Counted {
    const perRequest = new Map<string, number>();
    for (const [name, count] of this.totals()) {
      const more = count - (this.before.get(name) ?? 0);
      if (more !== 0) perRequest.set(name, more / requests);
    }
    return { perRequest, bytesPerRequest: (this.bytes() - this.bytesBefore) / requests };
  }

  private rows(): { kind: string; messages: number; bytes: number }[] {
    return this.cluster.traffic.rows(1, 1).filter(({ kind }) => kind !== 'heartbeat' && kind !== 'map-ping');
  }

  private bytes(): number {
    return this.rows().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private totals(): Map<string, number> {
    const totals = new Map<string, number>();
    const { store } = this.cluster;
    storeOperations.forEach((name, code) => {
      let count = 0;
      for (let server = 0; server < store.count; server += 1) count += store.operations[code * store.count + server];
      if (count > 0) totals.set(name, count);
    });
    for (const { kind, messages } of this.rows()) if (!kind.startsWith('store-')) totals.set(kind, messages);
    return totals;
  }
}

/**
 * Counts what single requests of one kind cause.
 *
 * @param input - scenario without load.
 * @param requests - how many; a request of `create` comes without a cookie.
 * @param nodes - the nodes in turn; a session starts on the first.
 */
export function countOperations(
  input: unknown,
  kind: RequestKind,
  requests = 20,
  nodes: readonly number[] = [0],
): Counted {
  const probe = new Probe(input);
  const row = probe.client();
  for (const node of nodes) probe.ask(row, node, requestDoes.WRITE);
  for (let warm = 0; warm < 2 * nodes.length; warm += 1) probe.ask(row, nodes[warm % nodes.length], requestDoes.READ);
  probe.start();
  for (let request = 0; request < requests; request += 1) {
    const session = kind === 'create' ? probe.client() : row;
    probe.ask(session, nodes[request % nodes.length], doesOf[kind]);
  }
  return probe.counted(requests);
}
