import { invariant } from '../sim/invariant.ts';
import { KeyedDelay, lagLaw } from '../sim/keyed-delay.ts';
import { keyedUniform, keySeed } from '../sim/keyed-random.ts';
import { RandomStreams } from '../sim/random.ts';
import { Simulation } from '../sim/simulation.ts';
import { seconds } from '../sim/time.ts';
import { Channel } from './channel.ts';
import { Clients } from './clients.ts';
import { eventKind } from './events.ts';
import { FaultPlan } from './fault-plan.ts';
import { Measurement } from './measurement.ts';
import { MeasurementWindow } from './measurement-window.ts';
import { Membership } from './membership/membership.ts';
import { TomcatSizes } from './messages.ts';
import { Misdirection } from './misdirection.ts';
import { NetworkCards } from './network-card.ts';
import { type LifeHost, NodeLife } from './node-life.ts';
import type { Answer } from './outgoing.ts';
import { PacketLoss } from './packet-loss.ts';
import { ProcessorCosts } from './processor-costs.ts';
import { Pruning } from './pruning.ts';
import type { DeliveryPlane, PlaneParts } from './replication/delivery-plane.ts';
import { columnsOf, strategyTypes } from './replication/index.ts';
import { LogPlane } from './replication/log-plane.ts';
import type { Strategy, StrategyHost } from './replication/strategy.ts';
import { type FlowHost, RequestFlow } from './request-flow.ts';
import { RequestPool } from './requests.ts';
import type { RunResult } from './results.ts';
import { Router } from './router.ts';
import { nodeCount } from './scenario/parse-scenario.ts';
import type { Scenario } from './scenario/schema.ts';
import { type ClientSide, DirectRouter, ScriptedClients } from './scripted-clients.ts';
import { SenderPool } from './sender-pool.ts';
import { SessionTable } from './sessions.ts';
import type { StalledConnections } from './stalled-connections.ts';
import { makeStores, type Stores } from './stores/index.ts';
import type { StoreServers } from './stores/store-servers.ts';
import { nodeOptions, TomcatNodes } from './tomcat-nodes.ts';
import { TrafficMeter } from './traffic-meter.ts';
import { Unicasts } from './unicasts.ts';
import { WriteLedger } from './write-ledger.ts';

/** After the window nobody asks any more, and what is on its way arrives. */
const DRAIN_NS = 2e9;
const PURPOSES = 16;

/** Makes the plane of deliveries; tests put an oracle in its place. */
export type PlaneFactory = (parts: PlaneParts, sessions: SessionTable, sim: Simulation) => DeliveryPlane;

/**
 * The composition root: the only file that knows all parts. One object is one run of one scenario.
 *
 * ```
 *   Clients -> Router -> RequestFlow -> Strategy -> Channel/Unicasts/Memcached -> plane -> nodes
 *                                 FaultPlan -> nodes, Membership, stores
 * ```
 */
export class Cluster implements FlowHost, StrategyHost, LifeHost {
  readonly scenario: Scenario;
  readonly sim: Simulation;
  readonly nodes: TomcatNodes;
  readonly costs: ProcessorCosts;
  readonly sessions: SessionTable;
  readonly requests = new RequestPool();
  readonly ledger: WriteLedger;
  readonly measurement = new Measurement();
  readonly traffic: TrafficMeter;
  readonly cards: NetworkCards;
  readonly loss: PacketLoss;
  readonly plane: DeliveryPlane;
  readonly channel: Channel;
  readonly unicasts: Unicasts;
  /** Pooled senders: synchronous sends to all or to one take them. */
  readonly senders: SenderPool;
  readonly membership: Membership;
  readonly misdirection: Misdirection;
  readonly stores: Stores;
  /** The servers of the store that the strategy uses. */
  readonly store: StoreServers;
  readonly router: Router;
  readonly sizes: TomcatSizes;
  readonly strategy: Strategy;
  readonly flow: RequestFlow;
  readonly life: NodeLife;
  readonly faults: FaultPlan;
  readonly clients: ClientSide;
  /** The clients of a scripted run, null in all others. */
  readonly script: ScriptedClients | null;
  private readonly drawSeed: number;
  private readonly seedText: string;
  private readonly wakeNs: Float64Array;
  private readonly window: MeasurementWindow;
  readonly pruning: Pruning;

