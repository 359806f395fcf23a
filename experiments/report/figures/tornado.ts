import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, xAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { seriesLook } from '../palette.ts';
import { numberOrNull, type TableRow, textOf } from '../read-table.ts';
import { spoken } from '../series.ts';

interface Bar {
  readonly strategy: string;
  readonly parameter: string;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  readonly percent: number;
  readonly low: number;
  readonly high: number;
}

const METRIC = 'before_faults_capacity_rps';
const MOST_PARAMETERS = 12;
const MOST_STRATEGIES = 4;

const key: readonly KeyEntry[] = [
  { name: 'down: half', look: { ...seriesLook(0), character: '■' } },
  { name: 'up: double', look: { ...seriesLook(1), character: '■' } },
  { name: 'another word', look: { ...seriesLook(2), character: '■' } },
];

const colourOf = ({ direction }: Bar): string => key[direction === 'down' ? 0 : direction === 'up' ? 1 : 2].look.colour;

function barsOf(rows: readonly TableRow[]): Bar[] {
  return rows.flatMap((row) => {
    const [mean, difference] = [numberOrNull(row, 'default_mean'), numberOrNull(row, 'difference')];
    if (mean === null || mean === 0 || difference === null) return [];
    const percent = (value: number | null): number => ((value ?? difference) / mean) * 100;
    return [
      {
        strategy: textOf(row, 'strategy'),
        parameter: textOf(row, 'parameter'),
        direction: textOf(row, 'direction'),
        from: textOf(row, 'default_value'),
        to: textOf(row, 'value'),
        percent: percent(difference),
        low: percent(numberOrNull(row, 'ci95_low')),
        high: percent(numberOrNull(row, 'ci95_high')),
      },
    ];
  });
}

/** Parameters by the largest change that they make to any strategy. */
function order(bars: readonly Bar[]): string[] {
  const size = (parameter: string): number =>
    Math.max(...bars.filter((bar) => bar.parameter === parameter).map(({ percent }) => Math.abs(percent)));
  return [...new Set(bars.map(({ parameter }) => parameter))]
    .sort((a, b) => size(b) - size(a) || (a < b ? -1 : 1))
    .slice(0, MOST_PARAMETERS);
}

function drawn(bars: readonly Bar[], parameters: readonly string[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const strategies = [...new Set(bars.map(({ strategy }) => strategy))];
    const face = narrow ? { fy: 'strategy' } : { fx: 'strategy' };
    const ends = bars.flatMap(({ low, high }) => [low, high, 0]);
    const rows = parameters.length * 22;
    return draw(id, {
      ...baseOptions(width, narrow ? 60 + strategies.length * (rows + 34) : 90 + rows),
      marginTop: 34,
      marginLeft: narrow ? 186 : 204,
      ...(narrow
        ? { fy: { domain: strategies, label: null, axis: null, padding: 0.14 } }
        : { fx: { domain: strategies, label: null, axis: null, padding: 0.08 } }),
      x: { domain: [Math.min(...ends) * 1.05, Math.max(...ends) * 1.05] },
      y: { type: 'band', domain: [...parameters], label: null, paddingInner: 0.35 },
      marks: [
        Plot.gridX({ ticks: narrow ? 4 : 3, stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.axisY({ tickSize: 0, label: null }),
        ...xAxis('change of the capacity [%]', {
          ticks: narrow ? 4 : 3,
          tickFormat: (value: number) => `${value > 0 ? '+' : ''}${value}`,
        }),
        Plot.text(strategies, {
          ...(narrow ? { fy: (name: string) => name } : { fx: (name: string) => name }),
          text: (name: string) => name,
          frameAnchor: 'top-left',
          dy: -14,
          fontWeight: 600,
        } as object),
        Plot.barX(bars, {
          x1: 0,
          x2: 'percent',
          y: 'parameter',
          ...face,
          fill: colourOf,
          fillOpacity: 0.75,
          title: (bar: Bar) =>
            `${bar.strategy}: ${bar.parameter} from ${bar.from} to ${bar.to}: ${readable(bar.percent)} % (${readable(bar.low)} to ${readable(bar.high)})`,
        } as object),
        Plot.link(bars, {
          x1: 'low',
          x2: 'high',
          y: 'parameter',
          ...face,
          stroke: 'var(--ink)',
          strokeOpacity: 0.7,
        } as object),
        Plot.ruleX([0], { stroke: 'var(--axis)' }),
      ],
    });
  };
}

/** Which assumed defaults move the answer. */
export const tornado: FigureOf = async ({ sibling }) => {
  const id = 'tornado';
  const folder = sibling('sensitivity');
  const missing = {
    id,
    title: 'Which assumptions move the answer',
    why: 'there is no sensitivity/sensitivity.csv beside these results',
    run: 'replisim sensitivity',
  };
  if (!folder?.has('sensitivity.csv')) return missing;
  const columns = [
    'strategy',
    'parameter',
    'direction',
    'default_value',
    'value',
    'metric',
    'default_mean',
    'difference',
    'ci95_low',
    'ci95_high',
  ];
  const keep = (cells: readonly string[], header: readonly string[]): boolean =>
    cells[header.indexOf('metric')] === METRIC;
  const all = barsOf(
    await folder.read('sensitivity.csv', { columns, keep, text: ['parameter', 'direction', 'default_value', 'value'] }),
  );
  if (all.length === 0) return { ...missing, why: `sensitivity/sensitivity.csv has no row of ${METRIC}` };
  const strategies = [...new Set(all.map(({ strategy }) => strategy))].slice(0, MOST_STRATEGIES);
  const ours = all.filter(({ strategy }) => strategies.includes(strategy));
  const parameters = order(ours);
  const bars = ours.filter(({ parameter }) => parameters.includes(parameter));
  const worst = bars.reduce((a, b) => (Math.abs(b.percent) > Math.abs(a.percent) ? b : a));
  const clear = new Set(all.filter(({ low, high }) => low > 0 || high < 0).map(({ parameter }) => parameter));
  const tried = new Set(all.map(({ parameter }) => parameter));
  return {
    id,
    title: `Measure ${parameters[0]} first: ${worst.from} to ${worst.to} moves the capacity of ${spoken(worst.strategy)} by ${worst.percent > 0 ? '+' : '−'}${readable(Math.abs(worst.percent))} %; ${tried.size - clear.size} of ${tried.size} assumed values move it not at all that could be seen`,
    about:
      'Change of the capacity when one assumed default alone is halved, doubled or replaced, as a paired difference with the same random numbers. Lines: 95 % intervals. The largest twelve are shown.',
    key: key.filter((_, at) => bars.some((bar) => colourOf(bar) === key[at].look.colour)),
    namesItsLines: false,
    draw: drawn(bars, parameters),
    sources: [{ folder, file: 'sensitivity.csv', columns }],
    data: {
      heads: ['strategy', 'parameter', 'from', 'to', 'change [%]', '95 % from', 'to'],
      rows: [...ours]
        .sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent))
        .map((bar) => [bar.strategy, bar.parameter, bar.from, bar.to, bar.percent, bar.low, bar.high]),
    },
  };
};
