import type { Broadcast, Copy, DeliveryPlane, PlaneParts } from '../../models/replication/delivery-plane.ts';
import { LogPlane } from '../../models/replication/log-plane.ts';
import { SessionTable } from '../../models/sessions.ts';
import { MultiServer } from '../../sim/servers.ts';
import { Simulation } from '../../sim/simulation.ts';
import { ThrottledServers } from '../../sim/throttled-servers.ts';
import { NaivePlane } from './naive-plane.ts';
import { restless } from './restless-plane.ts';

/** What a pair of planes is made for; everything small, so that moments coincide. */
export interface World {
  readonly nodes: number;
  readonly cores: number;
  /** What a message pays that finds a free processor, and a quota of 100 (0 = none) [ns]. */
  readonly wakeNs: number;
  readonly quotaNs: number;
  readonly threads: number;
  readonly latencyNs: number;
  readonly writeNs: number;
  readonly delayMeanNs: number;
  readonly delaySeed: number;
  readonly sessions: number;
  /** Sessions with a lower number are known to all from before the run. */
  readonly knownBefore: number;
}

/** A message as a test states it; times count from now. */
export interface Post {
  readonly sender: number;
  readonly session: number;
  readonly effect: number;
  readonly version: number;
  readonly epoch: number;
  readonly handedInNs: number;
  readonly departsInNs: number;
  readonly copyNs: number;
  readonly serviceNs: number;
  readonly bytes: number;
  /** Nodes that the sender does not see, and one that gets no copy all the same (-1 none). */
  readonly unseen?: readonly number[];
  readonly except?: number;
  readonly isAwaited?: boolean;
  readonly isOwnKnown?: boolean;
  /** An earlier message whose delays it has. */
  readonly like?: number;
}

function processors({ cores, wakeNs, quotaNs, delaySeed }: World, node: number): MultiServer {
  const quota = { quotaNs, periodNs: 100, phaseNs: 7 * node, seed: delaySeed ^ node };
  const cpu = quotaNs === 0 ? new MultiServer(cores) : new ThrottledServers(cores, quota);
  cpu.wakeNs = wakeNs;
  return cpu;
}

/** One plane with the processors, the clock and the sessions of its own, and a record of all that it has told. */
export class PlaneBench {
  readonly sim = new Simulation();
  readonly cpus: MultiServer[];
  readonly plane: DeliveryPlane;
  readonly told: string[] = [];
  private readonly world: World;

  constructor(world: World, kind: 'log' | 'skipping log' | 'restless log' | 'naive') {
    this.world = world;
    this.cpus = Array.from({ length: world.nodes }, (_, node) => processors(world, node));
    const sessions = new SessionTable();
    for (let count = 0; count < world.sessions; count += 1) {
      const row = sessions.open();
      if (row < world.knownBefore) sessions.headVersion.set(row, 0);
    }
    const parts: PlaneParts = {
      nodes: world.nodes,
      cpus: this.cpus,
      receiverThreads: this.cpus.map(() => world.threads),
      latencyNs: world.latencyNs,
      writeNs: world.writeNs,
      delaySeed: world.delaySeed,
      delayMeanNs: world.delayMeanNs,
      laterCopyShare:
        world.delaySeed % 2 === 0
          ? []
          : [
              [0, 0.1],
              [1, 0.9],
            ],
      stagesWorkNs: world.delaySeed % 3,
      lagPerIdleDecade: world.delaySeed % 5 < 2 ? 0 : 0.1,
      listener: {
        answered: (node, message, startNs, doneNs) =>
          this.told.push(`message ${message} at node ${node} from ${startNs} to ${doneNs}`),
        unicastDone: (node, id, startNs, doneNs) =>
          this.told.push(`unicast ${id} at node ${node} from ${startNs} to ${doneNs}`),
      },
    };
    if (kind === 'naive') this.plane = new NaivePlane(parts, sessions, this.sim);
    else if (kind === 'log') this.plane = new LogPlane(parts, sessions);
    else if (kind === 'skipping log') this.plane = new LogPlane(parts, sessions, 1);
    else this.plane = restless(new LogPlane(parts, sessions), world.nodes, this.sim, world.delaySeed);
  }

  get nowNs(): number {
    return this.sim.nowNs;
  }

  wait(forNs: number): void {
    this.sim.runUntil(this.sim.nowNs + forNs);
  }

  post(post: Post): number {
    const { world, plane, nowNs } = this;
    const isMember = new Uint8Array(world.nodes).fill(1);
    for (const node of post.unseen ?? []) isMember[node] = 0;
    const message: Broadcast = {
      ...post,
      appendedNs: nowNs,
      handedNs: nowNs + post.handedInNs,
      departNs: nowNs + post.handedInNs + post.departsInNs,
      view: plane.addView(post.sender, isMember),
      except: post.except ?? -1,
      isOwnKnown: post.isOwnKnown ?? false,
      isAwaited: post.isAwaited ?? false,
      like: post.like ?? -1,
      isOrdered: post.like !== undefined && post.like >= 0,
    };
    return plane.broadcast(message);
  }

  read(node: number, session: number): Copy {
    this.plane.catchUp(node, this.nowNs);
    const { version, epoch } = this.plane.read(node, session, this.nowNs);
    return { version, epoch: version < 0 ? 0 : epoch };
  }

  /** How far a node is behind with what another has sent it; who asks that may ask when it will be behind no longer. */
  behind(sender: number, node: number, bytes: number): unknown[] {
    const { plane, nowNs } = this;
    const unread = plane.unread(sender, node, nowNs);
    if (unread > bytes) plane.readNs(sender, node, bytes, nowNs);
    return [unread, plane.isWithin(sender, bytes, nowNs)];
  }

  catchUpAll(): void {
    for (let node = 0; node < this.world.nodes; node += 1) this.plane.catchUp(node, this.nowNs);
  }

  /** A process ends, as the cluster ends it. */
  crash(node: number, isPowerOff: boolean): void {
    this.catchUpAll();
    this.cpus[node].reset(this.nowNs);
    this.plane.senderDied(node, this.nowNs, isPowerOff);
    this.plane.stop(node);
  }

  freeze(node: number, forNs: number): void {
    this.plane.catchUp(node, this.nowNs);
    this.cpus[node].standStill(this.nowNs, this.nowNs + forNs);
    this.plane.freeze(node, this.nowNs, this.nowNs + forNs);
  }

  /** A request takes processor time. @returns when it is done [ns]. */
  work(node: number, serviceNs: number): number {
    this.plane.catchUp(node, this.nowNs);
    this.cpus[node].offer(this.nowNs, serviceNs);
    return this.cpus[node].lastDoneNs;
  }

  /** Everything that can be compared once all has arrived. */
  outcome(alive: readonly number[]): unknown {
    const { plane, world } = this;
    plane.finish();
    const copies = alive.map((node) => Array.from({ length: world.sessions }, (_, row) => this.read(node, row)));
    const { deliveries, missedCopies, dropped, sent } = plane;
    return { copies, deliveries, missedCopies, dropped, sent, told: [...this.told].sort() };
  }
}
