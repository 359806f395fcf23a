/** Edits (insert, delete, replace, swap neighbours) that turn one word into another. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, beforeLast[column - 2] + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length];
}

/**
 * The known word that a mistyped one probably meant.
 *
 * @returns the nearest of the words (the first among equals), or undefined when none is near.
 */
export function nearest(word: string, words: readonly string[]): string | undefined {
  if (word.length > 80) return undefined;
  const flat = (text: string): string => text.toLowerCase().replace(/[-_.\s]/g, '');
  let found: string | undefined;
  let fewest = Math.max(1, Math.ceil(word.length / 3)) + 1;
  for (const known of words) {
    const edits = distance(flat(word), flat(known));
    if (edits < fewest) {
      fewest = edits;
      found = known;
    }
  }
  return found;
}
