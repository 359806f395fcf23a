/** A node that waits for its state, and the clock that its queue is compared with. */
interface Transfer {
  readonly node: number;
  readonly untilNs: number;
  /** Timestamp of the donor's snapshot, by the donor's clock [ns]. */
  readonly referenceNs: number;
}

/**
 * What a joining node's queue loses to clocks that disagree: messages that come while the state is on its way are
 * queued, and those with a timestamp before the donor's snapshot are dropped, although two clocks are compared.
 *
 * Model: the transfer lasts from the question to the opening of the node; with equal clocks nothing is dropped, since
 * everything sent before the snapshot is part of it.
 * @see source: Tomcat 10.1 DeltaManager, stateTimestampDrop, handleALL_SESSION_TRANSFERCOMPLETE.
 */
export class QueuedDrops {
  private readonly offsetNs: Float64Array;
  private readonly isSkewed: boolean;
  private transfers: Transfer[] = [];

  constructor(offsetsS: readonly number[], nodes: number) {
    this.offsetNs = Float64Array.from({ length: nodes }, (_, node) => Math.round((offsetsS[node] ?? 0) * 1e9));
    this.isSkewed = this.offsetNs.some((offsetNs) => offsetNs !== 0);
  }

  /** Whether any node waits for its state now, with clocks that disagree. */
  get hasAny(): boolean {
    return this.transfers.length > 0;
  }

  /** A node has asked `donor` for its state, and gets it at `untilNs`. */
  transfer(node: number, donor: number, nowNs: number, untilNs: number): void {
    if (this.isSkewed) this.transfers.push({ node, untilNs, referenceNs: nowNs + this.offsetNs[donor] });
  }

  /** @returns the nodes that will drop a message sent now. */
  dropping(sender: number, nowNs: number): number[] {
    this.transfers = this.transfers.filter(({ untilNs }) => untilNs > nowNs);
    const stampNs = nowNs + this.offsetNs[sender];
    return this.transfers.filter(({ referenceNs }) => stampNs < referenceNs).map(({ node }) => node);
  }
}