  constructor(scenario: Scenario, replication: number, planeFactory?: PlaneFactory, isScripted = false) {
    this.scenario = scenario;
    const { run, network, calibration, channel, replication: strategy } = scenario;
    const count = nodeCount(scenario);
    this.seedText = `${run.seed}/${replication}`;
    this.drawSeed = keySeed(`${this.seedText}/requests`);
    const streams = new RandomStreams(run.seed, replication);
    this.sim = new Simulation({ maxEvents: run.maxEvents, maxPending: run.maxPending });
    this.nodes = new TomcatNodes(nodeOptions(scenario), keySeed(`${this.seedText}/processors`));
    this.costs = new ProcessorCosts(scenario);
    for (const cpu of this.nodes.cpus) cpu.wakeNs = this.costs.receiveWakeNs;
    this.sessions = new SessionTable(columnsOf[strategy.strategy]);
    this.ledger = new WriteLedger(this.sessions);
    this.traffic = new TrafficMeter(count);
    this.cards = new NetworkCards(count, network);
    this.loss = new PacketLoss(this.seedText, network);
    this.sizes = new TomcatSizes(scenario);
    this.wakeNs = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    const parts: PlaneParts = {
      nodes: count,
      cpus: this.nodes.cpus,
      receiverThreads: this.nodes.options.map(() => channel.receiver.maxThreads),
      ...{ latencyNs: this.cards.latencyNs, writeNs: calibration.messageWriteUs * 1000 },
      delaySeed: keySeed(`${this.seedText}/receive lag`),
      delayMeanNs: lagLaw(calibration.receiveLagUs, calibration.receiveLagUsMean),
      laterCopyShare: calibration.laterCopyShare,
      stagesWorkNs: Math.round((calibration.messageReceiveUs + calibration.messageReceiveWakeUs) * 1000),
      lagPerIdleDecade: calibration.lagPerIdleDecade,
      listener: {
        answered: (node, message, startNs, doneNs) =>
          this.channel.acknowledged.answered(node, message, startNs, doneNs),
        unicastDone: (_node, id, startNs, doneNs) => this.unicasts.started(id, startNs, doneNs),
      },
    };
    const makePlane: PlaneFactory = planeFactory ?? ((given, sessions) => new LogPlane(given, sessions));
    this.plane = makePlane(parts, this.sessions, this.sim);
    if (this.loss.nodes > 0) this.plane.setLoss(this.loss.nodes);
    const lag = new KeyedDelay(
      keySeed(`${this.seedText}/dispatch lag`),
      lagLaw(calibration.dispatchLagUs, calibration.dispatchLagUsMean),
    );
    this.senders = new SenderPool(this, count, channel.sender);
    this.misdirection = new Misdirection(scenario.misconfiguration, count);
    this.channel = new Channel(this, scenario, count, lag);
    this.unicasts = new Unicasts(this, scenario, keySeed(`${this.seedText}/receive lag of unicasts`));
    this.stores = makeStores(this, scenario);
    this.store = this.stores.used;
    // Where heartbeats are lost from the beginning the membership asks who is cut off, and plans, as soon as it is there.
    this.life = new NodeLife(this);
    this.handleEvents();
    this.membership = new Membership(this, scenario, count, keySeed(`${this.seedText}/heartbeats`));
    const RouterOfRun = isScripted ? DirectRouter : Router;
    this.router = new RouterOfRun(scenario, this.routes(), this.sessions, keySeed(`${this.seedText}/balancer`));
    for (let node = 0; node < count; node += 1) this.channel.setView(node, this.membership.view(node));
    this.pruning = new Pruning(this);
    this.window = new MeasurementWindow(this);
    this.strategy = strategyTypes[strategy.strategy](this);
    this.flow = new RequestFlow(this);
    this.script = isScripted ? new ScriptedClients(this, this.flow) : null;
    this.clients = this.script ?? new Clients(this, this.flow, streams);
    this.faults = new FaultPlan(this.life, scenario, () => this.window.faultBegins());
  }

