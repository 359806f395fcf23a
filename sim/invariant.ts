/** A broken invariant: a bug in the simulator, never a simulated failure. Models do not catch it. */
export class InvariantError extends Error {
  override name = 'InvariantError';
}

/**
 * Throws unless the condition holds; it is always on.
 * @param condition - what must be true at this point.
 * @param message - what is wrong when it is not; pass a function where building the text would cost time.
 * @throws InvariantError - when the condition is false.
 */
export function invariant(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}
