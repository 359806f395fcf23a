import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, xAxis, yAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { seriesLook } from '../palette.ts';
import { numberOf, numberOrNull, type TableRow, textOf } from '../read-table.ts';
import { distinctSorted, listed } from '../series.ts';

interface Spot {
  readonly frequency: number;
  readonly dropTime: number;
  readonly detector: string;
  readonly mean: number;
  readonly longest: number;
}

const detectorTexts: Readonly<Record<string, string>> = {
  none: 'heartbeats alone',
  tcp: 'with TcpFailureDetector',
};

/** Runs in which nothing but the death of a node happens. */
function quietRuns(rows: readonly TableRow[]): Spot[] {
  return rows.flatMap((row) => {
    const [mean, longest] = [numberOrNull(row, 'detection_ms_mean'), numberOrNull(row, 'detection_ms_max')];
    const isQuiet = row.loss_ratio === 0 && row.burst_s === 0 && row.pause_s === 0;
    if (!isQuiet || mean === null || longest === null) return [];
    return [
      {
        frequency: numberOf(row, 'frequency_ms'),
        dropTime: numberOf(row, 'drop_time_ms'),
        detector: textOf(row, 'detector'),
        mean: mean / 1000,
        longest: longest / 1000,
      },
    ];
  });
}

function drawn(spots: readonly Spot[], key: readonly KeyEntry[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const detectors = [...new Set(spots.map(({ detector }) => detector))].sort();
    const times = distinctSorted(spots.map(({ dropTime }) => dropTime));
    const frequencies = distinctSorted(spots.map(({ frequency }) => frequency));
    return draw(id, {
      ...baseOptions(width, 320),
      marginTop: 40,
      fx: { domain: detectors, label: null, axis: null, padding: 0.12 },
      x: { type: 'band', domain: times, padding: 0.3 },
      y: { domain: [0, Math.max(...spots.map(({ longest }) => longest)) * 1.05] },
      marks: [
        ...yAxis('from the death until it is noticed [s]'),
        ...xAxis('dropTime [s]', { tickFormat: (value: number) => String(value / 1000) }),
        Plot.text(detectors, {
          fx: (name: string) => name,
          text: (name: string) => detectorTexts[name] ?? name,
          frameAnchor: 'top-left',
          dy: -14,
          fontWeight: 600,
        } as object),
        Plot.tickY(times, {
          x: (time: number) => time,
          y: (time: number) => time / 1000,
          stroke: 'var(--axis)',
          strokeDasharray: '3,3',
        } as object),
        ...frequencies.flatMap((frequency, at) => {
          const own = spots.filter((spot) => spot.frequency === frequency);
          const { look } = key[at];
          const dx = (at - (frequencies.length - 1) / 2) * (narrow ? 9 : 18);
          const about = (spot: Spot): string =>
            `every ${readable(spot.frequency)} ms, dropTime ${readable(spot.dropTime)} ms: mean ${readable(spot.mean)} s, last observer ${readable(spot.longest)} s`;
          return [
            Plot.ruleX(own, {
              x: 'dropTime',
              fx: 'detector',
              y1: 'mean',
              y2: 'longest',
              stroke: look.colour,
              strokeOpacity: 0.35,
              dx,
            } as object),
            Plot.dot(own, {
              x: 'dropTime',
              y: 'longest',
              fx: 'detector',
              stroke: look.colour,
              fill: 'var(--ground)',
              r: 2.5,
              dx,
              title: about,
            } as object),
            Plot.dot(own, {
              x: 'dropTime',
              y: 'mean',
              fx: 'detector',
              fill: look.colour,
              symbol: look.symbol,
              r: 4,
              dx,
              title: about,
            } as object),
          ];
        }),
      ],
    });
  };
}

/** How soon a death is noticed, by the settings of the heartbeats. */
export const detection: FigureOf = async ({ sibling }) => {
  const id = 'detection';
  const folder = sibling('heartbeat-sweep');
  const missing = {
    id,
    title: 'How soon a failure is noticed',
    why: 'there is no heartbeat-sweep/detection.csv beside these results',
    run: 'replisim heartbeat-sweep',
  };
  if (!folder?.has('detection.csv')) return missing;
  const columns = [
    'frequency_ms',
    'drop_time_ms',
    'loss_ratio',
    'burst_s',
    'pause_s',
    'detector',
    'detection_ms_mean',
    'detection_ms_max',
  ];
  const spots = quietRuns(await folder.read('detection.csv', { columns, text: ['detector'] }));
  if (spots.length === 0)
    return { ...missing, why: 'heartbeat-sweep/detection.csv has no setting without losses and pauses' };
  const frequencies = distinctSorted(spots.map(({ frequency }) => frequency));
  const key = frequencies.map((frequency, index) => ({
    name: `heartbeat every ${frequency} ms`,
    look: seriesLook(index),
  }));
  const [least, most] = [Math.min(...spots.map(({ mean }) => mean)), Math.max(...spots.map(({ longest }) => longest))];
  const times = distinctSorted(spots.map(({ dropTime }) => dropTime / 1000));
  return {
    id,
    title: `A death is noticed ${readable(least)} s later at best and ${readable(most)} s at worst, for dropTimes of ${listed(times.map(String))} s`,
    about:
      'From the kill of a node until the others drop it, without losses and pauses. Full points: mean over the observers, one per run; hollow: the last observer. Dashed: dropTime itself.',
    key,
    namesItsLines: false,
    draw: drawn(spots, key),
    sources: [{ folder, file: 'detection.csv', columns }],
    data: {
      heads: ['frequency [ms]', 'dropTime [ms]', 'detector', 'mean [s]', 'last observer [s]'],
      rows: spots.map((spot) => [spot.frequency, spot.dropTime, spot.detector, spot.mean, spot.longest]),
    },
  };
};
