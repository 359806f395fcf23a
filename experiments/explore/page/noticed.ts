import type { Detection } from '../../../models/results.ts';
import { digits } from './format.ts';

/** Most sentences about one run. */
const most = 12;

/** Changes of views that have one cause. */
interface Group {
  readonly member: string;
  readonly event: Detection['event'];
  /** When it happened to the member [ms]; null: nothing had happened to it. */
  readonly causeMs: number | null;
  readonly afterMs: number[];
}

function groupsOf(detections: readonly Detection[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { at_s, member, event, after_ms } of detections) {
    const causeMs = after_ms === null ? null : Math.round(at_s * 1000 - after_ms);
    const key = `${member} ${event} ${causeMs}`;
    const group = groups.get(key) ?? { member, event, causeMs, afterMs: [] };
    group.afterMs.push(after_ms ?? 0);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function sentence({ member, event, causeMs, afterMs }: Group): string {
  const observers = `${afterMs.length} ${afterMs.length === 1 ? 'node' : 'nodes'}`;
  const deed = event === 'disappeared' ? `dropped ${member} from the view` : `took ${member} into the view`;
  if (causeMs === null) return `${observers} ${deed} although nothing had happened to it`;
  const [first, last] = [Math.min(...afterMs), Math.max(...afterMs)].map((ms) => digits(ms / 1000));
  const span = first === last ? first : `${first} to ${last}`;
  return `${observers} ${deed} ${span} s after the event at ${digits(causeMs / 1000)} s`;
}

/** Who noticed what when, a sentence per cause. */
export function noticedWords(detections: readonly Detection[]): string[] {
  const sentences = groupsOf(detections).map(sentence);
  const more = sentences.length - most;
  return more > 0 ? [...sentences.slice(0, most), `and ${more} more`] : sentences;
}
