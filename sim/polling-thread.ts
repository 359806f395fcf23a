import { type MultiServer, placement } from './servers.ts';
import type { ThreadPool } from './thread-pool.ts';

/**
 * Of what waking for a message costs, the share of the polling thread's pass. @see measured: of a message's 174 and 194 us at light load
 * (processor time by thread, test/validation/data/acknowledged/quiet-steps.csv) 55 and 60 are the selector's.
 */
const PASS_SHARE = 0.4;

/** A message that has not come through a log. */
export interface ExternalWork {
  /** Its processor time, waking for it included [ns]. */
  readonly serviceNs: number;
  /** It is the only one of its connection: its sender waits for the answer. */
  readonly isAlone: boolean;
}

/**
 * The thread that finds what has come and hands it to the threads of a pool.
 *
 * ```
 *   arrives -> [polling thread gets its turn] -> [thread of the pool gets its turn, works] -> answered, thread is free
 *                     ^ waits while no thread of the pool is free, and is then woken again
 * ```
 * Model: where a thread that is woken waits its turn behind all that can run (`MultiServer.hasTurns`), and for messages that are
 * the only ones of their connections. The polling thread finds all that has come by the moment at which it runs; what it
 * finds together shares its pass. The thread that takes a message is held until the message is done, waiting for its turn
 * included. So a node whose own requests (or compilers) keep its processors busy answers no more than a pool of messages per
 * two rounds of all that can run, while the senders of its peers wait for it.
 * @see source: Tribes NioReceiver.listen and readDataFromSocket, RxTaskPool.getRxTask and returnWorker, NioReplicationTask
 * of Tomcat 10.1; measured: test/validation/data/acknowledged.
 */
export class PollingThread {
  /** It has found, or will have found, all that has come by this moment [ns]. */
  foundNs = Number.NEGATIVE_INFINITY;
  private readonly cpu: MultiServer;

  constructor(cpu: MultiServer) {
    this.cpu = cpu;
  }

  /** Whether it must wait for its turn, and costs something. */
  get hasTurns(): boolean {
    return this.cpu.hasTurns && this.cpu.wakeNs > 0;
  }

  /** What one pass takes [ns]. */
  get passNs(): number {
    return Math.floor(this.cpu.wakeNs * PASS_SHARE);
  }

  /**
   * Something has come and a thread is free for it.
   * @param readyNs - since when [ns]; nothing may have been offered to the processors later.
   * @returns when it is handed to that thread [ns].
   */
  handsOutNs(readyNs: number): number {
    if (this.foundNs < readyNs) {
      this.cpu.offer(readyNs, this.passNs, 0, placement.ANY);
      this.foundNs = this.cpu.lastDoneNs;
    }
    return this.foundNs;
  }

  /** Its process has ended. */
  reset(): void {
    this.foundNs = Number.NEGATIVE_INFINITY;
  }

  /** It stands still with everything else. */
  standStill(nowNs: number, untilNs: number): void {
    if (this.foundNs > nowNs) this.foundNs += untilNs - nowNs;
  }
}

// Here and not a method: where nobody waits for turns the polling thread of a station, one of a thousand, need not be touched.
/** A thread of the pool takes a message at `startNs`, as `handsOutNs` has told it where the message is alone. */
export function serve(
  poller: PollingThread,
  cpu: MultiServer,
  threads: ThreadPool,
  startNs: number,
  serviceNs: number,
  isAlone: boolean,
): void {
  if (isAlone && cpu.hasTurns && poller.hasTurns) {
    cpu.offer(startNs, Math.max(0, serviceNs - poller.passNs), 0, placement.POOLED);
    threads.take(startNs, cpu.lastDoneNs - startNs);
  } else {
    cpu.offer(startNs, serviceNs, 0, placement.ALONE);
    threads.take(startNs, serviceNs);
  }
}

/** A thread of the pool takes a message that may be one of many of its connection. */
export function serveBatched(cpu: MultiServer, threads: ThreadPool, startNs: number, serviceNs: number): void {
  cpu.offer(startNs, serviceNs, cpu.wakeNs, placement.BATCH);
  threads.take(startNs, serviceNs);
}
