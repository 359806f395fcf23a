import { oneLine } from '../lib/input-error.ts';
import { lineAt } from './source.ts';

/** Text found where only attributes may stand. */
export interface TextInTag {
  readonly line: number;
  readonly tag: string;
  readonly text: string;
}

interface Repair {
  /** The document with that text blanked out, every line where it was. */
  readonly text: string;
  readonly found: TextInTag[];
}

const markup = /<!--|<!\[CDATA\[|<[?!]|<([A-Za-z_][\w:.-]*)/g;
const attribute = /\s*[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*')/y;
const tagEnd = /\s*\/?>/y;

function skipTo(text: string, from: number, end: string): number {
  const at = text.indexOf(end, from);
  return at < 0 ? text.length : at + end.length;
}

/** End of the foreign text: its line, or its `-->`; a `/>` or `>` that closes the tag on that line is not part of it. */
function foreignEnd(text: string, from: number): number {
  if (text.startsWith('<!--', from)) return skipTo(text, from, '-->');
  const lineEnd = text.indexOf('\n', from);
  const rest = text.slice(from, lineEnd < 0 ? text.length : lineEnd);
  const kept = rest.trimEnd();
  const closing = kept.endsWith('/>') ? 2 : kept.endsWith('>') ? 1 : 0;
  return from + (closing > 0 ? kept.length - closing : rest.length);
}

/**
 * Finds comments and notes inside tags and blanks them out, so that the rest of the file can still be judged.
 *
 * Why: pasted how-tos carry `#...` notes behind attributes; no XML parser, Tomcat's included, reads such a file.
 */
export function withoutTextInTags(text: string): Repair {
  const found: TextInTag[] = [];
  const pieces: string[] = [];
  let copied = 0;
  markup.lastIndex = 0;
  for (let match = markup.exec(text); match; match = markup.exec(text)) {
    let at = markup.lastIndex;
    if (match[0] === '<!--') at = skipTo(text, at, '-->');
    else if (match[0] === '<![CDATA[') at = skipTo(text, at, ']]>');
    else if (match[1] === undefined) at = skipTo(text, at, '>');
    else {
      for (;;) {
        attribute.lastIndex = at;
        if (attribute.test(text)) {
          at = attribute.lastIndex;
          continue;
        }
        tagEnd.lastIndex = at;
        if (tagEnd.test(text)) {
          at = tagEnd.lastIndex;
          break;
        }
        const start = at + (/^\s*/.exec(text.slice(at, at + 4096))?.[0].length ?? 0);
        const end = foreignEnd(text, start);
        if (start >= text.length || end <= start || found.length >= 100) break;
        found.push({ line: lineAt(text, start), tag: match[1], text: oneLine(text.slice(start, end), 80) });
        pieces.push(text.slice(copied, start), text.slice(start, end).replace(/[^\n]/g, ' '));
        copied = end;
        at = end;
      }
    }
    markup.lastIndex = Math.max(at, match.index + 1);
  }
  pieces.push(text.slice(copied));
  return { text: pieces.join(''), found };
}
