/**
 * Input that cannot be used; the message is one line that names the place, the value and what is allowed.
 *
 * Why: scripts print exactly this line and exit with 2, so it must never carry a second line or a control character
 * taken from a stranger's file.
 */
export class InputError extends Error {
  constructor(message: string) {
    super(oneLine(message));
    this.name = 'InputError';
  }
}

/** Longest message; beyond it the middle of a value is of no help. */
const longestMessage = 400;

/** Text without line breaks and control characters, cut to a length. */
export function oneLine(text: string, longest: number = longestMessage): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return flat.length > longest ? `${flat.slice(0, longest - 3)}...` : flat;
}

/** A value as it is quoted in messages: one line, at most 60 characters. */
export function quoted(value: string): string {
  return oneLine(value, 60);
}
