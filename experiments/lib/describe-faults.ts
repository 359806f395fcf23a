import type { Scenario } from '../../models/scenario/schema.ts';

/** The faults of a scenario in words, for example `crash of node-1 at 15 s`. */
export function describeFaults(faults: Scenario['faults']): string {
  if (faults.length === 0) return 'no fault';
  const texts = faults.map((fault) => {
    const [kind, target] = Object.entries(fault).find(([key]) => key !== 'atS' && key !== 'forS')!;
    const whom = Array.isArray(target)
      ? target.map((side) => (Array.isArray(side) ? side.join(' ') : side)).join(kind === 'partition' ? ' | ' : ' ')
      : String(target);
    return `${kind} ${kind === 'partition' || kind === 'packetLoss' ? '' : 'of '}${whom} at ${Number(fault.atS.toFixed(3))} s`;
  });
  const shown = texts.slice(0, 3).join(', ');
  return texts.length > 3 ? `${shown} and ${texts.length - 3} more faults` : shown;
}
