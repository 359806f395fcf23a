/** What a cluster has done since its window opened. */
export interface DoneSoFar {
  readonly windowNs: number;
  readonly completed: number;
  /** Completed and failed. */
  readonly decided: number;
  /** Busy share of the busiest node or store server. */
  readonly utilisationMax: number;
  /** Bytes of all kinds of messages. */
  readonly bytes: number;
}

/**
 * The part of the window before its first fault: what the cluster carries, and moves, while nothing is wrong. A run whose
 * window has a death in it says both, because the work after a death belongs to the death and not to the request.
 */
export class BeforeFaults {
  /** Whether a fault has begun, in the window or before it. */
  isOver = false;
  private windowS = 0;
  private completedRps = 0;
  private utilisationMax = 0;
  private bytesPerRequest = Number.NaN;
  private bytesPerS = 0;

  /** The first fault begins, or the window ends. @param done - null: the window is not open yet. */
  end(done: DoneSoFar | null): void {
    this.isOver = true;
    if (done === null || done.windowNs === 0) return;
    this.windowS = done.windowNs / 1e9;
    this.completedRps = done.completed / this.windowS;
    this.utilisationMax = done.utilisationMax;
    this.bytesPerRequest = done.bytes / done.decided;
    this.bytesPerS = done.bytes / this.windowS;
  }

  /** Columns of `throughput.csv`. */
  columns() {
    const isThere = this.windowS > 0;
    return {
      before_faults_s: this.windowS,
      before_faults_completed_rps: isThere ? this.completedRps : null,
      before_faults_utilisation_max: isThere ? this.utilisationMax : null,
      before_faults_bytes_per_request: Number.isFinite(this.bytesPerRequest) ? this.bytesPerRequest : null,
      before_faults_bytes_per_s: isThere ? this.bytesPerS : null,
    };
  }
}
