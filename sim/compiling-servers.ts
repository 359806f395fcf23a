import { DiscardedCode, type Discards } from './discarded-code.ts';
import { type DelayLaw, quantileOf } from './keyed-delay.ts';
import { keyedUniform } from './keyed-random.ts';
import { isMessage, type MultiServer, placement } from './servers.ts';
import { WrappedServers } from './wrapped-servers.ts';

/** A thread that computes runs so long before another one gets its turn [ns]. @see source: Linux base_slice, 0.7 ms x 2. */
const SLICE_NS = 1.4e6;

/** What compiling costs while a process grows warm. */
export interface Compilation {
  /** Work by the time so many requests and messages have been served (number, [ns]), ascending, straight on a logarithmic axis. */
  readonly curve: readonly (readonly [number, number])[];
  /** Work of one task [ns]: always the same, or a table of quantiles. */
  readonly taskNs: DelayLaw;
  /** Served before the first job. */
  readonly served: number;
  readonly seed: number;
  /** Compiled code that is thrown away; null: never. */
  readonly discards?: Discards | null;
}

/**
 * Processors of a process that compiles its code while it runs: the more it has served, the less is left to compile.
 *
 * Model: a thread of its own does one task after the other, as soon as what has been served makes it due, and
 * competes for the processors, a slice at a time. A slice begins with the job that comes after the end of the one before it, so that it
 * follows from the jobs alone. That code runs slower before it is compiled for the first time is left out. Code that is thrown away
 * slows all jobs of its kind, requests or messages, down until it has been compiled anew, and that goes before all else.
 */
export class CompilingServers extends WrappedServers {
  /** Work of the compiler so far [ns]. */
  compiledNs = 0;
  private readonly what: Compilation;
  private served: number;
  /** Rise of the curve in its segments, per unit of the logarithm [ns], and the segment that holds now. */
  private readonly slopesNs: readonly number[];
  private segment = 0;
  /** Due and not begun; left of the task under way; size of the next task; all [ns]. */
  private dueNs = 0;
  private leftNs = 0;
  private nextNs: number;
  private tasks = 0;
  /** When the compiler's thread is free [ns]. */
  private threadFreeNs = 0;
  /** The code of requests and that of messages; neither: none is ever thrown away. */
  private readonly codes: readonly DiscardedCode[];
  /** The code that the task under way compiles anew. */
  private anew: DiscardedCode | null = null;

  constructor(inner: MultiServer, what: Compilation) {
    super(inner);
    this.what = what;
    this.served = what.served;
    this.slopesNs = what.curve.slice(1).map(([count, ns], at) => {
      const [fromCount, fromNs] = what.curve[at];
      return (ns - fromNs) / Math.log(count / fromCount);
    });
    this.nextNs = this.taskNs();
    this.dueNs = keyedUniform(what.seed, 0, 1) * this.nextNs;
    const { discards } = what;
    this.codes = discards ? [0, 1].map((kind) => new DiscardedCode({ ...discards, seed: discards.seed + kind })) : [];
  }

  /** How often code has been thrown away. */
  get discards(): number {
    return this.codes.reduce((sum, { discards }) => sum + discards, 0);
  }

  override offer(arrivalNs: number, workNs: number, wakeNs = this.wakeNs, kind?: number): number {
    let ownNs = workNs;
    if (kind === placement.SHARED || isMessage(kind)) {
      this.dueNs += this.workOfNext();
      this.served += 1;
      if (this.codes.length > 0) {
        ownNs = Math.round(workNs * this.codes[kind === placement.SHARED ? 0 : 1].next(arrivalNs));
      }
    }
    if (this.leftNs === 0) this.begin();
    if (this.leftNs > 0 && this.threadFreeNs <= arrivalNs) this.compile(arrivalNs);
    return super.offer(arrivalNs, ownNs, wakeNs, kind);
  }

  /** Work that the next request or message makes due [ns]. */
  private workOfNext(): number {
    const { curve } = this.what;
    const count = this.served + 1;
    if (curve.length === 0 || count < curve[0][0]) return 0;
    while (this.segment < curve.length - 2 && curve[this.segment + 1][0] <= count) this.segment += 1;
    return this.slopesNs[this.segment] * Math.log1p(1 / count);
  }

  private taskNs(): number {
    const { taskNs, seed } = this.what;
    return Math.max(
      1,
      Math.round(typeof taskNs === 'number' ? taskNs : quantileOf(taskNs, keyedUniform(seed, this.tasks, 0))),
    );
  }

  /** Begins the next task, if there is one. */
  private begin(): void {
    for (const code of this.codes) {
      this.leftNs = code.takeDueNs();
      if (this.leftNs > 0) {
        this.anew = code;
        return;
      }
    }
    if (this.dueNs < this.nextNs) return;
    this.leftNs = this.nextNs;
    this.dueNs -= this.nextNs;
    this.tasks += 1;
    this.nextNs = this.taskNs();
  }

  private compile(nowNs: number): void {
    const partNs = Math.min(SLICE_NS, this.leftNs);
    this.leftNs -= partNs;
    this.compiledNs += partNs;
    super.offer(nowNs, partNs, 0, placement.ANY);
    this.threadFreeNs = this.lastDoneNs;
    if (this.leftNs > 0 || this.anew === null) return;
    this.anew.compiled(this.threadFreeNs);
    this.anew = null;
  }

  override reset(timeNs: number): void {
    super.reset(timeNs);
    this.served = 0;
    this.segment = 0;
    this.dueNs = 0;
    this.leftNs = 0;
    this.threadFreeNs = timeNs;
    this.anew = null;
    for (const code of this.codes) code.reset();
  }

  override standStill(nowNs: number, untilNs: number): void {
    super.standStill(nowNs, untilNs);
    if (this.threadFreeNs > nowNs) this.threadFreeNs += untilNs - nowNs;
    for (const code of this.codes) code.standStill(nowNs, untilNs);
  }
}
