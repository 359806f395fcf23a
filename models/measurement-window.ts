import type { Simulation } from '../sim/simulation.ts';
import type { Measurement } from './measurement.ts';
import type { Membership } from './membership/membership.ts';
import type { Strategy } from './replication/strategy.ts';
import type { Throughput, Traffic } from './results.ts';
import type { Scenario } from './scenario/schema.ts';
import type { Stores } from './stores/index.ts';
import type { TomcatNodes } from './tomcat-nodes.ts';
import { TrafficMeter } from './traffic-meter.ts';

/** What is looked at when the window opens, when a fault begins and when the window ends. */
export interface WindowHost {
  readonly scenario: Scenario;
  readonly sim: Simulation;
  readonly nodes: TomcatNodes;
  readonly measurement: Measurement;
  readonly traffic: TrafficMeter;
  readonly membership: Membership;
  readonly strategy: Strategy;
  readonly stores: Stores;
  catchUp(node: number): void;
}

/** Opens and closes the measurement window, and parts it where the first fault begins. */
export class MeasurementWindow {
  private readonly host: WindowHost;

  constructor(host: WindowHost) {
    this.host = host;
  }

  open(): void {
    const { sim, nodes, measurement, scenario, traffic, stores, membership } = this.host;
    this.catchUp();
    measurement.open(sim.nowNs, scenario.run, nodes.count);
    traffic.isOpen = true;
    stores.used.measureFrom();
    membership.meter.measureFrom(sim.nowNs);
    for (let node = 0; node < nodes.count; node += 1)
      nodes.busyBeforeNs[node] = nodes.cpus[node].busyNsUntil(sim.nowNs);
  }

  /** A fault begins now. */
  faultBegins(): void {
    const { beforeFaults, isOpen } = this.host.measurement;
    if (beforeFaults.isOver) return;
    if (isOpen) this.endUndisturbed();
    else beforeFaults.end(null);
  }

  /** @returns what the window saw. */
  close(): { throughput: Throughput; traffic: Traffic[] } {
    const { sim, nodes, measurement, scenario, traffic, strategy } = this.host;
    if (!measurement.beforeFaults.isOver) this.endUndisturbed();
    this.look();
    strategy.meter(traffic);
    let memoryBytesMax = 0;
    for (let node = 0; node < nodes.count; node += 1) {
      memoryBytesMax = Math.max(memoryBytesMax, strategy.memoryBytes(node));
    }
    const { memcached, used, hasUse } = this.host.stores;
    const items = hasUse && used === memcached ? memcached : null;
    const throughput = {
      ...measurement.throughput(nodes, sim.nowNs, memoryBytesMax, this.storeUtilisation()),
      store_evictions: items?.evictions ?? null,
      store_refused_items: items?.tooLarge ?? null,
    };
    const rows = traffic.rows(measurement.completed + measurement.failed, scenario.run.durationS);
    measurement.isOpen = false;
    traffic.isOpen = false;
    return { throughput, traffic: rows };
  }

  private catchUp(): void {
    for (let node = 0; node < this.host.nodes.count; node += 1) this.host.catchUp(node);
  }

  /** All that no event brings about is done and counted up to now. */
  private look(): void {
    this.catchUp();
    this.host.membership.meter.meterAll(this.host.sim.nowNs);
  }

  private storeUtilisation(): number | null {
    const { stores, sim, measurement } = this.host;
    return stores.hasUse ? stores.used.utilisationMax(sim.nowNs - measurement.openedNs) : null;
  }

  private endUndisturbed(): void {
    const { measurement, nodes, sim, traffic, strategy } = this.host;
    const { beforeFaults, completed, failed, openedNs } = measurement;
    this.look();
    // What the strategy counts by arithmetic it will count again, from the beginning, when the window ends.
    const uncounted = new TrafficMeter(nodes.count);
    uncounted.isOpen = true;
    strategy.meter(uncounted);
    beforeFaults.end({
      windowNs: sim.nowNs - openedNs,
      completed,
      decided: completed + failed,
      utilisationMax: Math.max(measurement.utilisation(nodes, sim.nowNs).max, this.storeUtilisation() ?? 0),
      bytes: traffic.allBytes + uncounted.allBytes,
    });
  }
}
