/** A run of the simulator that ended in an error; the message ends with what reproduces it. */
export class RunFailed extends Error {
  override name = 'RunFailed';
}

/** Ctrl-C: everything finished so far is kept. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** A run that went over a budget it was given: an outcome, not an error. */
export class BudgetExceeded extends Error {
  override name = 'BudgetExceeded';

  constructor(
    readonly status: 'events-exceeded' | 'memory-exceeded' | 'time-exceeded',
    message: string,
  ) {
    super(message);
  }
}
