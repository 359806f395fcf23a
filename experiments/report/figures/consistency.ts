import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, rangedText, tick } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { strategyLook } from '../palette.ts';
import { numberOf, numberOrNull, type TableRow, textOf } from '../read-table.ts';
import { distinctSorted, spoken, trimmed } from '../series.ts';

const anomalies = [
  ['stale_reads', 'stale reads'],
  ['lost_updates', 'lost updates'],
  ['diverged_sessions', 'diverged sessions'],
] as const;

interface Spot {
  readonly strategy: string;
  readonly think: number;
  readonly options: string;
  readonly anomaly: string;
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

function spotsOf(rows: readonly TableRow[]): Spot[] {
  return rows.flatMap((row) =>
    anomalies.flatMap(([name, anomaly]) => {
      const mean = numberOrNull(row, `${name}_per_million`);
      if (mean === null) return [];
      const think = numberOf(row, 'think_time_s');
      const options = `send option ${numberOf(row, 'send_options')}`;
      return [
        {
          strategy: textOf(row, 'strategy'),
          think,
          options,
          anomaly,
          mean,
          low: numberOrNull(row, `${name}_low`),
          high: numberOrNull(row, `${name}_high`),
        },
      ];
    }),
  );
}

/** Rows in which one thing varies: the first sort of request sending and renaming, and the balancer that moves clients most. */
function shownRows(rows: readonly TableRow[]): {
  own: TableRow[];
  balancer: string;
  renaming: string;
  concurrent: number;
} {
  const stale = (balancer: string): number =>
    rows
      .filter((row) => row.balancer === balancer)
      .reduce((sum, row) => sum + (numberOrNull(row, 'stale_reads_per_million') ?? 0), 0);
  const balancers = [...new Set(rows.map((row) => textOf(row, 'balancer')))].sort((a, b) => stale(b) - stale(a));
  const renaming = [...new Set(rows.map((row) => textOf(row, 'renaming')))].sort()[0];
  const concurrent = distinctSorted(rows.map((row) => numberOf(row, 'concurrent_ratio')))[0];
  const own = rows.filter(
    (row) => row.balancer === balancers[0] && row.renaming === renaming && row.concurrent_ratio === concurrent,
  );
  return { own, balancer: balancers[0], renaming, concurrent };
}

function drawn(spots: readonly Spot[], key: readonly KeyEntry[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const options = [...new Set(spots.map((spot) => spot.options))].sort(
      (a, b) => Number(a.split(' ')[2]) - Number(b.split(' ')[2]),
    );
    const kinds = anomalies.map(([, anomaly]) => anomaly);
    const thinks = distinctSorted(spots.map(({ think }) => think));
    const high = Math.max(10, ...spots.map((spot) => spot.high ?? spot.mean));
    const ticks = [0, 10, 1000, 1e5].filter((value) => value <= high * 2);
    return draw(id, {
      ...baseOptions(width, 70 + options.length * 130),
      marginTop: 44,
      marginLeft: 46,
      fx: { domain: kinds, label: null, axis: null, padding: 0.1 },
      fy: { domain: options, label: null, axis: null, padding: 0.22 },
      x: { type: 'point', domain: thinks, padding: 0.4 },
      y: { type: 'symlog', constant: 3, domain: [0, high * 1.2] },
      marks: [
        Plot.gridY({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.axisY({ ticks, tickSize: 0, tickFormat: tick, label: null }),
        Plot.axisX({
          label: 'think time [s]',
          labelAnchor: 'center',
          labelArrow: 'none',
          labelOffset: 36,
          tickSize: 4,
          tickFormat: String,
        }),
        Plot.text(kinds, {
          fx: (kind: string) => kind,
          fy: () => options[0],
          text: (kind: string) => (narrow ? kind.replace(' ', '\n') : kind),
          frameAnchor: 'top-left',
          dy: narrow ? -34 : -30,
          lineAnchor: 'top',
          fontWeight: 600,
        } as object),
        Plot.text(options, {
          fy: (option: string) => option,
          fx: () => kinds[0],
          text: (option: string) => option,
          frameAnchor: 'top-left',
          dy: narrow ? -6 : -12,
          fill: 'var(--muted)',
        } as object),
        ...key.flatMap(({ name, look }, at) => {
          const own = spots.filter(({ strategy }) => strategy === name);
          const dx = (at - (key.length - 1) / 2) * (narrow ? 5 : 9);
          return [
            Plot.line(
              own.filter((spot) =>
                own.some((one) => one.mean > 0 && one.anomaly === spot.anomaly && one.options === spot.options),
              ),
              {
                x: 'think',
                y: 'mean',
                fx: 'anomaly',
                fy: 'options',
                stroke: look.colour,
                strokeOpacity: 0.45,
                dx,
              } as object,
            ),
            Plot.ruleX(
              own.filter(({ low }) => low !== null),
              {
                x: 'think',
                fx: 'anomaly',
                fy: 'options',
                y1: (spot: Spot) => Math.max(0, spot.low!),
                y2: 'high',
                stroke: look.colour,
                strokeWidth: 1.5,
                strokeOpacity: (spot: Spot) => (spot.mean > 0 ? 1 : 0.3),
                dx,
              } as object,
            ),
            Plot.dot(own, {
              x: 'think',
              y: 'mean',
              fx: 'anomaly',
              fy: 'options',
              fill: (spot: Spot) => (spot.mean > 0 ? look.colour : 'var(--ground)'),
              stroke: look.colour,
              symbol: look.symbol,
              r: 3.2,
              dx,
              title: (spot: Spot) =>
                `${spot.strategy}, ${spot.options}, think time ${spot.think} s, ${spot.anomaly}: ${rangedText(spot)} per million`,
            } as object),
          ];
        }),
      ],
    });
  };
}

/** Anomalies against think time and send option, when nothing fails. */
export const consistency: FigureOf = async ({ sibling }) => {
  const id = 'consistency';
  const folder = sibling('consistency-sweep');
  if (!folder?.has('anomalies.csv')) {
    return {
      id,
      title: 'Stale reads, lost updates and diverged sessions against think time and send option',
      why: 'there is no consistency-sweep/anomalies.csv beside these results',
      run: 'replisim consistency-sweep',
    };
  }
  const columns = [
    'strategy',
    'balancer',
    'think_time_s',
    'send_options',
    'renaming',
    'concurrent_ratio',
    ...anomalies.map(([name]) => `${name}_per_million`),
  ];
  const { own, balancer, renaming, concurrent } = shownRows(
    await folder.read('anomalies.csv', { columns, text: ['renaming'] }),
  );
  const spots = spotsOf(own);
  const key = [...new Set(spots.map(({ strategy }) => strategy))].map((name, index) => ({
    name,
    look: strategyLook(name, index),
  }));
  const worst = spots.filter(({ anomaly }) => anomaly === 'stale reads').reduce((a, b) => (b.mean > a.mean ? b : a));
  return {
    id,
    title: `Up to ${readable(worst.mean)} of a million requests read what is out of date (${spoken(worst.strategy)}, ${worst.options}, think time ${worst.think} s)`,
    about: `Anomalies per million requests when nothing fails, behind ${balancer}, session ids ${renaming === 'yes' ? 'renamed' : 'not renamed'} when a request lands elsewhere, ${trimmed(concurrent * 100)} % of the requests sent without waiting. Bars: 95 % intervals; a hollow point was never seen. The scale is linear near zero and logarithmic above.`,
    key,
    namesItsLines: false,
    draw: drawn(spots, key),
    sources: [{ folder, file: 'anomalies.csv', columns }],
    data: {
      heads: ['strategy', 'send option', 'think time [s]', 'what', 'per million', '95 % from', 'to'],
      rows: spots.map((spot) => [
        spot.strategy,
        spot.options.split(' ')[2],
        spot.think,
        spot.anomaly,
        spot.mean,
        spot.low,
        spot.high,
      ]),
    },
  };
};
