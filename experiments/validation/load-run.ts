import type { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { ScriptedClients } from '../../models/scripted-clients.ts';
import { keyedUniform } from '../../sim/keyed-random.ts';
import { quantile } from './check.ts';
import { scripted } from './measured-scenario.ts';

/** How the clients of a load run behave; the defaults are those of the measurements. */
export interface LoadDrive {
  /** Requests per second of each node's own sessions. */
  readonly rates: readonly number[];
  readonly does: number;
  /** Each session stays at its node; else its requests go to the nodes in turn. */
  readonly isSticky: boolean;
  readonly seed: number;
  readonly windowS?: number;
}

/** What a load run gave. */
export interface LoadOutcome {
  readonly offeredPerS: number;
  readonly completedPerS: number;
  readonly errors: number;
  readonly latencyMsP50: number;
  readonly latencyMsP95: number;
  /** Processor time per node [cores]. */
  readonly cores: readonly number[];
}

/** Sticky sessions and keep-alive connections per node, as the measurements were driven. */
const SESSIONS = 60;
const CONNECTIONS = 64;
/** Sessions are created at this pace before the load, and the load runs this long before it counts. */
const CREATE_NS = 20e6;
const SETTLE_S = 1;
const WINDOW_S = 6;

interface Job {
  readonly dueNs: number;
  readonly session: number;
  readonly does: number;
}

/**
 * An open loop: Poisson arrivals per node whatever the responses, each for a session drawn at random; a request waits
 * at the client for one of the node's connections, and its latency counts from the moment it was due.
 */
export class OpenLoop {
  readonly latenciesMs: number[] = [];
  readonly cluster: Cluster;
  errors = 0;
  offered = 0;
  completed = 0;
  isCounting = false;
  readonly sessions: number[][];
  private readonly script: ScriptedClients;
  private readonly drive: LoadDrive;
  private readonly waiting: Job[][];
  private readonly busy: number[];
  private readonly draws: number[];
  private readonly turn: number[] = [];
  private isStopped = false;

  constructor(scenario: Scenario, drive: LoadDrive) {
    const { cluster, script } = scripted(scenario, 0);
    script.connectorNs = 0;
    script.responseNs = 0;
    this.cluster = cluster;
    this.script = script;
    this.drive = drive;
    const nodes = cluster.nodes.count;
    this.sessions = Array.from({ length: nodes }, () => []);
    this.waiting = Array.from({ length: nodes }, () => []);
    this.busy = new Array(nodes).fill(0);
    this.draws = new Array(nodes).fill(0);
    this.create();
    for (let node = 0; node < nodes; node += 1) if (drive.rates[node] > 0) this.scheduleNext(node);
  }

  private create(): void {
    const { script, sessions, cluster } = this;
    for (let node = 0; node < sessions.length; node += 1) {
      for (let place = 0; place < SESSIONS; place += 1) {
        script.after(1 + place * CREATE_NS + node, () =>
          script.ask(script.client(), node, requestDoes.WRITE, ({ session }) => sessions[node].push(session)),
        );
      }
    }
    cluster.sim.runUntil((SESSIONS + 10) * CREATE_NS);
  }

  private uniform(node: number): number {
    this.draws[node] += 1;
    return keyedUniform(this.drive.seed, node, this.draws[node]);
  }

  private scheduleNext(node: number): void {
    const gapNs = (-Math.log(1 - this.uniform(node)) * 1e9) / this.drive.rates[node];
    this.script.after(1 + Math.round(gapNs), () => {
      if (this.isStopped) return;
      this.scheduleNext(node);
      if (this.isCounting) this.offered += 1;
      const session = this.sessions[node][Math.floor(this.uniform(node) * SESSIONS)];
      const job = { dueNs: this.cluster.sim.nowNs, session, does: this.drive.does };
      const to = this.drive.isSticky ? node : this.nextNode(session);
      this.waiting[to].push(job);
      this.sendNext(to);
    });
  }

  private nextNode(session: number): number {
    this.turn[session] = ((this.turn[session] ?? session) + 1) % this.sessions.length;
    return this.turn[session];
  }

  private sendNext(node: number): void {
    if (this.busy[node] >= CONNECTIONS) return;
    const job = this.waiting[node].shift();
    if (!job) return;
    this.busy[node] += 1;
    this.script.ask(job.session, node, job.does, ({ isFailed, isNew }) => {
      this.busy[node] -= 1;
      if (this.isCounting) {
        this.completed += 1;
        if (isFailed || isNew) this.errors += 1;
        this.latenciesMs.push((this.cluster.sim.nowNs - job.dueNs) / 1e6);
      }
      this.sendNext(node);
    });
  }

  busyNs(): number[] {
    const { cluster } = this;
    return cluster.nodes.cpus.map((cpu, node) => {
      cluster.catchUp(node);
      return cpu.busyNsUntil(cluster.sim.nowNs);
    });
  }

  stop(): void {
    this.isStopped = true;
  }
}

/** Runs a load and counts over a window. */
export function loadRun(scenario: Scenario, drive: LoadDrive): LoadOutcome {
  const loop = new OpenLoop(scenario, drive);
  const { sim } = loop.cluster;
  const windowS = drive.windowS ?? WINDOW_S;
  sim.runUntil(sim.nowNs + SETTLE_S * 1e9);
  const before = loop.busyNs();
  loop.isCounting = true;
  sim.runUntil(sim.nowNs + windowS * 1e9);
  const cores = loop.busyNs().map((busyNs, node) => (busyNs - before[node]) / (windowS * 1e9));
  return {
    offeredPerS: loop.offered / windowS,
    completedPerS: loop.completed / windowS,
    errors: loop.errors,
    latencyMsP50: quantile(loop.latenciesMs, 0.5),
    latencyMsP95: quantile(loop.latenciesMs, 0.95),
    cores,
  };
}

/** Highest load that is carried: at least 97 % completed, 95th percentile at most 500 ms, no errors. */
export function isCarried({ offeredPerS, completedPerS, latencyMsP95, errors }: LoadOutcome): boolean {
  return completedPerS >= 0.97 * offeredPerS && latencyMsP95 <= 500 && errors === 0;
}
