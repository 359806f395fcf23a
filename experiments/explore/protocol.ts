import type { RunResult } from '../../models/results.ts';

/** A scenario as it was written: what is left out has its default. */
export type Tree = Record<string, unknown>;

/** A fault of a scenario with the moment it begins. */
export interface ShownFault {
  readonly atS: number;
  readonly text: string;
}

/** What a run is about to show. */
export interface RunFacts {
  readonly nodes: number;
  readonly strategy: string;
  readonly balancer: string;
  /** Product of the store that the strategy uses; null where it uses none. */
  readonly store: string | null;
  readonly warmUpS: number;
  readonly durationS: number;
  readonly dtS: number;
  readonly frames: number;
  readonly faults: readonly ShownFault[];
  /** The scenario as a file that `simulate.ts --scenario` reads. */
  readonly yaml: string;
}

/** What the page asks of a worker. The newest `run` stops the one before. */
export type Order =
  | { readonly type: 'run'; readonly id: number; readonly scenario: Tree }
  | { readonly type: 'read'; readonly id: number; readonly serverXml: string; readonly nginxConf: string }
  | { readonly type: 'parse'; readonly id: number; readonly text: string };

/** What configuration files come to. */
export interface ReadFiles {
  readonly scenario: Tree;
  readonly used: readonly string[];
  readonly notModelled: readonly string[];
  readonly findings: readonly string[];
}

/** What a worker says. */
export type Report =
  | { readonly type: 'started'; readonly id: number; readonly facts: RunFacts }
  | {
      readonly type: 'frames';
      readonly id: number;
      readonly first: number;
      readonly count: number;
      readonly buffer: ArrayBuffer;
    }
  | { readonly type: 'result'; readonly id: number; readonly result: RunResult }
  | { readonly type: 'read'; readonly id: number; readonly read: ReadFiles }
  | { readonly type: 'parsed'; readonly id: number; readonly scenario: Tree }
  /** One line that names place, value and what is allowed. */
  | { readonly type: 'problem'; readonly id: number; readonly message: string };
