import type { matchPattern as onNode } from '../../lint/match-pattern.ts';

/** Tries a pattern on texts without a limit of its own: the page stops a worker that does not answer. */
export const matchPattern: typeof onNode = (pattern, flags, subjects) => {
  try {
    const whole = new RegExp(`^(?:${pattern})$`, flags);
    return { text: subjects.find((text) => whole.test(text)) ?? '' };
  } catch {
    return 'invalid';
  }
};
