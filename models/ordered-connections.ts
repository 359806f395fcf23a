/**
 * Messages that a node's threads write themselves, without waiting for an answer (options 0 and 4): they go over one connection
 * as long as no two of its threads send at once, and what comes close behind another message is found by the same thread of the receiver.
 *
 * Model: a message about the session of the one before it, close behind it, has that one's delay at each receiver.
 * Left out: a pool that has made several senders, under load, gives them out in turn; and the receiver asks for more before it has
 * worked off what it has read, so that now and then another thread is faster.
 * @see source: Tribes PooledSender.SenderQueue, NioReplicationTask.drainChannel; measured on 10.1.60 with option 4, N=3: of 1,200
 * copies of new sessions 5 lack what their first request has set (with option 8 about 350).
 */
export class OrderedConnections {
  /** No delay of a receiver is longer [ns]. */
  private readonly largestNs: number;
  /** Of each node's last message: its session, when it left [ns], and the message whose delays it has. */
  private readonly session: Int32Array;
  private readonly departNs: Float64Array;
  private readonly like: Float64Array;

  constructor(nodes: number, largestNs: number) {
    this.largestNs = largestNs;
    this.session = new Int32Array(nodes).fill(-1);
    this.departNs = new Float64Array(nodes);
    this.like = new Float64Array(nodes);
  }

  /** The message whose delays the next one of a sender has; -1: its own. */
  likeOf(sender: number, session: number, departNs: number): number {
    const isClose = departNs - this.departNs[sender] <= this.largestNs;
    return session >= 0 && this.session[sender] === session && isClose ? this.like[sender] : -1;
  }

  /** A sender's message has gone. @param like - what `likeOf` said. */
  sent(sender: number, session: number, departNs: number, message: number, like: number): void {
    this.session[sender] = session;
    this.departNs[sender] = departNs;
    this.like[sender] = like < 0 ? message : like;
  }
}
