import { type Distribution, exponential } from '../../sim/distributions.ts';
import { invariant } from '../../sim/invariant.ts';
import { type RandomSource, RandomStreams } from '../../sim/random.ts';
import { Simulation } from '../../sim/simulation.ts';

/** Mean service time [ns], the unit of the results. */
export const SERVICE_NS = 1_000_000;

const ARRIVAL = 0;
const DEPARTURE = 1;

/** A queue in Kendall's words: Poisson arrivals, a law of service, c servers, K places, first come first served. */
export interface QueueOptions {
  seed: number;
  replication: number;
  /** Offered load in servers, lambda * S. */
  load: number;
  servers: number;
  /** Places in the system, waiting ones included; default no limit. */
  places?: number;
  service: Distribution;
  /** Work found at time 0: one job each [ns]. */
  initialServicesNs: number[];
  /** Stops when that many customers came; the others get their service. Default no limit. */
  customers?: number;
}

/** An event-driven queue that counts everything a formula of queueing theory speaks of. */
export class FiniteQueue {
  readonly simulation = new Simulation();
  arrived = 0;
  turnedAway = 0;
  delayed = 0;
  /** Sum of the waits of customers that came, found ones left out [ns]. */
  waitNsSum = 0;
  /** Time integrals of the number in the system and of the number waiting [ns]. */
  inSystemNs = 0;
  waitingNs = 0;
  private presentNsSum = 0;
  private inSystem = 0;
  private lastNs = 0;
  /** By customer: arrival, and service drawn at arrival [ns]. */
  private readonly arrivalsNs: number[] = [];
  private readonly servicesNs: number[] = [];
  private nextToStart = 0;
  private readonly departed: boolean[] = [];
  private readonly gap: Distribution;
  private readonly arrivals: RandomSource;
  private readonly services: RandomSource;

  constructor(private readonly options: QueueOptions) {
    const streams = new RandomStreams(options.seed, options.replication);
    this.arrivals = streams.stream('arrivals');
    this.services = streams.stream('services');
    this.gap = exponential(SERVICE_NS / options.load);
    this.simulation.on(ARRIVAL, 'arrival', () => this.arrive());
    this.simulation.on(DEPARTURE, 'departure', (customer) => this.depart(customer));
    for (const serviceNs of options.initialServicesNs) this.enter(serviceNs);
    this.simulation.schedule(Math.round(this.gap.sample(this.arrivals.double())), ARRIVAL);
  }

  /** Runs to a moment [ns] and asserts Little's law on the way. */
  runUntil(timeNs: number): void {
    this.simulation.runUntil(timeNs);
    this.advance();
    this.assertLittle();
  }

  private arrive(): void {
    this.arrived++;
    const { places = Number.POSITIVE_INFINITY, customers = Number.POSITIVE_INFINITY } = this.options;
    if (this.arrived < customers) {
      this.simulation.schedule(Math.round(this.gap.sample(this.arrivals.double())), ARRIVAL);
    }
    const serviceNs = Math.round(this.options.service.sample(this.services.double()));
    if (this.inSystem >= places) this.turnedAway++;
    else this.enter(serviceNs);
  }

  private enter(serviceNs: number): void {
    this.advance();
    this.arrivalsNs.push(this.simulation.nowNs);
    this.servicesNs.push(serviceNs);
    this.departed.push(false);
    this.inSystem++;
    if (this.inSystem <= this.options.servers) this.startNext();
    else if (this.arrived > 0) this.delayed++;
  }

  private startNext(): void {
    const customer = this.nextToStart++;
    if (customer >= this.options.initialServicesNs.length) {
      this.waitNsSum += this.simulation.nowNs - this.arrivalsNs[customer];
    }
    this.simulation.schedule(this.servicesNs[customer], DEPARTURE, customer);
  }

  private depart(customer: number): void {
    this.advance();
    this.inSystem--;
    this.departed[customer] = true;
    this.presentNsSum += this.simulation.nowNs - this.arrivalsNs[customer];
    if (this.inSystem >= this.options.servers) this.startNext();
  }

  private advance(): void {
    const { nowNs } = this.simulation;
    this.inSystemNs += this.inSystem * (nowNs - this.lastNs);
    this.waitingNs += Math.max(0, this.inSystem - this.options.servers) * (nowNs - this.lastNs);
    this.lastNs = nowNs;
  }

  /** L * T = sum of the times that customers were present, to the nanosecond: Little's law on this very path. */
  private assertLittle(): void {
    const { nowNs } = this.simulation;
    const presentNs = this.arrivalsNs.reduce(
      (sum, arrivalNs, customer) => sum + (this.departed[customer] ? 0 : nowNs - arrivalNs),
      this.presentNsSum,
    );
    invariant(
      presentNs === this.inSystemNs,
      () => `Little's law: ${presentNs} ns present, ${this.inSystemNs} ns counted`,
    );
    const left = this.departed.filter(Boolean).length;
    const entered = this.options.initialServicesNs.length + this.arrived - this.turnedAway;
    invariant(entered === left + this.inSystem, () => `${entered} entered, ${left} left, ${this.inSystem} present`);
  }
}
