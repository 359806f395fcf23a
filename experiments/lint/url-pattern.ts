import { matchPattern } from './match-pattern.ts';

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
 * @param pattern - a regular expression of Java; what JavaScript cannot read is `invalid`.
 * @param subjects - texts the whole of which must match.
 */
export function tryPattern(pattern: string, subjects: readonly string[] = samplePages): PatternVerdict {
  const flags = pattern.startsWith('(?i)') ? 'iu' : 'u';
  const match = matchPattern(pattern.replace(/^\(\?i\)/, ''), flags, subjects);
  if (match === 'slow' || match === 'invalid') return { kind: match };
  return match.text === '' ? { kind: 'clear' } : { kind: 'matches', page: match.text };
}
