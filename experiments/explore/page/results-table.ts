import type { RunResult } from '../../../models/results.ts';
import { consistencyNames, throughputNames } from '../../lib/columns.ts';
import { consistencyRow } from '../../lib/run-record.ts';
import { make } from './dom.ts';
import { digits } from './format.ts';

/** A result with the name of its strategy; null while the run goes on. */
export interface Shown {
  readonly name: string;
  readonly result: RunResult | null;
}

type Values = ReadonlyMap<string, number | null>;

function valuesOf({ throughput, consistency, traffic }: RunResult): Values {
  const losses = consistencyRow(consistency) as Record<string, number | null>;
  return new Map<string, number | null>([
    ...throughputNames.map((name) => [`throughput.${name}`, throughput[name as keyof typeof throughput]] as const),
    ...consistencyNames.map((name) => [`consistency.${name}`, losses[name]] as const),
    ...[...traffic]
      .sort((a, b) => (a.kind < b.kind ? -1 : 1))
      .flatMap(({ kind, ...columns }) =>
        Object.entries(columns).map(([name, value]) => [`traffic.${kind}.${name}`, value] as const),
      ),
  ]);
}

function cell(values: Values | null, name: string): HTMLElement {
  if (values === null) return make('td', {}, '...');
  const value = values.get(name);
  if (value === undefined || value === null) return make('td', { 'data-value': '' }, value === null ? 'none' : '');
  return make('td', { 'data-value': JSON.stringify(value) }, digits(value));
}

/** The numbers of both runs as `simulate.ts` prints them; `data-value` has all digits. */
export function showResults(table: HTMLTableElement, shown: readonly Shown[]): void {
  table.setAttribute('aria-busy', String(shown.some(({ result }) => result === null)));
  const all = shown.map(({ result }) => (result === null ? null : valuesOf(result)));
  const names = [...new Set(all.flatMap((values) => [...(values?.keys() ?? [])]))];
  const order = ['throughput', 'consistency', 'traffic'];
  names.sort((a, b) => order.indexOf(a.split('.')[0]) - order.indexOf(b.split('.')[0]));
  const head = make('tr', {}, [
    make('th', { scope: 'col' }, 'metric'),
    ...shown.map(({ name }) => make('th', { scope: 'col' }, name)),
  ]);
  const rows = names.map((name) =>
    make('tr', { 'data-metric': name }, [
      make('th', { scope: 'row' }, name),
      ...all.map((values) => cell(values, name)),
    ]),
  );
  table.tHead!.replaceChildren(head);
  table.tBodies[0].replaceChildren(...rows);
}
