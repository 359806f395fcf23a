import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, endLabels, isNarrow, rangedText, xAxis, yAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import type { Folder } from '../read-folder.ts';
import { numberOf, numberOrNull, type TableRow, textOf } from '../read-table.ts';
import { distinctSorted, seriesOf, spoken } from '../series.ts';

interface Spot {
  readonly name: string;
  readonly nodes: number;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly law: number | null;
  readonly isPaying: boolean | null;
}

/** The objective that was searched for, from the command of the folder. */
function objectiveOf({ origin }: Folder): string {
  const command = origin.command ?? [];
  const at = command.findIndex((word) => word === '--slo' || word.startsWith('--slo='));
  if (at < 0) return 'p95<200ms,failed<0.1%';
  return command[at].includes('=') ? command[at].slice('--slo='.length) : String(command[at + 1]);
}

function spotsOf(rows: readonly TableRow[], nameOf: (row: { strategy: string; balancer: string }) => string): Spot[] {
  return rows.flatMap((row) => {
    const mean = numberOrNull(row, 'carried_rps');
    if (mean === null) return [];
    const name = nameOf({ strategy: textOf(row, 'strategy'), balancer: textOf(row, 'balancer') });
    const isPaying = row.is_paying === null ? null : row.is_paying === 1;
    return [
      {
        name,
        nodes: numberOf(row, 'nodes'),
        mean,
        low: numberOrNull(row, 'ci95_low'),
        high: numberOrNull(row, 'ci95_high'),
        law: numberOrNull(row, 'usl_rps'),
        isPaying,
      },
    ];
  });
}

function drawn(spots: readonly Spot[], key: readonly KeyEntry[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const sizes = distinctSorted(spots.map(({ nodes }) => nodes));
    const most = sizes[sizes.length - 1];
    const lines = key
      .map((entry) => ({ ...entry, spots: spots.filter(({ name }) => name === entry.name) }))
      .filter((line) => line.spots.length > 0);
    const last = lines.map(({ name, look, spots: own }) => ({
      x: own[own.length - 1].nodes,
      y: own[own.length - 1].mean,
      name,
      colour: look.colour,
    }));
    return draw(id, {
      ...baseOptions(width, narrow ? 300 : 400),
      marginRight: narrow ? 16 : 150,
      x: { domain: [0, most] },
      y: { domain: [0, Math.max(...spots.map(({ mean, high }) => high ?? mean)) * 1.02] },
      marks: [
        ...yAxis('carried load [requests/s]'),
        ...xAxis('nodes', { ticks: sizes, tickFormat: String }),
        Plot.ruleY([0], { stroke: 'var(--axis)' }),
        ...lines.flatMap(({ look, spots: own }) => [
          Plot.line(
            own.filter(({ law }) => law !== null),
            { x: 'nodes', y: 'law', stroke: look.colour, strokeOpacity: 0.6, strokeDasharray: '5,4' } as object,
          ),
          Plot.ruleX(
            own.filter(({ low }) => low !== null),
            { x: 'nodes', y1: 'low', y2: 'high', stroke: look.colour, strokeWidth: 2 } as object,
          ),
          Plot.dot(own, {
            x: 'nodes',
            y: 'mean',
            fill: (spot: Spot) => (spot.isPaying === false ? 'var(--ground)' : look.colour),
            stroke: look.colour,
            symbol: look.symbol,
            r: 4,
            title: (spot: Spot) =>
              `${spot.name}, ${spot.nodes} nodes: ${rangedText(spot)} requests/s; law ${readable(spot.law)}`,
          } as object),
        ]),
        ...(narrow ? [] : [endLabels(last)]),
      ],
    });
  };
}

/** What each cluster carries within an objective, with the fitted law. */
export const carried: FigureOf = async ({ sibling }) => {
  const id = 'carried';
  const folder = sibling('capacity-search');
  const missing = {
    id,
    title: 'The highest load within an objective, against cluster size',
    why: 'there is no capacity-search/capacity.csv beside these results',
    run: 'replisim capacity-search',
  };
  if (!folder?.has('capacity.csv')) return missing;
  const columns = ['strategy', 'balancer', 'nodes', 'carried_rps', 'ci95_low', 'ci95_high', 'is_paying', 'usl_rps'];
  const rows = await folder.read('capacity.csv', { columns });
  const { key, nameOf } = seriesOf(
    rows.map((row) => ({ strategy: textOf(row, 'strategy'), balancer: textOf(row, 'balancer') })),
  );
  const spots = spotsOf(rows, nameOf).filter(({ name }) => key.some((entry) => entry.name === name));
  if (spots.length === 0) return { ...missing, why: 'no cluster of capacity-search/capacity.csv carries any load' };
  const objective = objectiveOf(folder);
  const most = Math.max(...spots.map(({ nodes }) => nodes));
  const ends = spots.filter(({ nodes }) => nodes === most).sort((a, b) => b.mean - a.mean);
  const [best] = ends;
  const worst = ends[ends.length - 1];
  const text = ({ name, mean, low, high }: Spot): string =>
    `${readable(mean)}${low === null || high === null ? '' : ` ± ${readable((high - low) / 2)}`} (${spoken(name)})`;
  const stops = spots.filter(({ isPaying }) => isPaying === false);
  const range = ends.length > 1 ? `from ${text(worst)} to ${text(best)}` : text(best);
  return {
    id,
    title: `Within ${objective}, ${most} nodes carry ${range} requests/s`,
    about: `The highest load within ${objective}, found by bisection for every replication with the same random numbers. Bars: 95 % intervals. Dashed: the Universal Scalability Law fitted to the points. ${stops.length > 0 ? 'Hollow: an added node carries less than half of what a node of the smallest cluster does, so it no longer pays.' : 'Everywhere an added node still carries at least half of what a node of the smallest cluster does.'}`,
    key,
    namesItsLines: true,
    draw: drawn(spots, key),
    sources: [{ folder, file: 'capacity.csv', columns }],
    data: {
      heads: ['series', 'nodes', 'carried [1/s]', '95 % from', 'to', 'law [1/s]'],
      rows: spots.map((spot) => [spot.name, spot.nodes, spot.mean, spot.low, spot.high, spot.law]),
    },
  };
};