  private routes(): string[] {
    return Array.from({ length: this.nodes.count }, (_, node) => `n${node + 1}`);
  }

  private handleEvents(): void {
    const { sim } = this;
    sim.on(eventKind.DELIVER, 'deliver', (id, ticket) => this.channel.acknowledged.delivered(id, ticket));
    sim.on(eventKind.WAKE, 'wake', (node) => {
      this.wakeNs[node] = Number.POSITIVE_INFINITY;
      this.catchUp(node);
    });
    sim.on(eventKind.ANSWERED, 'answered', (id, ticket) => this.channel.acknowledged.over(id, ticket));
    sim.on(eventKind.UNICAST_APPLIED, 'unicast applied', (id) => this.unicasts.applied(id));
    sim.on(eventKind.UNICAST_OVER, 'unicast over', (id) => this.unicasts.over(id));
    sim.on(eventKind.UNICAST, 'unicast', (id) => this.unicasts.arrive(id));
    sim.on(eventKind.UNICAST_DONE, 'unicast done', (id) => this.unicasts.progress(id));
    sim.on(eventKind.EXPIRE, 'member expires', (observer, member) => this.membership.expire(observer, member));
    sim.on(eventKind.VERIFIED, 'member verified', (observer, member) => this.membership.verified(observer, member));
    sim.on(eventKind.HEARD, 'member heard', (observer, member) => this.membership.heard(observer, member));
    sim.on(eventKind.MEASURE, 'measure', () => this.window.open());
    sim.scheduleAt(seconds(this.scenario.run.warmUpS), eventKind.MEASURE);
  }

  /** Runs the scenario to its end. */
  run(): RunResult {
    const { run } = this.scenario;
    const endNs = seconds(run.warmUpS + run.durationS);
    this.sim.runUntil(endNs);
    const { throughput, traffic } = this.window.close();
    this.clients.isClosed = true;
    this.sim.runUntil(endNs + DRAIN_NS);
    for (let node = 0; node < this.nodes.count; node += 1) this.catchUp(node);
    this.plane.finish();
    this.settle();
    this.checkConservation();
    return {
      throughput,
      traffic,
      consistency: this.measurement.consistency(),
      detection: [...this.membership.detections],
      timeline: this.measurement.timeline?.rows() ?? [],
      nodeRequests: [...this.nodes.requests],
      events: this.sim.eventsRun,
      deliveries: this.plane.deliveries,
      fingerprint: this.sim.digest(),
    };
  }

  /** The accounts of all sessions that still live: writes without a copy, copies that differ. */
  private settle(): void {
    const { sessions, measurement, strategy } = this;
    for (let row = 0; row < sessions.rows; row += 1) {
      if (!sessions.isLive(row)) continue;
      const isUntouched = sessions.firstInWindow.get(row) === 0 && !strategy.hasOwnCopies && this.plane.isUniform(row);
      if (isUntouched && sessions.second.get(row) < 0) continue;
      // One for each: of a set that is emptied again and again the engine keeps what it was.
      const versions = new Set<number>();
      strategy.survivors(row, versions);
      if (versions.size > 1) measurement.divergedSessions += 1;
      measurement.lostUpdates += this.ledger.settle(row, [...versions]);
    }
  }

  private checkConservation(): void {
    const { measurement, requests, plane } = this;
    const open = requests.underWay;
    const { sentAll, completedAll, failedAll } = measurement;
    invariant(
      sentAll === completedAll + failedAll + open,
      () => `${sentAll} requests sent, ${completedAll} completed, ${failedAll} failed, ${open} under way`,
    );
    const onTheWay = plane.sent - plane.deliveries - plane.missedCopies;
    invariant(onTheWay >= 0, () => `${-onTheWay} messages more delivered than sent`);
  }

