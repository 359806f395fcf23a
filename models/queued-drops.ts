/**
 * What a joining node's queue loses to clocks that disagree: messages that come while the state is on its way are
 * queued, and those with a timestamp before the donor's snapshot are dropped, although two clocks are compared.
 *
 * Model: the reference is the joiner's own clock until the donor has looked at its sessions, then the donor's; it holds
 * until the node opens. With equal clocks nothing is dropped, since everything sent before the snapshot is part of it.
 * @see source: Tomcat 10.1 DeltaManager, stateTimestampDrop, handleALL_SESSION_TRANSFERCOMPLETE.
 */
export class QueuedDrops {
  private readonly offsetNs: Float64Array;
  private readonly isSkewed: boolean;
  /** Per node that waits: the moment of the reference by the clock that counts [ns]. */
  private readonly references = new Map<number, number>();

  constructor(offsetsS: readonly number[], nodes: number) {
    this.offsetNs = Float64Array.from({ length: nodes }, (_, node) => Math.round((offsetsS[node] ?? 0) * 1e9));
    this.isSkewed = this.offsetNs.some((offsetNs) => offsetNs !== 0);
  }

  /** Whether any node waits for its state now, with clocks that disagree. */
  get hasAny(): boolean {
    return this.references.size > 0;
  }

  /** The queue of a node that waits for its state is compared with this moment on the clock of `by`. */
  begin(node: number, by: number, nowNs: number): void {
    if (this.isSkewed) this.references.set(node, nowNs + this.offsetNs[by]);
  }

  /** The node opens, or is gone. */
  end(node: number): void {
    this.references.delete(node);
  }

  /** @returns the nodes that will drop a message sent now. */
  dropping(sender: number, nowNs: number): number[] {
    const stampNs = nowNs + this.offsetNs[sender];
    return [...this.references].filter(([, referenceNs]) => stampNs < referenceNs).map(([node]) => node);
  }
}
