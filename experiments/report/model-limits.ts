import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../lib/provenance.ts';

/** What a model leaves out. */
export interface ModelLimits {
  readonly model: string;
  readonly limits: string;
}

/**
 * The limits that MODEL.md states at the head of each section; the report repeats them and adds none.
 * They begin with `*Limits*:` and end with the first line that ends a sentence.
 */
export function modelLimits(text: string = readFileSync(join(projectFolder, 'MODEL.md'), 'utf8')): ModelLimits[] {
  return text.split(/^## /m).flatMap((section) => {
    const [title, ...lines] = section.split('\n');
    const from = lines.findIndex((line) => line.startsWith('*Limits*:'));
    if (from < 0) return [];
    const to = lines.findIndex((line, at) => at >= from && (/\.$/.test(line) || line.trim() === ''));
    const limits = lines
      .slice(from, to + 1)
      .join(' ')
      .replace('*Limits*:', '')
      .replaceAll('`', '')
      .replace(/\*(\w+)\*/g, '$1')
      .trim();
    return [{ model: title.replaceAll('`', '').trim(), limits }];
  });
}
