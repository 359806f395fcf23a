import { CollectedServers } from '../sim/collected-servers.ts';
import { CompilingServers } from '../sim/compiling-servers.ts';
import { keyedUint32, keyedUniform } from '../sim/keyed-random.ts';
import { MultiServer, SERVER_ROW } from '../sim/servers.ts';
import { ThrottledServers } from '../sim/throttled-servers.ts';
import { milliseconds } from '../sim/time.ts';
import { collectionOf, compilationOf, type Jvm } from './jvm.ts';
import type { Scenario } from './scenario/schema.ts';

/**
 * Life of a node. Requests are taken while SERVING only; a JOINING one is in the group and waits for its state, a STOPPING
 * one for the requests that it has begun.
 */
export const nodeState = { DOWN: 0, STARTING: 1, JOINING: 2, SERVING: 3, STOPPING: 4 } as const;

/** Sizes of one node. */
export interface NodeOptions {
  cores: number;
  maxThreads: number;
  acceptCount: number;
  maxConnections: number;
  startUpS: number;
  /** A CPU limit of the node's control group or container; `quotaMs` 0 = none. */
  cpuQuota: { quotaMs: number; periodMs: number };
  jvm: Jvm;
}

/** The cores of a node; the periods of a quota begin at a moment of the node's own. */
function cores(options: NodeOptions, node: number, seed: number, rows: Float64Array): MultiServer {
  const { quotaMs, periodMs } = options.cpuQuota;
  if (quotaMs === 0) return new MultiServer(options.cores, rows, node);
  const periodNs = milliseconds(periodMs);
  const phaseNs = Math.floor(keyedUniform(seed, node, 0) * periodNs);
  return new ThrottledServers(options.cores, { quotaNs: milliseconds(quotaMs), periodNs, phaseNs, seed: seed ^ node });
}

/** What does the work of a node: its cores, and its JVM, which may stop all of them. */
function processors(options: NodeOptions, node: number, seed: number, rows: Float64Array): MultiServer {
  const all = cores(options, node, seed, rows);
  const heap = collectionOf(options.jvm, options.cores, keyedUint32(seed, node, 3));
  const collected = heap === null ? all : new CollectedServers(all, heap);
  const compilation = compilationOf(options.jvm, keyedUint32(seed, node, 4));
  return compilation === null ? collected : new CompilingServers(collected, compilation);
}

/**
 * The Tomcats in columns: connector (maxThreads in execution, maxConnections accepted, acceptCount in the backlog),
 * processors (c servers, first come, first served, shared by requests and received messages), life and death.
 *
 * Model: a thread is held from its grant to the response, its processor time is one uninterrupted job; time slicing is
 * left out, so that the past of the processors can be replayed exactly.
 */
export class TomcatNodes {
  readonly count: number;
  readonly cpus: MultiServer[];
  readonly options: readonly NodeOptions[];
  readonly state: Uint8Array;
  /** Which start of the node this is; what refers to an earlier one is void. */
  readonly start: Int16Array;
  /** 1: its host does not even refuse connections. */
  readonly isSilent: Uint8Array;
  readonly frozenUntilNs: Float64Array;
  /** Threads in use, requests accepted, requests of the window. */
  readonly threadsBusy: Int32Array;
  readonly connections: Int32Array;
  readonly requests: Float64Array;
  /** First and last request waiting for a thread, -1 none. */
  readonly queueFirst: Int32Array;
  readonly queueLast: Int32Array;
  /** Busy time of the processors when the window opened [ns]. */
  readonly busyBeforeNs: Float64Array;

  /** @param seed - of what is left to chance in processors with a quota. */
  constructor(options: readonly NodeOptions[], seed = 0) {
    this.count = options.length;
    this.options = options;
    const rows = new Float64Array(this.count * SERVER_ROW);
    this.cpus = options.map((one, node) => processors(one, node, seed, rows));
    this.state = new Uint8Array(this.count).fill(nodeState.SERVING);
    this.start = new Int16Array(this.count);
    this.isSilent = new Uint8Array(this.count);
    this.frozenUntilNs = new Float64Array(this.count);
    this.threadsBusy = new Int32Array(this.count);
    this.connections = new Int32Array(this.count);
    this.requests = new Float64Array(this.count);
    this.queueFirst = new Int32Array(this.count).fill(-1);
    this.queueLast = new Int32Array(this.count).fill(-1);
    this.busyBeforeNs = new Float64Array(this.count);
  }

  isUp(node: number): boolean {
    return this.state[node] !== nodeState.DOWN && this.state[node] !== nodeState.STARTING;
  }

  isServing(node: number): boolean {
    return this.state[node] === nodeState.SERVING;
  }

  isFrozen(node: number, nowNs: number): boolean {
    return this.frozenUntilNs[node] > nowNs;
  }

  /** Whether the connector takes one connection more. */
  hasRoom(node: number): boolean {
    const { maxConnections, acceptCount } = this.options[node];
    return this.connections[node] < maxConnections + acceptCount;
  }

  hasThread(node: number): boolean {
    return this.threadsBusy[node] < this.options[node].maxThreads;
  }

  /** Puts a request at the end of those that wait for a thread. */
  enqueue(node: number, slot: number, queueNext: Int32Array): void {
    if (this.queueLast[node] < 0) this.queueFirst[node] = slot;
    else queueNext[this.queueLast[node]] = slot;
    this.queueLast[node] = slot;
    queueNext[slot] = -1;
  }

  /** Takes the first request that waits for a thread, -1 none. */
  dequeue(node: number, queueNext: Int32Array): number {
    const slot = this.queueFirst[node];
    if (slot < 0) return -1;
    this.queueFirst[node] = queueNext[slot];
    if (queueNext[slot] < 0) this.queueLast[node] = -1;
    return slot;
  }

  /** The process is gone, with everything in it. */
  die(node: number, nowNs: number, isSilent: boolean): void {
    this.state[node] = nodeState.DOWN;
    this.start[node] += 1;
    this.isSilent[node] = isSilent ? 1 : 0;
    this.frozenUntilNs[node] = 0;
    this.threadsBusy[node] = 0;
    this.connections[node] = 0;
    this.queueFirst[node] = -1;
    this.queueLast[node] = -1;
    this.cpus[node].reset(nowNs);
  }
}

/** The nodes of a scenario, overrides included. */
export function nodeOptions(scenario: Scenario): NodeOptions[] {
  const usual: NodeOptions = { ...scenario.node };
  if (typeof scenario.nodes === 'number') return Array.from({ length: scenario.nodes }, () => usual);
  return scenario.nodes.map((override) => {
    const given = Object.entries(override).filter(([, value]) => value !== undefined);
    return { ...usual, ...Object.fromEntries(given) } as NodeOptions;
  });
}
