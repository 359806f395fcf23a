import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, endLabels, isNarrow, xAxis, yAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, KeyEntry, Source } from '../figure.ts';
import type { comparedMetrics, Difference } from '../pairs.ts';
import { distinctSorted, seriesOf } from '../series.ts';

interface Spot {
  readonly name: string;
  readonly nodes: number;
  readonly percent: number;
  readonly low: number | null;
  readonly high: number | null;
}

type Metric = (typeof comparedMetrics)[number];

function drawn(spots: readonly Spot[], key: readonly KeyEntry[], { label, isCount }: Metric): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const sizes = distinctSorted(spots.map(({ nodes }) => nodes));
    const ends = spots.flatMap(({ low, high, percent }) => [low ?? percent, high ?? percent, 0]);
    const room = Math.max(1, Math.max(...ends) - Math.min(...ends)) * 0.06;
    const lines = key
      .map((entry) => ({ ...entry, spots: spots.filter(({ name }) => name === entry.name) }))
      .filter((line) => line.spots.length > 0);
    const last = lines.map(({ name, look, spots: own }) => ({
      x: own[own.length - 1].nodes,
      y: own[own.length - 1].percent,
      name,
      colour: look.colour,
    }));
    return draw(id, {
      ...baseOptions(width, narrow ? 280 : 340),
      marginRight: narrow ? 16 : 150,
      x: { type: 'point', domain: sizes, padding: 0.3 },
      y: { domain: [Math.min(...ends) - room, Math.max(...ends) + room] },
      marks: [
        ...yAxis(`${label}: difference [${isCount ? 'per run' : '%'}]`, {
          tickFormat: (value: number) => `${value > 0 ? '+' : ''}${value}`,
        }),
        ...xAxis('nodes', { tickFormat: String }),
        Plot.ruleY([0], { stroke: 'var(--axis)', strokeWidth: 1.5 }),
        ...lines.flatMap(({ look, spots: own }, at) => {
          const dx = (at - (lines.length - 1) / 2) * 5;
          return [
            Plot.line(own, { x: 'nodes', y: 'percent', stroke: look.colour, strokeOpacity: 0.4, dx } as object),
            Plot.ruleX(
              own.filter(({ low }) => low !== null),
              { x: 'nodes', y1: 'low', y2: 'high', stroke: look.colour, strokeWidth: 2, dx } as object,
            ),
            Plot.dot(own, {
              x: 'nodes',
              y: 'percent',
              fill: look.colour,
              symbol: look.symbol,
              r: 4,
              dx,
              title: ({ name, nodes, percent, low, high }: Spot) =>
                `${name}, ${nodes} nodes: ${readable(percent)}${isCount ? '' : ' %'}${low === null ? '' : ` (${readable(low)} to ${readable(high!)})`}`,
            } as object),
          ];
        }),
        ...(narrow ? [] : [endLabels(last)]),
      ],
    });
  };
}

/** How one metric differs between two runs, against cluster size; undefined where it is 0 in the first everywhere. */
export function differenceFigure(
  differences: readonly Difference[],
  metric: Metric,
  sources: readonly Source[],
  load: number,
): Figure | undefined {
  const own = differences.filter(
    (one) =>
      one.metric === metric.name &&
      one.load === load &&
      (metric.isCount ? one.first !== 0 || one.second !== 0 : one.first !== 0),
  );
  if (own.length === 0) return undefined;
  const { key, nameOf } = seriesOf(own);
  const spots = own.flatMap((one): Spot[] => {
    const name = nameOf(one);
    const percent = (value: number): number => (metric.isCount ? value : (value / one.first) * 100);
    if (!key.some((entry) => entry.name === name)) return [];
    return [
      {
        name,
        nodes: one.nodes,
        percent: percent(one.difference),
        low: one.low === null ? null : percent(one.low),
        high: one.high === null ? null : percent(one.high),
      },
    ];
  });
  const clear = spots.filter(({ low, high }) => low !== null && (low > 0 || high! < 0));
  const largest = [...clear].sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent))[0];
  const signed = (value: number): string =>
    `${value > 0 ? '+' : '−'}${readable(Math.abs(value))} ${metric.isCount ? 'per run' : '%'}`;
  const title = largest
    ? `${metric.label}: up to ${signed(largest.percent)} (${largest.name}, ${largest.nodes} nodes)`
    : `${metric.label}: no clear difference`;
  return {
    id: `difference-${metric.name.replaceAll('_', '-')}`,
    title,
    about: `Second run less first, ${metric.isCount ? 'in counts per run' : 'as a share of the first'}, at ${readable(load)} requests/s. Bars: 95 % intervals of the paired difference; one that crosses 0 is no clear difference.`,
    key,
    namesItsLines: true,
    draw: drawn(spots, key, metric),
    sources,
    data: {
      heads: ['series', 'nodes', 'pairs', 'first', 'second', 'difference', '95 % from', 'to'],
      rows: own.map((one) => [nameOf(one), one.nodes, one.n, one.first, one.second, one.difference, one.low, one.high]),
    },
  };
}
