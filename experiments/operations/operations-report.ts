import { wrap } from '../lib/arguments.ts';
import { readable, terminalColumns } from '../lib/text-table.ts';
import type { OperationRow } from '../operations.ts';
import { modes } from './modes.ts';

const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`;

/** Strategy and options of a mode under their own names. */
function headOf({ strategy, mode }: OperationRow): string {
  const options = modes.find((one) => one.strategy === strategy && one.mode === mode)?.options ?? {};
  return [strategy, ...Object.entries(options).map(([option, value]) => `${option}=${value}`)].join(' ');
}

function grouped(rows: readonly OperationRow[], nameOf: (row: OperationRow) => string): Map<string, OperationRow[]> {
  const groups = new Map<string, OperationRow[]>();
  for (const row of rows) {
    const name = nameOf(row);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}

const count = (perRequest: number): string => (Number.isInteger(perRequest) ? `${perRequest}` : readable(perRequest));

function operationsText(rows: readonly OperationRow[]): string {
  const texts = rows.flatMap(({ operation, per_request }) =>
    operation === '' ? [] : [per_request === 1 ? operation : `${count(per_request)} x ${operation}`],
  );
  return texts.length === 0 ? '-' : texts.join(', ');
}

/** The table for a reader: a block for each mode, a line for the kinds of request that cost the same. */
export function operationsReport(rows: readonly OperationRow[], colours: boolean): string {
  const blocks = [...grouped(rows, headOf)].map(([head, ofMode]) => {
    const byCost = new Map<string, string[]>();
    for (const [request, own] of grouped(ofMode, (row) => row.request)) {
      const cost = operationsText(own);
      byCost.set(cost, [...(byCost.get(cost) ?? []), request]);
    }
    const lines = [...byCost].flatMap(([cost, requests]) => [
      ...wrap(`${requests.join(', ')}:`, terminalColumns - 2).map((line) => `  ${line}`),
      ...wrap(cost, terminalColumns - 6).map((line) => `      ${line}`),
    ]);
    return [colours ? bold(head) : head, ...lines].join('\n');
  });
  const note =
    'Operations of one request in a cluster of two nodes, where "all others" are one node. Beside them a memcached-session-manager asks each memcached that it uses once a second (ping).';
  return `${blocks.join('\n')}\n\n${wrap(note, terminalColumns).join('\n')}\n`;
}
