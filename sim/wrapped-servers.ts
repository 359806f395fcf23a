import { MultiServer } from './servers.ts';

/** Servers with something between them and who offers jobs: all is theirs, until a subclass says otherwise. */
export class WrappedServers extends MultiServer {
  protected readonly inner: MultiServer;

  constructor(inner: MultiServer) {
    super(inner.servers);
    this.inner = inner;
  }

  override get capacity(): number {
    return this.inner.capacity;
  }

  override get isPlain(): boolean {
    return false;
  }

  override get isWorkConserving(): boolean {
    return false;
  }

  override get hasTurns(): boolean {
    return this.inner.hasTurns;
  }

  override get countsStops(): boolean {
    return this.inner.countsStops;
  }

  override allocate(bytes: number): void {
    this.inner.allocate(bytes);
  }

  override offer(arrivalNs: number, workNs: number, wakeNs = this.wakeNs, kind?: number): number {
    const startNs = this.inner.offer(arrivalNs, workNs, wakeNs, kind);
    this.lastArrivalNs = arrivalNs;
    this.lastDoneNs = this.inner.lastDoneNs;
    this.jobs += 1;
    return startNs;
  }

  override earliestFreeNs(): number {
    return this.inner.earliestFreeNs();
  }

  override backlogNs(timeNs: number): number {
    return this.inner.backlogNs(timeNs);
  }

  override busyNsUntil(timeNs: number): number {
    return this.inner.busyNsUntil(timeNs);
  }

  override reset(timeNs: number): void {
    this.inner.reset(timeNs);
    this.lastArrivalNs = timeNs;
    this.lastDoneNs = timeNs;
  }

  override standStill(nowNs: number, untilNs: number): void {
    this.inner.standStill(nowNs, untilNs);
  }

  override stopTheWorld(nowNs: number, workNs: number, threads: number): number {
    return this.inner.stopTheWorld(nowNs, workNs, threads);
  }
}
