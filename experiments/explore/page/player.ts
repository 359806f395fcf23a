/** The clock of the page: simulated time that runs, stands still, or is set. */
export class Player {
  timeS = 0;
  /** Simulated seconds per second. */
  speed = 1;
  isPlaying = false;

  /** @param readyS - moment up to which there is something to show. @param endS - end of the run. */
  advance(passedMs: number, readyS: number, endS: number): void {
    if (this.isPlaying) this.timeS = Math.min(this.timeS + (passedMs / 1000) * this.speed, Math.max(readyS, 0));
    this.timeS = Math.min(this.timeS, endS);
    if (this.timeS >= endS) this.isPlaying = false;
  }

  /** Starts or stops; at the end it starts over. */
  toggle(endS: number): void {
    if (!this.isPlaying && this.timeS >= endS) this.timeS = 0;
    this.isPlaying = !this.isPlaying;
  }

  seek(timeS: number): void {
    this.timeS = Math.max(0, timeS);
  }
}
