import { createContext, Script } from 'node:vm';

/** Longest time for one pattern [ms]. */
const budgetMs = 50;

/** What became of a pattern: the first text it matches whole ('' none), or that it cannot be read, or takes too long. */
export type Match = { readonly text: string } | 'invalid' | 'slow';

/**
 * Tries a pattern on texts.
 *
 * Why a script with a time limit: a pattern can be made to take for ever on a short text, and only this stops it. In a
 * browser another module stands in its place, and the page stops the worker.
 */
export function matchPattern(pattern: string, flags: string, subjects: readonly string[]): Match {
  const context = createContext({ pattern, flags, subjects: [...subjects], found: '' });
  const code =
    'const whole = new RegExp("^(?:" + pattern + ")$", flags); found = subjects.find((text) => whole.test(text)) ?? "";';
  try {
    new Script(code).runInContext(context, { timeout: budgetMs });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'slow' : 'invalid';
  }
  return { text: String(context.found) };
}
