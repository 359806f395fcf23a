import * as Plot from '@observablehq/plot';
import type { Answer } from '../../lib/scale-answer.ts';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, type Ranged, rangedText, tick } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, SweepFigureOf } from '../figure.ts';
import { distinctSorted, listed, ranged, seriesOf, spoken } from '../series.ts';

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
const y = { type: 'symlog', constant: 0.5 } as const;

function drawn(spots: readonly Spot[], names: readonly string[]): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const sizes = distinctSorted(spots.map(({ nodes }) => nodes));
    const high = Math.max(1, ...spots.map((spot) => spot.high ?? spot.mean));
    const ticks = [0, 1, 10, 100, 1000, 1e4, 1e5, 1e6].filter((value) => value <= high * 1.2);
    const shown = kinds.map(([, kind]) => kind);
    const face = narrow ? { fy: 'kind' } : { fx: 'kind' };
    // Strategies stand side by side at each cluster size.
    const shift = (spot: Spot): number =>
      (names.indexOf(spot.name) - (names.length - 1) / 2) * Math.min(6, (narrow ? 38 : 22) / names.length);
    const marks = names.flatMap((name) => {
      const own = spots.filter((spot) => spot.name === name);
      if (own.length === 0) return [];
      const dx = shift(own[0]);
      return [
        Plot.ruleX(own, {
          x: 'nodes',
          ...face,
          y1: (spot: Spot) => Math.max(0, spot.low ?? spot.mean),
          y2: (spot: Spot) => spot.high ?? spot.mean,
          stroke: 'colour',
          strokeWidth: 1.5,
          dx,
        } as object),
        Plot.dot(own, {
          x: 'nodes',
          y: 'mean',
          ...face,
          fill: (spot: Spot) => (spot.mean > 0 ? spot.colour : 'var(--ground)'),
          stroke: 'colour',
          r: 3.2,
          dx,
          title: (spot: Spot) => `${spot.name}, ${spot.nodes} nodes, ${spot.kind}: ${rangedText(spot)} per run`,
        } as object),
      ];
    });
    return draw(id, {
      ...baseOptions(width, narrow ? 40 + 140 * shown.length : 280),
      marginTop: 36,
      marginLeft: 48,
      ...(narrow
        ? { fy: { domain: shown, label: null, axis: null, padding: 0.24 } }
        : { fx: { domain: shown, label: null, axis: null, padding: 0.08 } }),
      x: { type: 'point', domain: sizes, padding: 0.6 },
      y: { ...y, domain: [0, high * 1.2] },
      color: { type: 'identity' },
      marks: [
        Plot.gridY({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.axisY({ ticks, tickSize: 0, tickFormat: tick, label: null }),
        Plot.axisX({
          label: 'nodes',
          labelArrow: 'none',
          tickSize: 4,
          tickFormat: String,
          labelAnchor: 'center',
          labelOffset: 36,
        }),
        Plot.text(shown, {
          ...(narrow ? { fy: (kind: string) => kind } : { fx: (kind: string) => kind }),
          text: (kind: string) => `${kind} per run`,
          frameAnchor: 'top-left',
          dy: -14,
          fontWeight: 600,
        } as object),
        ...marks,
      ],
    });
  };
}

function spotsOf(answers: readonly Answer[], nameOf: (answer: Answer) => string, key: Figure['key']): Spot[] {
  return answers.flatMap((answer) => {
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
    about:
      'Counts per run, at the highest load that each cluster carries (where it carries none: the lowest). Bars: 95 % intervals over the replications; a hollow point was not seen in any run, and its bar ends at the upper bound of what may still happen. The scale is linear near zero and logarithmic above.',
    key: key.map((entry) => ({ ...entry, look: { ...entry.look, character: '●' } })),
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
