/** A run of the simulator that ended in an error; the message ends with what reproduces it. */
export class RunFailed extends Error {
  override name = 'RunFailed';
}

/** Ctrl-C: everything finished so far is kept. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}