  catchUp(node: number): void {
    const { sim } = this;
    this.plane.catchUp(node, sim.nowNs);
    const atNs = this.plane.wakeNs(node, sim.nowNs);
    if (atNs < Number.POSITIVE_INFINITY) this.wakeAt(node, atNs);
  }

  private wakeAt(node: number, atNs: number): void {
    const { sim, wakeNs } = this;
    if (atNs >= wakeNs[node] || atNs <= sim.nowNs) return;
    wakeNs[node] = atNs;
    sim.scheduleAt(atNs, eventKind.WAKE, node);
  }

  drawFor(session: number, purpose: number): number {
    const { client, request } = this.sessions;
    return keyedUniform(this.drawSeed, client.get(session), request.get(session) * PURPOSES + purpose);
  }

  uniform(name: string, a: number, b: number): number {
    return keyedUniform(keySeed(`${this.seedText}/${name}`), a, b);
  }

  idLength(node: number): number {
    return this.sizes.idLength(node);
  }

  sendCpuNs(bytes: number): number {
    return this.costs.send(bytes);
  }

  serviceNs(bytes: number): number {
    return this.channel.serviceNs(bytes);
  }

  runNs(node: number, workNs: number): number {
    const { nowNs } = this.sim;
    if (workNs === 0) return nowNs;
    this.catchUp(node);
    this.nodes.cpus[node].offer(nowNs, workNs, 0);
    return this.nodes.cpus[node].lastDoneNs;
  }

  copyNs(bytes: number): number {
    return this.cards.copyNs(bytes);
  }

  idleSessions(node: number): number {
    return this.clients.idle[node];
  }

  dropIdleSessions(): void {
    this.clients.idle.fill(0);
  }

  found(slot: number, version: number): void {
    this.flow.found(slot, version);
  }

  absent(slot: number): void {
    this.flow.absent(slot);
  }

  readonly mayOpen = (node: number, atNs: number): void => this.life.mayOpen(node, atNs);

  resume(slot: number): void {
    this.flow.resume(slot);
  }

  error(slot: number): void {
    this.flow.error(slot);
  }

  clientAnswered(session: number, isFailed: boolean, slot: number): void {
    this.clients.answered(session, isFailed, slot);
  }

  sessionLost(session: number): number {
    if (this.measurement.isOpen) this.measurement.lostSessions += 1;
    return this.startOver(session);
  }

  startOver(session: number): number {
    const fresh = this.clients.replace(session);
    this.clients.abandon(session);
    return fresh;
  }

  readonly replaced = (session: number): number => this.clients.replace(session);

  abandoned(session: number): void {
    this.clients.abandon(session);
  }

  nodeName(node: number): string {
    return `node-${node + 1}`;
  }

  isUp(node: number): boolean {
    return this.nodes.isUp(node);
  }

  isFrozen(node: number): boolean {
    return this.nodes.isFrozen(node, this.sim.nowNs);
  }

  linkUpNs(node: number): number {
    return this.life.linkUpNs(node);
  }

  isCut(from: number, to: number): boolean {
    return this.life.isCut(from, to);
  }

  get stalled(): StalledConnections {
    return this.life.stalled;
  }

  readonly sendFailed = (from: number, to: number): void => this.membership.sendFailed(from, to);

  connect(from: number, to: number): Answer {
    return this.life.connect(from, to);
  }

  answer(from: number, to: number): Answer {
    return this.life.answer(from, to);
  }

  readonly doubtful = (): readonly number[] => this.life.doubtful();

  viewChanged(observer: number, member: number, isMember: boolean): void {
    this.channel.setView(observer, this.membership.view(observer));
    this.strategy.viewChanged(observer, member, isMember);
  }
}

/**
 * Runs one replication of a scenario: a pure function of its arguments.
 * @param replication - number of the replication, 0-based; selects the random streams together with `run.seed`.
 */
export function simulate(scenario: Scenario, replication: number): RunResult {
  return new Cluster(scenario, replication).run();
}
