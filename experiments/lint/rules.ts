import type { Situation } from '../import/situation.ts';
import { oneLine } from '../lib/input-error.ts';
import { channelRules } from './channel-rules.ts';
import { clusterRules } from './cluster-rules.ts';
import { distributableRules } from './distributable-rules.ts';
import type { Finding, Rule } from './finding.ts';
import { httpdRules } from './httpd-rules.ts';
import { membershipRules } from './membership-rules.ts';
import { memcachedRules } from './memcached-rules.ts';
import { nginxRules } from './nginx-rules.ts';
import { nodeRules } from './node-rules.ts';
import { receiverRules } from './receiver-rules.ts';
import { routeRules } from './route-rules.ts';
import { xmlRules } from './xml-rules.ts';

/** Every rule, in the order of the groups. */
export const rules: readonly Rule[] = [
  ...xmlRules,
  ...distributableRules,
  ...membershipRules,
  ...receiverRules,
  ...channelRules,
  ...clusterRules,
  ...routeRules,
  ...nginxRules,
  ...httpdRules,
  ...memcachedRules,
  ...nodeRules,
];

const mostPerRule = 100;

/** What the rules find, in the order of files and lines. Text of the files is cut to one line each. */
export function lintSituation(situation: Situation): Finding[] {
  const findings: Finding[] = [];
  for (const { id, severity, check } of rules) {
    let count = 0;
    for (const report of check(situation)) {
      count += 1;
      if (count > mostPerRule) break;
      findings.push({
        rule: id,
        severity: report.severity ?? severity,
        file: report.file,
        line: report.line,
        message: oneLine(report.message, 300),
        consequence: report.consequence,
        fix: oneLine(report.fix, 300),
      });
    }
  }
  const order = new Map(situation.files.files.map((file, index) => [file, index]));
  return findings.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line);
}
