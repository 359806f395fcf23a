import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, decades, isNarrow, tick, xAxis, yAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { seriesLook } from '../palette.ts';
import { numberOf, numberOrNull, type TableRow } from '../read-table.ts';
import { distinctSorted, durationText, trimmed } from '../series.ts';

interface Spot {
  readonly frequency: number;
  readonly dropTime: number;
  readonly loss: number;
  readonly between: number;
  readonly low: number;
  readonly high: number | null;
  readonly closedForm: number | null;
}

/** Independent losses, no pauses, heartbeats alone: where the closed form holds. */
function plainSettings(rows: readonly TableRow[]): Spot[] {
  return rows.flatMap((row) => {
    const between = numberOrNull(row, 'mistake_recurrence_s');
    const isPlain = row.burst_s === 0 && row.pause_s === 0 && row.detector === 'none';
    if (!isPlain || between === null) return [];
    return [
      {
        frequency: numberOf(row, 'frequency_ms'),
        dropTime: numberOf(row, 'drop_time_ms'),
        loss: numberOf(row, 'loss_ratio'),
        between,
        low: numberOrNull(row, 'mistake_recurrence_s_low') ?? between,
        high: numberOrNull(row, 'mistake_recurrence_s_high'),
        closedForm: numberOrNull(row, 'closed_form_s'),
      },
    ];
  });
}

function drawn(spots: readonly Spot[], key: readonly KeyEntry[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const times = distinctSorted(spots.map(({ dropTime }) => dropTime));
    const values = spots.flatMap(({ between, low, high, closedForm }) => [
      between,
      low,
      high ?? between,
      closedForm ?? between,
    ]);
    const [low, high] = [Math.min(...values) * 0.7, Math.max(...values) * 1.4];
    const losses = distinctSorted(spots.map(({ loss }) => loss));
    const frequencies = distinctSorted(spots.map(({ frequency }) => frequency));
    return draw(id, {
      ...baseOptions(width, 340),
      marginTop: 40,
      marginLeft: 66,
      fx: { domain: times, label: null, axis: null, padding: 0.12 },
      x: { type: 'point', domain: losses, padding: 0.4 },
      y: { type: 'log', domain: [low, high] },
      marks: [
        ...yAxis('time between mistakes [s]', { ticks: decades(low, high), tickFormat: tick }),
        ...xAxis('share of the heartbeats lost', {
          tickFormat: (value: number) => `${value * 100} %`,
          ...(narrow ? { ticks: losses.filter((_, at) => at % 2 === losses.length % 2 || losses.length < 4) } : {}),
        }),
        Plot.text(times, {
          fx: (time: number) => time,
          text: (time: number) => `dropTime ${time / 1000} s`,
          frameAnchor: 'top-left',
          dy: -14,
          fontWeight: 600,
        } as object),
        ...frequencies.flatMap((frequency, at) => {
          const own = spots.filter((spot) => spot.frequency === frequency);
          const { look } = key[at];
          const about = (spot: Spot): string =>
            `${spot.loss * 100} % lost, every ${readable(spot.frequency)} ms: ${readable(spot.between)} s (${readable(spot.low)} to ${spot.high === null ? 'no end' : readable(spot.high)}); closed form ${readable(spot.closedForm)} s`;
          return [
            Plot.line(
              own.filter(({ closedForm }) => closedForm !== null),
              {
                x: 'loss',
                y: 'closedForm',
                fx: 'dropTime',
                stroke: look.colour,
                strokeOpacity: 0.55,
                strokeDasharray: '5,4',
              } as object,
            ),
            Plot.ruleX(own, {
              x: 'loss',
              fx: 'dropTime',
              y1: (spot: Spot) => Math.max(low, spot.low),
              y2: (spot: Spot) => spot.high ?? high,
              stroke: look.colour,
              strokeWidth: 1.5,
            } as object),
            Plot.dot(own, {
              x: 'loss',
              y: 'between',
              fx: 'dropTime',
              fill: look.colour,
              symbol: look.symbol,
              r: 4,
              title: about,
            } as object),
          ];
        }),
      ],
    });
  };
}

/** How often a living node is thrown out, against the closed form. */
export const mistakes: FigureOf = async ({ sibling }) => {
  const id = 'mistakes';
  const folder = sibling('heartbeat-sweep');
  const missing = {
    id,
    title: 'How often a living node is thrown out',
    why: 'there is no heartbeat-sweep/heartbeat.csv beside these results',
    run: 'replisim heartbeat-sweep',
  };
  if (!folder?.has('heartbeat.csv')) return missing;
  const columns = [
    'frequency_ms',
    'drop_time_ms',
    'loss_ratio',
    'mistake_recurrence_s',
    'mistake_recurrence_s_low',
    'mistake_recurrence_s_high',
    'closed_form_s',
    'is_within',
  ];
  const rows = await folder.read('heartbeat.csv', {
    columns: [...columns, 'burst_s', 'pause_s', 'detector'],
    text: ['detector'],
  });
  const spots = plainSettings(rows);
  if (spots.length === 0)
    return { ...missing, why: 'no setting of heartbeat-sweep/heartbeat.csv has a mistake of independent losses alone' };
  const judged = rows.filter((row) => row.is_within !== null);
  const within = judged.filter((row) => row.is_within === 1).length;
  const frequencies = distinctSorted(spots.map(({ frequency }) => frequency));
  const key = frequencies.map((frequency, index) => ({
    name: `heartbeat every ${frequency} ms`,
    look: seriesLook(index),
  }));
  const rarest = [...spots].sort((a, b) => a.loss - b.loss || b.between - a.between)[0];
  return {
    id,
    title: `With ${trimmed(rarest.loss * 100)} % of the heartbeats lost, one member wrongly drops another every ${durationText(rarest.between)}; the closed form lies in the interval of ${within} of ${judged.length} settings`,
    about:
      'Mean time between two mistakes of one observer about one member, with independent losses, without pauses, heartbeats alone. Bars: 95 % intervals. Dashed: E(T_MR) = f / ((1 − p) pⁿ).',
    key,
    namesItsLines: false,
    draw: drawn(spots, key),
    sources: [{ folder, file: 'heartbeat.csv', columns }],
    data: {
      heads: ['frequency [ms]', 'dropTime [ms]', 'loss', 'between mistakes [s]', '95 % from', 'to', 'closed form [s]'],
      rows: spots.map((spot) => [
        spot.frequency,
        spot.dropTime,
        spot.loss,
        spot.between,
        spot.low,
        spot.high,
        spot.closedForm,
      ]),
    },
  };
};
