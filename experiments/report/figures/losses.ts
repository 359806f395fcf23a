import * as Plot from '@observablehq/plot';
import type { Answer } from '../../lib/scale-answer.ts';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, type Ranged, rangedText, tick, xAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, SweepFigureOf } from '../figure.ts';
import { distinctSorted, listed, ranged, seriesOf, spoken, thinned } from '../series.ts';

const kinds = [
  ['lost_sessions', 'lost sessions'],
  ['lost_updates', 'lost updates'],
  ['stale_reads', 'stale reads'],
  ['failed_requests', 'failed requests'],
] as const;

interface Spot extends Ranged {
  readonly name: string;
  readonly nodes: number;
  readonly kind: string;
  readonly colour: string;
}

function titleOf(spots: readonly Spot[], names: readonly string[]): string {
  const total = (name: string): number =>
    spots.filter((spot) => spot.name === name).reduce((sum, { mean }) => sum + mean, 0);
  const clean = names.filter((name) => total(name) === 0);
  const sessions = spots
    .filter(({ kind, mean }) => kind === 'lost sessions' && mean > 0)
    .sort((a, b) => b.mean - a.mean);
  const worst = sessions[0]
    ? `Up to ${readable(sessions[0].mean)} sessions are lost per run under ${spoken(sessions[0].name)}`
    : 'No session is lost in these runs';
  return clean.length > 0 ? `${worst}; nothing under ${listed(clean.map(spoken))}` : worst;
}

/** Zero has no place on a logarithmic scale; a scale that is linear near zero shows both. */
const scale = { type: 'symlog', constant: 0.5 } as const;

function drawn(spots: readonly Spot[], names: readonly string[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const sizes = distinctSorted(spots.map(({ nodes }) => nodes));
    const high = Math.max(1, ...spots.map((spot) => spot.high ?? spot.mean));
    const steps = narrow || high < 1000 ? [0, 1, 10, 100, 1000, 1e4, 1e5] : [0, 10, 1000, 1e5];
    const ticks = steps.filter((value) => value <= high * 2);
    const shown = kinds.map(([, kind]) => kind);
    const rowHeight = Math.max(26, 6 * sizes.length + 8);
    const rows = names.length * rowHeight;
    const face = narrow ? { fy: 'kind' } : { fx: 'kind' };
    const byFace = narrow ? { fy: (kind: string) => kind } : { fx: (kind: string) => kind };
    // Cluster sizes stand below each other, the smallest on top.
    const step = Math.min(7, (rowHeight - 8) / sizes.length);
    const marks = sizes.flatMap((size, at) => {
      const own = spots.filter(({ nodes }) => nodes === size);
      const dy = (at - (sizes.length - 1) / 2) * step;
      const faint = (spot: Spot): number => (spot.mean > 0 ? 1 : 0.3);
      return [
        Plot.link(own, {
          x1: (spot: Spot) => Math.max(0, spot.low ?? spot.mean),
          x2: (spot: Spot) => spot.high ?? spot.mean,
          y: 'name',
          ...face,
          stroke: 'colour',
          strokeWidth: 1.4,
          strokeOpacity: faint,
          dy,
        } as object),
        Plot.dot(own, {
          x: 'mean',
          y: 'name',
          ...face,
          fill: (spot: Spot) => (spot.mean > 0 ? spot.colour : 'var(--ground)'),
          stroke: 'colour',
          strokeOpacity: (spot: Spot) => (spot.mean > 0 ? 1 : 0.5),
          r: 2.6,
          dy,
          title: (spot: Spot) => `${spot.name}, ${spot.nodes} nodes, ${spot.kind}: ${rangedText(spot)} per run`,
        } as object),
      ];
    });
    return draw(id, {
      ...baseOptions(width, narrow ? 70 + (rows + 40) * shown.length : 84 + rows),
      marginTop: 36,
      marginLeft: 148,
      ...(narrow
        ? { fy: { domain: shown, label: null, axis: null, padding: 0.12 } }
        : { fx: { domain: shown, label: null, axis: null, padding: 0.16 } }),
      x: { ...scale, domain: [0, high * 2] },
      y: { type: 'band', domain: [...names], label: null, padding: 0.1 },
      color: { type: 'identity' },
      marks: [
        Plot.gridX({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.axisY({ tickSize: 0, label: null }),
        ...xAxis('per run', { ticks, tickFormat: tick }),
        Plot.text(shown, {
          ...byFace,
          text: (kind: string) => kind,
          frameAnchor: 'top-left',
          dy: -16,
          fontWeight: 600,
        } as object),
        ...marks,
      ],
    });
  };
}

function spotsOf(answers: readonly Answer[], nameOf: (answer: Answer) => string, key: Figure['key']): Spot[] {
  const sizes = new Set(thinned(distinctSorted(answers.map(({ nodes }) => nodes)), 8));
  return answers.flatMap((answer) => {
    if (!sizes.has(answer.nodes)) return [];
    const entry = key.find(({ name }) => name === nameOf(answer));
    if (!entry) return [];
    return kinds.flatMap(([metric, kind]) => {
      const value = ranged(answer[metric]);
      return value ? [{ ...value, name: entry.name, nodes: answer.nodes, kind, colour: entry.look.colour }] : [];
    });
  });
}

/** What the faults of the runs cost. */
export const losses: SweepFigureOf = async ({ folder, answers }) => {
  const { key, nameOf } = seriesOf(answers);
  const spots = spotsOf(answers, nameOf, key);
  const names = key.map(({ name }) => name);
  return {
    id: 'losses',
    title: titleOf(spots, names),
    about: `Counts per run, one row per strategy with a point for each cluster size (${distinctSorted(spots.map(({ nodes }) => nodes)).join(', ')} nodes, from top), at the highest load that each cluster carries (where it carries none: the lowest). Bars: 95 % intervals over the replications; a hollow point was not seen in any run, and its bar ends at the upper bound of what may still happen. The scale is linear near zero and logarithmic above.`,
    key: [],
    namesItsLines: false,
    draw: drawn(spots, names),
    sources: [
      { folder, file: 'consistency.csv', columns: kinds.map(([metric]) => metric) },
      { folder, file: 'summary.csv', columns: ['metric', 'mean', 'ci95_low', 'ci95_high'] },
    ],
    data: {
      heads: ['series', 'nodes', 'what', 'per run', '95 % from', 'to'],
      rows: spots.map((spot) => [spot.name, spot.nodes, spot.kind, spot.mean, spot.low, spot.high]),
    },
  };
};
