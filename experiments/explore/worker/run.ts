import type { RunResult } from '../../../models/results.ts';
import { nodeCount, parseScenario, ScenarioError } from '../../../models/scenario/parse-scenario.ts';
import type { Scenario } from '../../../models/scenario/schema.ts';
import { productOf } from '../../../models/stores/product.ts';
import { describeFaults } from '../../lib/describe-faults.ts';
import { InputError } from '../../lib/input-error.ts';
import { FrameShape, frameGrid, mostNodes } from '../frames.ts';
import type { RunFacts, Tree } from '../protocol.ts';
import { scenarioText } from './scenario-text.ts';
import { WatchedCluster } from './watched-cluster.ts';

/** `simulate.ts` counts replications from 1, and a shared scenario asks for one. */
const REPLICATION = 1;
/** Longest run [s of simulated time]. */
const longestS = 3600;

/** A scenario of the page as `simulate.ts` would run it: one replication. */
function withOneReplication(tree: Tree): Tree {
  return { ...tree, run: { ...(tree.run as Tree | undefined), replications: 1 } };
}

/** @throws InputError - one line per problem. */
export function scenarioOf(tree: Tree): Scenario {
  let scenario: Scenario;
  try {
    scenario = parseScenario(withOneReplication(tree));
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new InputError(error.problems.map(({ path, message }) => `${path || 'scenario'}: ${message}`).join('; '));
  }
  const nodes = nodeCount(scenario);
  if (nodes > mostNodes) {
    throw new InputError(`nodes: ${nodes}: the explorer draws at most ${mostNodes}; replisim simulate runs up to 1024`);
  }
  const totalS = scenario.run.warmUpS + scenario.run.durationS;
  if (totalS > longestS) {
    throw new InputError(
      `run: ${totalS} s: the explorer shows at most ${longestS} s; replisim simulate runs any length`,
    );
  }
  return scenario;
}

/** A run that is made frame by frame. */
export class FramedRun {
  readonly facts: RunFacts;
  readonly shape: FrameShape;
  private readonly cluster: WatchedCluster;
  private next = 0;

  constructor(tree: Tree) {
    const scenario = scenarioOf(tree);
    const { run, replication, balancer, faults } = scenario;
    this.shape = new FrameShape(nodeCount(scenario));
    this.facts = {
      nodes: this.shape.nodes,
      strategy: replication.strategy,
      balancer: balancer.type,
      store: productOf(replication.strategy),
      ...{ warmUpS: run.warmUpS, durationS: run.durationS },
      ...frameGrid(run.warmUpS + run.durationS, this.shape.nodes),
      faults: faults.map((fault) => ({ atS: fault.atS, text: describeFaults([fault]) })),
      yaml: scenarioText(withOneReplication(tree)),
    };
    this.cluster = new WatchedCluster(scenario, REPLICATION);
  }

  get isDone(): boolean {
    return this.next >= this.facts.frames;
  }

  /**
   * Goes on for some time of the clock.
   * @param isOver - whether it has been long enough.
   * @returns the frames made, one after the other in a buffer.
   */
  advance(isOver: () => boolean): { first: number; count: number; buffer: ArrayBuffer } {
    const first = this.next;
    const most = Math.min(32, this.facts.frames - first);
    const buffer = new ArrayBuffer(most * this.shape.bytes);
    let count = 0;
    while (count < most && (count === 0 || !isOver())) {
      this.cluster.sim.runUntil(Math.round(this.next * this.facts.dtS * 1e9));
      this.cluster.writeFrame(this.shape.at(buffer, count));
      count += 1;
      this.next += 1;
    }
    return { first, count, buffer: count === most ? buffer : buffer.slice(0, count * this.shape.bytes) };
  }

  /** Runs to the end and settles the accounts. */
  finish(): RunResult {
    this.cluster.traffic.observer = null;
    return this.cluster.run();
  }
}
