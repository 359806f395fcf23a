import { type Distribution, type DistributionKind, distributionOf } from '../sim/distributions.ts';
import { placement } from '../sim/servers.ts';
import { milliseconds } from '../sim/time.ts';
import { eventKind } from './events.ts';
import { sendBytes } from './jvm.ts';
import { draw, type FlowHost } from './request-flow.ts';
import { requestStage } from './requests.ts';

/** Part of a request's processor time before its servlet asks for a new session: measured, of all until its delta is queued, medians of 0.34 to 0.43 in four runs (lag-stages.csv). */
const CREATION_SHARE = 0.36;

/** Who goes on with a request. */
export interface WorkDone {
  /** Its servlet asks for a new session. */
  create(slot: number): void;
  /** Its servlet is done. */
  finish(slot: number): void;
}

/**
 * What the processors of a node do for a request, one piece of work after the other.
 *
 * ```
 *   [poller thread] -> [worker thread: container, servlet, serialisation] -> back end -> [dispatcher thread] -> finish
 * ```
 * Model: one piece, unless waking threads costs something. Then a thread that sleeps is woken for each piece: the poller
 * of the connector, which finds all requests that have come until it runs; a worker, which takes them off the executor's queue, on
 * whichever processor is free first; and a request that hands a message to a dispatcher thread goes on behind it.
 * @see source: Apache Tomcat 10.1 NioEndpoint.Poller, ThreadPoolExecutor; Tribes MessageDispatchInterceptor.
 */
export class RequestWork {
  private readonly host: FlowHost;
  private readonly done: WorkDone;
  private readonly cpu: Distribution;
  private readonly backend: Distribution | null;
  /** Per node: when its poller, woken last, has found what has come by then [ns]. */
  private readonly polledNs: Float64Array;

  constructor(host: FlowHost, done: WorkDone) {
    const { service } = host.scenario;
    this.host = host;
    this.done = done;
    this.polledNs = new Float64Array(host.nodes.count);
    const cv = service.distribution === 'lognormal' || service.distribution === 'hyperexponential' ? service.cv : 1;
    const kind: DistributionKind = service.distribution;
    this.cpu = distributionOf(kind, milliseconds(service.cpuMsMean), cv);
    this.backend =
      service.backendMsMean > 0 ? distributionOf('exponential', milliseconds(service.backendMsMean)) : null;
    const { sim, requests } = host;
    const isCurrent = (slot: number, generation: number): boolean => requests.generation[slot] === generation;
    sim.on(eventKind.CREATE, 'create', (slot, generation) => {
      if (isCurrent(slot, generation)) this.done.create(slot);
    });
    sim.on(eventKind.FINISH, 'finish', (slot, generation) => {
      if (isCurrent(slot, generation)) this.done.finish(slot);
    });
    sim.on(eventKind.STAGE, 'next thread', (slot, generation) => {
      if (isCurrent(slot, generation)) this.goOn(slot);
    });
  }

  /** The session is there, and the processors begin. */
  begin(slot: number): void {
    const { requests, costs, nodes, sim } = this.host;
    if (costs.requestWakeNs === 0) {
      this.work(slot);
      return;
    }
    const node = requests.node[slot];
    if (this.polledNs[node] <= sim.nowNs) {
      this.offer(slot, 0, costs.requestWakeNs, placement.HOME);
      this.polledNs[node] = nodes.cpus[node].lastDoneNs;
    }
    this.schedule(slot, requestStage.POLLED, this.polledNs[node], this.polledNs[node]);
  }

  private goOn(slot: number): void {
    if (this.host.requests.stage[slot] === requestStage.POLLED) this.work(slot);
    else this.send(slot);
  }

