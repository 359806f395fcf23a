import { StateClient } from './http-client.ts';
import { nowMs, pause } from './lab.ts';

/** One request of a writer. */
export interface Write {
  readonly sentMs: number;
  readonly latencyMs: number;
}

/** A client that raises the counter of one session at one node, one request after the other. */
export class SteadyWriter {
  readonly writes: Write[] = [];
  /** Counter that the last answered request has written. */
  written = 0;
  private readonly client = new StateClient();
  private readonly node: number;
  private readonly gapMs: number;
  private isStopped = false;
  private readonly ended: Promise<void>;

  /** @param gapMs - from a response to the next request. */
  constructor(node: number, gapMs: number) {
    this.node = node;
    this.gapMs = gapMs;
    this.ended = this.write();
  }

  private async write(): Promise<void> {
    while (!this.isStopped) {
      const sentMs = nowMs();
      const { counter, latencyMs } = await this.client.ask(this.node, 'c');
      this.written = Math.max(0, counter) + 1;
      this.writes.push({ sentMs, latencyMs });
      await pause(this.gapMs);
    }
  }

  /** The counter that another node holds, -1 = it does not know the session. */
  async counterAt(node: number): Promise<number> {
    const reader = new StateClient();
    reader.cookie = this.client.cookie;
    const { counter } = await reader.ask(node, 'r');
    reader.close();
    return counter;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.ended;
    this.client.close();
  }
}
