import { type DelayLaw, quantileOf } from './keyed-delay.ts';
import { keyedUniform } from './keyed-random.ts';
import { isMessage, type MultiServer, placement } from './servers.ts';
import { WrappedServers } from './wrapped-servers.ts';

/** What is allocated, and what collecting it costs. */
export interface Collection {
  /** Allocated since the last collection when the next one begins [bytes], above 0. */
  readonly edenBytes: number;
  /** Allocated by a request and by a received message [bytes]. */
  readonly requestBytes: number;
  readonly messageBytes: number;
  /** Threads that collect, 1 or more; they share the work evenly. */
  readonly threads: number;
  /** Work of a young collection, all threads together [ns]: always the same, or a table of quantiles. */
  readonly youngNs: DelayLaw;
  /** What a young collection leaves in the old generation, and how much of that makes a full collection necessary [bytes]. */
  readonly promotedBytes: number;
  readonly oldBytes: number;
  /** Work of a full collection [ns]. */
  readonly fullNs: number;
  /** Seed of the work of the collections, and of how full the generations are at the beginning. */
  readonly seed: number;
}

/**
 * Processors of a process with a garbage collector that stops the world.
 *
 * ```
 *   jobs allocate --eden is full--> all stand still --collector threads--> all go on
 * ```
 * Model: no timer. The job whose allocation no longer fits collects before it starts, so a collection follows from
 * the jobs before it alone, in whatever order and however late somebody looks at them. The collector's threads need processors
 * like any other work, under a quota too, where a collection lasts a multiple of its work. Jobs that run on other processors at that moment
 * keep the end that they have been told; their processors lose the time afterwards.
 */
export class CollectedServers extends WrappedServers {
  /** Collections so far, the full ones among them, and the time that all stood still for them [ns]. */
  collections = 0;
  fullCollections = 0;
  stoppedNs = 0;
  private readonly heap: Collection;
  /** Since the last young, and the last full collection [bytes]. */
  private allocated: number;
  private promoted: number;
  /** Collections that may not be over and look like work of all processors: `[from, until, from, until, ...]` [ns]. */
  private readonly pauses: number[] = [];

  constructor(inner: MultiServer, heap: Collection) {
    super(inner);
    this.heap = heap;
    this.allocated = keyedUniform(heap.seed, 0, 1) * heap.edenBytes;
    this.promoted = keyedUniform(heap.seed, 0, 2) * heap.oldBytes;
  }

  /** The job offered next allocates so much more than others of its kind [bytes]. */
  override allocate(bytes: number): void {
    this.allocated += bytes;
  }

  override offer(arrivalNs: number, workNs: number, wakeNs = this.wakeNs, kind?: number): number {
    const { heap } = this;
    if (kind === placement.SHARED) this.allocated += heap.requestBytes;
    else if (isMessage(kind)) this.allocated += heap.messageBytes;
    while (this.allocated >= heap.edenBytes) this.collect(arrivalNs);
    return super.offer(arrivalNs, workNs, wakeNs, kind);
  }

  private collect(nowNs: number): void {
    const { inner, heap, pauses } = this;
    this.allocated -= heap.edenBytes;
    this.collections += 1;
    const { youngNs } = heap;
    const isFixed = typeof youngNs === 'number';
    let workNs = Math.round(isFixed ? youngNs : quantileOf(youngNs, keyedUniform(heap.seed, this.collections, 0)));
    this.promoted += heap.promotedBytes;
    if (heap.promotedBytes > 0 && this.promoted >= heap.oldBytes) {
      this.promoted -= heap.oldBytes;
      this.fullCollections += 1;
      workNs += heap.fullNs;
    }
    const threads = Math.min(heap.threads, inner.servers);
    const fromNs = Math.max(nowNs, inner.earliestFreeNs());
    const untilNs = inner.stopTheWorld(nowNs, Math.ceil(workNs / threads), threads);
    while (pauses.length > 0 && pauses[1] <= nowNs) pauses.splice(0, 2);
    if (inner.countsStops) pauses.push(fromNs, untilNs);
    this.stoppedNs += untilNs - fromNs;
  }

  override backlogNs(timeNs: number): number {
    const { inner, pauses } = this;
    const idle = this.servers - Math.min(this.heap.threads, this.servers);
    let backlogNs = inner.backlogNs(timeNs);
    for (let place = 0; place < pauses.length; place += 2) {
      backlogNs -= idle * Math.max(0, pauses[place + 1] - Math.max(timeNs, pauses[place]));
    }
    return backlogNs;
  }

  override busyNsUntil(timeNs: number): number {
    return this.inner.serviceNsSum - this.backlogNs(timeNs);
  }

  override reset(timeNs: number): void {
    const busyNs = this.busyNsUntil(timeNs);
    super.reset(timeNs);
    this.inner.serviceNsSum = busyNs;
    this.pauses.length = 0;
    this.allocated = 0;
    this.promoted = 0;
  }

  override standStill(nowNs: number, untilNs: number): void {
    super.standStill(nowNs, untilNs);
    const { pauses } = this;
    for (let place = 0; place < pauses.length; place += 1) {
      if (pauses[place] > nowNs) pauses[place] += untilNs - nowNs;
    }
  }
}
