import * as Plot from '@observablehq/plot';
import { baseOptions, isNarrow, tick } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { numberOrNull, type TableRow, textOf } from '../read-table.ts';

/** What files of measurements are about, by the beginning of their names; the longest that fits holds. */
const groups: readonly (readonly [prefix: string, about: string])[] = [
  ['traffic-delta', 'traffic of DeltaManager'],
  ['traffic-backup', 'traffic of BackupManager'],
  ['heartbeat', 'heartbeats'],
  ['idle-traffic', 'heartbeats'],
  ['failure-detection', 'failure detection'],
  ['hang', 'failure detection'],
  ['heal', 'failure detection'],
  ['crash', 'crashes'],
  ['staleness', 'stale reads'],
  ['creation-race', 'stale reads'],
];

interface CheckError {
  readonly group: string;
  readonly error: number;
  readonly ok: boolean;
}

interface Spot extends CheckError {
  readonly count: number;
}

interface Sum {
  readonly group: string;
  readonly checks: number;
  readonly passed: number;
  readonly median: number;
  readonly largest: number;
}

/** Errors beyond this stand at the edge [%]. */
const EDGE = 60;

function groupOf(file: string): string {
  const fitting = groups.filter(([prefix]) => file.startsWith(prefix)).sort((a, b) => b[0].length - a[0].length);
  return fitting[0]?.[1] ?? file.replace(/-?\d*\.csv$/, '');
}

/** Error of the simulated value [%]; null where the measured one is 0 or not known. */
function errorOf(row: TableRow): number | null {
  const [measured, simulated] = [numberOrNull(row, 'measured'), numberOrNull(row, 'simulated')];
  if (measured === null || simulated === null) return null;
  if (measured === 0) return simulated === 0 ? 0 : null;
  return (simulated / measured - 1) * 100;
}

function sumsOf(errors: readonly CheckError[], all: readonly { group: string; ok: boolean }[]): Sum[] {
  const names = [...new Set(all.map(({ group }) => group))].sort();
  return names.map((group) => {
    const own = all.filter((one) => one.group === group);
    const sizes = errors
      .filter((one) => one.group === group)
      .map(({ error }) => Math.abs(error))
      .sort((a, b) => a - b);
    return {
      group,
      checks: own.length,
      passed: own.filter(({ ok }) => ok).length,
      median: sizes[Math.floor(sizes.length / 2)] ?? 0,
      largest: sizes[sizes.length - 1] ?? 0,
    };
  });
}

/** Checks with the same error, within half a percent, as one point. */
function spotsOf(errors: readonly CheckError[]): Spot[] {
  const spots = new Map<string, Spot>();
  for (const { group, error, ok } of errors) {
    const rounded = Math.max(-EDGE, Math.min(EDGE, Math.round(error * 2) / 2));
    const name = `${group} ${rounded} ${ok}`;
    spots.set(name, { group, error: rounded, ok, count: (spots.get(name)?.count ?? 0) + 1 });
  }
  return [...spots.values()];
}

const key: readonly KeyEntry[] = [
  { name: 'within the stated bound', look: { colour: 'var(--good)', symbol: 'circle', character: '●' } },
  { name: 'missed', look: { colour: 'var(--bad)', symbol: 'diamond', character: '◆' } },
];

function drawn(spots: readonly Spot[], sums: readonly Sum[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const shortName = (group: string): string => (narrow ? group.replace('traffic of ', '') : group);
    return draw(id, {
      ...baseOptions(width, 64 + sums.length * 36),
      marginTop: 10,
      marginLeft: narrow ? 116 : 168,
      marginRight: narrow ? 62 : 110,
      x: { domain: [-EDGE, EDGE] },
      y: { type: 'band', domain: sums.map(({ group }) => group), label: null },
      r: { domain: [1, Math.max(2, ...spots.map(({ count }) => count))], range: [2.5, narrow ? 11 : 14] },
      marks: [
        Plot.gridX({ ticks: [-50, -25, 0, 25, 50], stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.ruleX([0], { stroke: 'var(--axis)' }),
        Plot.axisY({ label: null, tickSize: 0, tickFormat: shortName }),
        Plot.axisX({
          ticks: narrow ? [-50, 0, 50] : [-50, -25, 0, 25, 50],
          tickFormat: (value: number) => `${value > 0 ? '+' : ''}${tick(value)} %`,
          label: 'simulated against measured',
          labelAnchor: 'center',
          labelArrow: 'none',
          labelOffset: 36,
          tickSize: 4,
        }),
        ...[true, false].map((ok, at) =>
          Plot.dot(
            spots.filter((spot) => spot.ok === ok),
            {
              x: 'error',
              y: 'group',
              r: 'count',
              fill: key[at].look.colour,
              fillOpacity: 0.55,
              stroke: key[at].look.colour,
              symbol: key[at].look.symbol,
              title: (spot: Spot) => `${spot.group}: ${spot.count} checks at ${spot.error} %`,
            } as object,
          ),
        ),
        Plot.text(sums, {
          y: 'group',
          text: ({ passed, checks }: Sum) => (narrow ? `${passed}/${checks}` : `${passed} of ${checks} pass`),
          frameAnchor: 'right',
          textAnchor: 'start',
          dx: 8,
          fill: 'var(--muted)',
        } as object),
      ],
    });
  };
}

/** The simulator against a real cluster. */
export const validation: FigureOf = async ({ sibling }) => {
  const id = 'validation';
  const folder = sibling('validation');
  if (!folder?.has('validation.csv')) {
    return {
      id,
      title: 'The simulator against a real cluster',
      why: 'there is no validation.csv beside these results',
      run: 'replisim validate',
    };
  }
  const columns = ['file', 'quantity', 'configuration', 'measured', 'simulated', 'bound', 'ok'];
  const rows = await folder.read('validation.csv', { columns, text: ['file', 'quantity', 'configuration', 'bound'] });
  const all = rows.map((row) => ({ group: groupOf(textOf(row, 'file')), ok: row.ok === 1, error: errorOf(row) }));
  const errors = all.flatMap(({ group, ok, error }) => (error === null ? [] : [{ group, ok, error }]));
  const sums = sumsOf(errors, all);
  const passed = all.filter(({ ok }) => ok).length;
  const missed = rows.filter(({ ok }) => ok !== 1);
  return {
    id,
    title: `${passed} of ${all.length} figures measured on real Tomcat clusters are met within their bounds`,
    about: `Error of the simulated value, one point per check, larger where several checks coincide; errors beyond ${EDGE} % stand at the edge. Bounds differ by quantity and stand in the file.`,
    key,
    namesItsLines: false,
    draw: drawn(spotsOf(errors), sums),
    sources: [{ folder, file: 'validation.csv', columns: ['measured', 'simulated', 'bound', 'ok'] }],
    data: {
      heads: ['about', 'checks', 'pass', 'median error [%]', 'largest error [%]'],
      rows: sums.map(({ group, checks, passed: ok, median, largest }) => [group, checks, ok, median, largest]),
    },
    more: {
      label: 'The misses',
      data: {
        heads: ['quantity', 'configuration', 'measured', 'simulated', 'bound'],
        rows: missed.map((row) => [
          textOf(row, 'quantity'),
          textOf(row, 'configuration'),
          numberOrNull(row, 'measured'),
          numberOrNull(row, 'simulated'),
          textOf(row, 'bound'),
        ]),
      },
    },
  };
};
