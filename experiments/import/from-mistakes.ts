import type { Finding } from '../lint/finding.ts';
import { clustersOnOneGroup } from '../lint/membership-rules.ts';
import { receiversOf } from '../lint/receiver-rules.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import type { Situation } from './situation.ts';
import { attributeOf } from './xml.ts';

const path = 'misconfiguration';
/** Rules whose mistake leaves every node alone. */
const noMulticast = ['membership-ttl-zero', 'membership-off', 'multicast-group-differs'];

/** Receivers that advertise the host's own address to others. */
function importLoopback(builder: ScenarioBuilder, situation: Situation, findings: readonly Finding[]): void {
  const rules = ['receiver-address-loopback', 'receiver-address-any'];
  const wrong = findings.filter(({ rule, severity }) => rules.includes(rule) && severity === 'error');
  if (wrong.length === 0) return;
  const servers = situation.files.servers.map(({ file }) => file);
  const files = servers.filter((file) => wrong.some((one) => one.file === file));
  const isAll = files.length === servers.length;
  const names = files.map((file) => `node-${servers.indexOf(file) + 1}`);
  const [{ file, line, message }] = wrong;
  builder.set(`${path}.loopbackReceivers`, isAll ? 'all' : names, { file, line }, message);
  for (const { element } of receiversOf(situation)) builder.mark(attributeOf(element, 'address', 'tcpListenAddress'));
}

/**
 * What the lint rules found and the simulator can show: it is set in the scenario, with the line of the finding.
 *
 * A firewall, the clocks and the objects of an application stand in no file; those keys are for the user to set.
 */
export function importMistakes(builder: ScenarioBuilder, situation: Situation, findings: readonly Finding[]): void {
  if (!situation.cluster) return;
  importLoopback(builder, situation, findings);
  const alone = findings.find(({ rule }) => noMulticast.includes(rule));
  if (alone) builder.set(`${path}.multicast`, 'closed', { file: alone.file, line: alone.line }, alone.message);
  const shared = findings.find(({ rule }) => rule === 'multicast-group-shared');
  if (!shared) return;
  const members = clustersOnOneGroup(situation);
  if (members > 0)
    builder.set(`${path}.sharedGroupMembers`, members, { file: shared.file, line: shared.line }, shared.message);
}