  private work(slot: number): void {
    const { requests, strategy, costs, sim } = this.host;
    const session = requests.session[slot];
    const sendNs = strategy.cpuNs(slot);
    const isBehindDispatcher = sendNs > 0 && costs.isDispatched;
    const ownNs = Math.round(this.cpu.sample(this.host.drawFor(session, draw.CPU))) + costs.requestNs;
    const serviceNs = ownNs + sendNs - this.dispatcherNs(slot, sendNs);
    const startNs = this.offer(slot, serviceNs, costs.requestWakeNs, placement.SHARED);
    const { cpus, options } = this.host.nodes;
    const node = requests.node[slot];
    const { lastDoneNs: doneNs } = cpus[node];
    if (sendNs > 0) cpus[node].allocate(sendBytes(options[node].jvm));
    const waitNs = this.backend ? Math.round(this.backend.sample(this.host.drawFor(session, draw.BACKEND))) : 0;
    this.schedule(slot, isBehindDispatcher ? requestStage.SERVED : requestStage.LAST, startNs, doneNs + waitNs);
    if (requests.creates[slot] === 1) {
      requests.startNs[slot] += Math.round(CREATION_SHARE * (ownNs + sendNs));
      sim.scheduleAt(requests.startNs[slot], eventKind.CREATE, slot, requests.generation[slot]);
    }
  }

  /** Part of dispatcher threads in what a request spends on its messages: that at its end, of a new session, of a changed id [ns]. */
  private dispatcherNs(slot: number, sendNs: number): number {
    const { requests, costs } = this.host;
    return costs.ofDispatcher(sendNs, 1 + requests.creates[slot] + requests.renames[slot]);
  }

  private send(slot: number): void {
    const { requests, strategy, costs, nodes } = this.host;
    const workNs = this.dispatcherNs(slot, strategy.cpuNs(slot));
    const startNs = this.offer(slot, workNs, costs.dispatchWakeNs, placement.ANY);
    requests.queuedNs[slot] = startNs - this.host.sim.nowNs;
    this.schedule(slot, requestStage.LAST, requests.startNs[slot], nodes.cpus[requests.node[slot]].lastDoneNs);
  }

  /** @returns when the work starts [ns]. */
  private offer(slot: number, serviceNs: number, wakeNs: number, kind: number): number {
    const { requests, nodes, sim } = this.host;
    const node = requests.node[slot];
    this.host.catchUp(node);
    return nodes.cpus[node].offer(sim.nowNs, serviceNs, wakeNs, kind);
  }

  /** What comes at the end of a piece of work. */
  private schedule(slot: number, stage: number, startNs: number, doneNs: number): void {
    const { requests, sim } = this.host;
    requests.stage[slot] = stage;
    requests.startNs[slot] = startNs;
    requests.finishNs[slot] = doneNs;
    const kind = stage === requestStage.LAST ? eventKind.FINISH : eventKind.STAGE;
    sim.scheduleAt(requests.finishNs[slot], kind, slot, requests.generation[slot]);
  }

  nodeDied(node: number): void {
    this.polledNs[node] = 0;
  }

  /** A node stands still: what its processors work on ends later. */
  nodeFrozen(node: number, pauseNs: number): void {
    const { requests, sim } = this.host;
    if (this.polledNs[node] >= sim.nowNs) this.polledNs[node] += pauseNs;
    for (let slot = 0; slot < requests.slots; slot += 1) {
      if (requests.isOpen[slot] === 0 || requests.node[slot] !== node || requests.inThread[slot] === 0) continue;
      if (requests.finishNs[slot] < sim.nowNs || requests.awaited[slot] > 0) continue;
      requests.void(slot);
      requests.finishNs[slot] += pauseNs;
      const stage = requests.stage[slot];
      if (requests.startNs[slot] >= sim.nowNs) {
        requests.startNs[slot] += pauseNs;
        if (requests.creates[slot] === 1 && stage !== requestStage.POLLED) {
          sim.scheduleAt(requests.startNs[slot], eventKind.CREATE, slot, requests.generation[slot]);
        }
      }
      const kind = stage === requestStage.LAST ? eventKind.FINISH : eventKind.STAGE;
      sim.scheduleAt(requests.finishNs[slot], kind, slot, requests.generation[slot]);
    }
  }
}
