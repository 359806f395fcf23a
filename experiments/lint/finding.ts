import type { Situation } from '../import/situation.ts';
import type { Place } from '../import/source.ts';

/** How bad a finding is: `error` loses sessions or the whole cluster, `warning` may, `info` is worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/** One thing a rule found. */
export interface Finding extends Place {
  readonly rule: string;
  readonly severity: Severity;
  /** What stands there. */
  readonly message: string;
  /** What happens because of it. */
  readonly consequence: string;
  readonly fix: string;
}

/** What a rule says of one place; it may raise or lower the severity of the rule. */
export interface Report extends Place {
  readonly message: string;
  readonly consequence: string;
  readonly fix: string;
  readonly severity?: Severity;
}

/** One trap of configuration. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** What it looks for, one phrase. */
  readonly about: string;
  readonly check: (situation: Situation) => Iterable<Report>;
}

/** A report at the place of something. */
export function at({ file, line }: Place, report: Omit<Report, 'file' | 'line'>): Report {
  return { file, line, ...report };
}
