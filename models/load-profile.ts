import { seconds } from '../sim/time.ts';

/** From this moment of the profile on, the load is that of the scenario times the factor. */
export interface ProfilePiece {
  readonly atS: number;
  readonly factor: number;
}

/** How a run stands in its profile. */
interface ProfileOptions {
  /** Moment of the profile at which the run begins [s]. */
  readonly startS: number;
  /** The profile repeats after this time [s]. */
  readonly periodS: number;
}

/**
 * A load that changes over the day: a factor, constant between two moments, that repeats.
 *
 * Model: arrivals are a Poisson process whose rate is the product; a gap is drawn at factor 1 and stretched through
 * the pieces (inversion of the integrated rate), so that a flat profile draws the very same arrivals as none.
 */
export class LoadProfile {
  private readonly startsNs: number[];
  private readonly factors: number[];
  private readonly periodNs: number;
  private readonly offsetNs: number;

  constructor(pieces: readonly ProfilePiece[], { startS, periodS }: ProfileOptions) {
    const all = pieces.length === 0 || pieces[0].atS > 0 ? [{ atS: 0, factor: 1 }, ...pieces] : pieces;
    this.startsNs = all.map(({ atS }) => seconds(atS));
    this.factors = all.map(({ factor }) => factor);
    this.periodNs = seconds(periodS);
    this.offsetNs = seconds(startS);
  }

  private pieceAt(phaseNs: number): number {
    let piece = this.startsNs.length - 1;
    while (this.startsNs[piece] > phaseNs) piece -= 1;
    return piece;
  }

  /** Factor at a moment of the run [ns]. */
  factorAt(nowNs: number): number {
    return this.factors[this.pieceAt((nowNs + this.offsetNs) % this.periodNs)];
  }

  /** Time from now in which as much is asked as in `plainNs` at factor 1 [ns]. */
  stretch(nowNs: number, plainNs: number): number {
    if (this.factors.length === 1 && this.factors[0] === 1) return plainNs;
    let phaseNs = (nowNs + this.offsetNs) % this.periodNs;
    let restNs = plainNs;
    let passedNs = 0;
    for (let piece = this.pieceAt(phaseNs); ; piece = (piece + 1) % this.factors.length) {
      const spanNs = (this.startsNs[piece + 1] ?? this.periodNs) - phaseNs;
      const factor = this.factors[piece];
      if (restNs <= spanNs * factor && factor > 0) return passedNs + restNs / factor;
      restNs -= spanNs * factor;
      passedNs += spanNs;
      phaseNs = (phaseNs + spanNs) % this.periodNs;
    }
  }
}
