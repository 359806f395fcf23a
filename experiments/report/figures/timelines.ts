import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { seriesLook, strategyLook } from '../palette.ts';
import { numberOf, numberOrNull, type TableRow, textOf } from '../read-table.ts';
import { spoken } from '../series.ts';

const sides = ['answered', 'failed or moved'] as const;

interface Spot {
  readonly case: string;
  readonly strategy: string;
  readonly side: string;
  /** Since the case began [s]. */
  readonly sinceS: number;
  /** Share of the requests that were usual per interval before. */
  readonly share: number;
}

/** Most cases in the figure. */
const MOST_CASES = 10;
/** A strategy is drawn by itself where it is off the median of all by more than this share of the usual requests. */
const APART = 0.08;
const ALIKE = 'all others, alike';

interface Interval {
  completed: number;
  failed: number;
  moved: number;
}

/** Sums over the replications of each interval, by case and strategy. */
function intervalsOf(rows: readonly TableRow[]): Map<string, Map<number, Interval>> {
  const groups = new Map<string, Map<number, Interval>>();
  for (const row of rows) {
    const name = JSON.stringify([textOf(row, 'case'), textOf(row, 'strategy')]);
    if (!groups.has(name)) groups.set(name, new Map());
    const own = groups.get(name)!;
    const atS = numberOf(row, 'at_s');
    const sum = own.get(atS) ?? { completed: 0, failed: 0, moved: 0 };
    sum.completed += numberOf(row, 'completed');
    sum.failed += numberOf(row, 'failed');
    sum.moved += numberOf(row, 'moved');
    own.set(atS, sum);
  }
  return groups;
}

