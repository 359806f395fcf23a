import type { SenderPool, SenderUser } from './sender-pool.ts';
import type { SessionTable } from './sessions.ts';
import type { Unicast } from './unicasts.ts';

/** One send to some members by a dispatcher thread that waits for their acknowledgements. */
export interface AwaitedDispatch {
  readonly messages: readonly Unicast[];
  /** When the thread that sends it has handed it over [ns]. */
  readonly handedNs: number;
  /** Messages that are not answered yet. */
  open: number;
}

/** How such a send gets on its way, and what becomes of one that does not. */
export interface AwaitedWriter {
  write(dispatch: AwaitedDispatch): void;
  giveUp(dispatch: AwaitedDispatch): void;
}

/**
 * Options 10 and 14 for messages to one node: nobody waits but a dispatcher thread, which keeps a pooled sender until all
 * members of its send have acknowledged; further sends queue for a thread.
 * @see source: Tribes MessageDispatchInterceptor (maxThreads), PooledParallelSender.
 */
export class AwaitedDispatches implements SenderUser {
  private readonly threads: number;
  private readonly senders: SenderPool;
  private readonly sessions: SessionTable;
  private readonly writer: AwaitedWriter;
  private readonly busy: Int32Array;
  private readonly lines: AwaitedDispatch[][];
  private readonly waiting = new Map<number, AwaitedDispatch>();
  private next = 0;

  constructor(
    host: { readonly senders: SenderPool; readonly sessions: SessionTable; readonly nodes: { readonly count: number } },
    threads: number,
    writer: AwaitedWriter,
  ) {
    this.threads = threads;
    this.senders = host.senders;
    this.sessions = host.sessions;
    this.writer = writer;
    this.busy = new Int32Array(host.nodes.count);
    this.lines = Array.from({ length: host.nodes.count }, () => []);
  }

  dispatch(messages: readonly Unicast[], handedNs: number): void {
    const [{ from, session }] = messages;
    const dispatch = { messages, handedNs, open: messages.length };
    this.sessions.pin(session);
    if (this.busy[from] >= this.threads) this.lines[from].push(dispatch);
    else this.begin(dispatch);
  }

  private begin(dispatch: AwaitedDispatch): void {
    const [{ from }] = dispatch.messages;
    this.busy[from] += 1;
    const id = this.next;
    this.next += 1;
    if (this.senders.take(from, this, id)) this.write(dispatch);
    else this.waiting.set(id, dispatch);
  }

  private write(dispatch: AwaitedDispatch): void {
    this.writer.write(dispatch);
    this.sessions.unpin(dispatch.messages[0].session);
  }

  senderGranted(id: number): void {
    const dispatch = this.waiting.get(id) as AwaitedDispatch;
    this.waiting.delete(id);
    this.write(dispatch);
  }

  /** No sender became free in time: the messages reach nobody. */
  senderRefused(id: number): void {
    const dispatch = this.waiting.get(id) as AwaitedDispatch;
    this.waiting.delete(id);
    this.freeThread(dispatch.messages[0].from);
    this.writer.giveUp(dispatch);
    this.sessions.unpin(dispatch.messages[0].session);
  }

  /** One of its messages has been answered, or never will be. */
  answered(dispatch: AwaitedDispatch): void {
    dispatch.open -= 1;
    if (dispatch.open > 0) return;
    const [{ from }] = dispatch.messages;
    this.senders.release(from);
    this.freeThread(from);
  }

  private freeThread(node: number): void {
    this.busy[node] -= 1;
    const next = this.lines[node].shift();
    if (next) this.begin(next);
  }

  /** The node is gone with its threads. */
  reset(node: number): void {
    this.busy[node] = 0;
    for (const { messages } of this.lines[node]) this.sessions.unpin(messages[0].session);
    this.lines[node].length = 0;
    for (const [id, { messages }] of this.waiting) {
      if (messages[0].from !== node) continue;
      this.sessions.unpin(messages[0].session);
      this.waiting.delete(id);
    }
  }
}
