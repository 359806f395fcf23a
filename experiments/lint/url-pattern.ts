import { createContext, Script } from 'node:vm';

/** URIs of pages and actions, as applications have them; none of them is a static file. */
export const samplePages = [
  '/',
  '/index.jsp',
  '/index.html',
  '/cart',
  '/login',
  '/checkout.do',
  '/shop/order/42',
  '/api/items.json',
] as const;

const budgetMs = 50;

/** Patterns one rule tries; a file with more is not one of an operator. */
export const mostPatterns = 10;

/** What a pattern of a stranger does with the sample pages. */
export type PatternVerdict =
  | { readonly kind: 'matches'; readonly page: string }
  | { readonly kind: 'clear' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'slow' };

/**
 * Tries a pattern on sample pages.
 *
 * Why a script with a time limit: a pattern can be made to take for ever on a short text, and only this stops it.
 * @param pattern - a regular expression of Java; what JavaScript cannot read is `invalid`.
 * @param subjects - texts the whole of which must match.
 */
export function tryPattern(pattern: string, subjects: readonly string[] = samplePages): PatternVerdict {
  const flags = pattern.startsWith('(?i)') ? 'iu' : 'u';
  const context = createContext({
    pattern: pattern.replace(/^\(\?i\)/, ''),
    flags,
    subjects: [...subjects],
    found: '',
  });
  const code =
    'const whole = new RegExp("^(?:" + pattern + ")$", flags); found = subjects.find((text) => whole.test(text)) ?? "";';
  try {
    new Script(code).runInContext(context, { timeout: budgetMs });
  } catch (error) {
    return { kind: (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'slow' : 'invalid' };
  }
  const page = String(context.found);
  return page === '' ? { kind: 'clear' } : { kind: 'matches', page };
}