function spotsOf(rows: readonly TableRow[], beginsAtS: number): Spot[] {
  return [...intervalsOf(rows)].flatMap(([name, intervals]) => {
    const [caseName, strategy] = JSON.parse(name) as [string, string];
    const all = [...intervals].sort(([a], [b]) => a - b);
    const before = all.filter(([atS]) => atS < beginsAtS);
    const usual =
      (before.length > 0 ? before : all).reduce((sum, [, { completed }]) => sum + completed, 0) /
      Math.max(1, before.length > 0 ? before.length : all.length);
    const moved =
      (before.length > 0 ? before : all).reduce((sum, [, one]) => sum + one.moved, 0) /
      Math.max(1, before.length > 0 ? before.length : all.length);
    return all.flatMap(([atS, interval]): Spot[] => {
      const place = { case: caseName, strategy, sinceS: atS - beginsAtS };
      return [
        { ...place, side: sides[0], share: interval.completed / usual },
        { ...place, side: sides[1], share: Math.max(0, interval.failed + interval.moved - moved) / usual },
      ];
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/**
 * Strategies that do alike in a case as one line, their median, and those that do otherwise by name: with the same
 * random numbers most lines coincide, and the one drawn last would hide the rest.
 */
function grouped(spots: readonly Spot[]): Spot[] {
  const panels = new Map<string, Spot[]>();
  for (const spot of spots) {
    const name = JSON.stringify([spot.case, spot.side]);
    panels.set(name, [...(panels.get(name) ?? []), spot]);
  }
  return [...panels.values()].flatMap((own) => {
    const moments = new Map<number, number[]>();
    for (const { sinceS, share } of own) moments.set(sinceS, [...(moments.get(sinceS) ?? []), share]);
    const middle = new Map([...moments].map(([sinceS, shares]) => [sinceS, median(shares)]));
    const strategies = [...new Set(own.map(({ strategy }) => strategy))];
    const apart = new Set(
      own.filter(({ sinceS, share }) => Math.abs(share - middle.get(sinceS)!) > APART).map(({ strategy }) => strategy),
    );
    const alike =
      apart.size === strategies.length
        ? []
        : [...middle].map(([sinceS, share]) => ({ ...own[0], strategy: ALIKE, sinceS, share }));
    return [...alike, ...own.filter(({ strategy }) => apart.has(strategy))];
  });
}

/** When the nodes drop one another from their views, in the mean over the runs of a case that they do so in [s]. */
interface Notice {
  readonly case: string;
  readonly sinceS: number;
}

function noticesOf(costs: readonly TableRow[], cases: readonly string[]): Notice[] {
  return cases.flatMap((name) =>
    ['first_noticed_s', 'last_noticed_s'].flatMap((column): Notice[] => {
      const moments = costs
        .filter((row) => textOf(row, 'case') === name)
        .flatMap((row) => numberOrNull(row, column) ?? []);
      if (moments.length === 0) return [];
      return [{ case: name, sinceS: moments.reduce((sum, sinceS) => sum + sinceS, 0) / moments.length }];
    }),
  );
}

function drawn(
  spots: readonly Spot[],
  notices: readonly Notice[],
  key: readonly KeyEntry[],
  cases: readonly string[],
): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const high = Math.min(2, Math.max(1.1, ...spots.map(({ share }) => share)));
    return draw(id, {
      ...baseOptions(width, 70 + cases.length * 92),
      marginTop: 44,
      marginLeft: 52,
      fx: { domain: [...sides], label: null, axis: null, padding: 0.08 },
      fy: { domain: [...cases], label: null, axis: null, padding: 0.26 },
      y: { domain: [0, high], clamp: true },
      marks: [
        Plot.gridY({ ticks: [0, 0.5, 1], stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.axisY({ ticks: [0, 0.5, 1], tickSize: 0, label: null, tickFormat: (value: number) => `${value * 100} %` }),
        Plot.axisX({
          ticks: narrow ? 4 : 7,
          label: 'since it began [s]',
          labelAnchor: 'center',
          labelArrow: 'none',
          labelOffset: 36,
          tickSize: 4,
        }),
        Plot.text(sides, {
          fx: (side: string) => side,
          fy: () => cases[0],
          text: (side: string) => side,
          frameAnchor: 'top-right',
          dy: -30,
          lineAnchor: 'top',
          fill: 'var(--muted)',
        } as object),
        Plot.text(cases, {
          fy: (name: string) => name,
          fx: () => sides[0],
          text: (name: string) => name,
          frameAnchor: 'top-left',
          dy: -14,
          lineAnchor: 'top',
          fontWeight: 600,
        } as object),
        Plot.ruleX([0], { stroke: 'var(--muted)', strokeDasharray: '3,3' }),
        Plot.ruleX(notices, {
          x: 'sinceS',
          fy: 'case',
          stroke: 'var(--ink)',
          strokeWidth: 1.2,
          strokeDasharray: '1,3',
        }),
        ...key.map(({ name, look }) =>
          Plot.line(
            spots.filter(({ strategy }) => strategy === name),
            {
              x: 'sinceS',
              y: 'share',
              fx: 'side',
              fy: 'case',
              z: 'case',
              stroke: look.colour,
              strokeWidth: 1.6,
            } as object,
          ),
        ),
      ],
    });
  };
}

/** What happened when, in each case of failover.ts. */
export const timelines: FigureOf = async ({ sibling }) => {
  const id = 'timelines';
  const folder = sibling('failover');
  if (!folder?.has('timeline.csv') || !folder.has('failover.csv')) {
    return {
      id,
      title: 'What happens when a node dies, freezes, is cut off, stops or joins',
      why: 'there is no failover/timeline.csv beside these results',
      run: 'replisim failover',
    };
  }
  const columns = ['strategy', 'case', 'at_s', 'completed', 'failed', 'moved'];
  const rows = await folder.read('timeline.csv', { columns });
  const costs = await folder.read('failover.csv', {
    columns: ['strategy', 'case', 'begins_at_s', 'first_noticed_s', 'last_noticed_s', 'hurt_s', 'failed_requests'],
  });
  const beginsAtS = numberOf(costs[0], 'begins_at_s');
  const cases = [...new Set(rows.map((row) => textOf(row, 'case')))].slice(0, MOST_CASES);
  const spots = grouped(
    spotsOf(
      rows.filter((row) => cases.includes(textOf(row, 'case'))),
      beginsAtS,
    ),
  );
  const names = [...new Set(spots.map(({ strategy }) => strategy))].sort((a, b) =>
    a === ALIKE ? -1 : b === ALIKE ? 1 : a < b ? -1 : 1,
  );
  const key = names.map((name, index) => ({
    name,
    look: {
      ...(name === ALIKE ? { ...seriesLook(9), colour: 'var(--muted)' } : strategyLook(name, index)),
      character: '━',
    },
  }));
  const worst = costs.reduce((a, b) => (numberOf(b, 'hurt_s') > numberOf(a, 'hurt_s') ? b : a));
  return {
    id,
    title: `It hurts longest in ${textOf(worst, 'case')} under ${spoken(textOf(worst, 'strategy'))}: ${readable(numberOf(worst, 'hurt_s'))} s`,
    about:
      'Requests per interval as a share of the usual number before, summed over the replications. Left: answered. Right: answered with an error, or by another node than the one before of their client, beyond what is usual. Dotted upright lines: the first and the last moment at which a node drops another from its view, in the mean. Strategies that differ by less than 8 % are one line. It hurts while more than 1 % fail or the mean latency is above three times the usual.',
    key,
    namesItsLines: false,
    draw: drawn(spots, noticesOf(costs, cases), key, cases),
    sources: [
      { folder, file: 'timeline.csv', columns },
      { folder, file: 'failover.csv', columns: ['begins_at_s', 'first_noticed_s', 'last_noticed_s', 'hurt_s'] },
    ],
    data: {
      heads: ['case', 'strategy', 'replication', 'hurt [s]', 'failed requests'],
      rows: costs.map((row) => [
        textOf(row, 'case'),
        textOf(row, 'strategy'),
        numberOf(row, 'replication'),
        numberOf(row, 'hurt_s'),
        numberOf(row, 'failed_requests'),
      ]),
    },
  };
};
