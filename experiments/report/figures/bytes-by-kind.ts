import * as Plot from '@observablehq/plot';
import type { PointSummary } from '../../lib/summarise.ts';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, xAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, KeyEntry, SweepFigureOf } from '../figure.ts';
import { seriesLook } from '../palette.ts';
import { distinctSorted, least, seriesOf, spoken } from '../series.ts';

interface Share {
  readonly name: string;
  readonly nodes: number;
  readonly kind: string;
  readonly bytes: number;
}

/** Kinds that get a colour of their own; the smaller ones are drawn together. */
const MOST_KINDS = 9;
const REST = 'other';

function sharesOf(summaries: readonly PointSummary[], nameOf: (point: PointSummary['point']) => string): Share[] {
  return summaries.flatMap(({ point, metrics }) =>
    [...metrics].flatMap(([metric, { mean }]) => {
      const kind = /^traffic\.([^.]+)\.bytes_per_request$/.exec(metric)?.[1];
      if (kind === undefined || kind === 'all' || !mean) return [];
      return [{ name: nameOf(point), nodes: point.nodes, kind, bytes: mean }];
    }),
  );
}

function sumBy(shares: readonly Share[], keyOf: (share: Share) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const share of shares) sums.set(keyOf(share), (sums.get(keyOf(share)) ?? 0) + share.bytes);
  return [...sums].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** Kinds by the greatest share that they have anywhere, so that no strategy's main kind is hidden by another's. */
function kindsOf(shares: readonly Share[]): string[] {
  const totals = new Map(sumBy(shares, ({ name, nodes }) => `${name} ${nodes}`));
  const largest = new Map<string, number>();
  for (const { name, nodes, kind, bytes } of shares) {
    largest.set(kind, Math.max(largest.get(kind) ?? 0, bytes / totals.get(`${name} ${nodes}`)!));
  }
  return [...largest].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([kind]) => kind);
}

function titleOf(shares: readonly Share[]): string {
  const most = Math.max(...shares.map(({ nodes }) => nodes));
  const own = shares.filter(({ nodes }) => nodes === most);
  const [[name, total]] = sumBy(own, (share) => share.name);
  const [[kind, bytes]] = sumBy(
    own.filter((share) => share.name === name),
    (share) => share.kind,
  );
  return `At ${most} nodes ${spoken(name)} sends most: ${readable(total)} bytes per request, ${readable((bytes / total) * 100)} % of it ${kind}`;
}

function drawn(shares: readonly Share[], key: readonly KeyEntry[], order: readonly string[]): Figure['draw'] {
  return (width, id) => {
    const sizes = distinctSorted(shares.map(({ nodes }) => nodes));
    const narrow = isNarrow(width);
    const kinds = key.map(({ name }) => name);
    const options = baseOptions(width, 0);
    return draw(id, {
      ...options,
      height: 76 + sizes.length * (order.length * 26 + 22),
      marginLeft: narrow ? 148 : 152,
      marginRight: narrow ? 58 : 76,
      marginTop: 26,
      x: { insetRight: 2 },
      y: { domain: [...order], label: null },
      fy: { domain: sizes, label: null, padding: 0.16 },
      marks: [
        Plot.axisFy({
          text: (nodes: number) => `${nodes} nodes`,
          anchor: 'left',
          frameAnchor: 'top-left',
          dx: narrow ? -138 : -142,
          dy: -16,
          textAnchor: 'start',
          fontWeight: 600,
          fill: 'var(--muted)',
        } as object),
        ...xAxis('bytes per request', { ticks: narrow ? 3 : 6 }),
        Plot.axisY({ label: null, tickSize: 0 }),
        Plot.barX(shares, {
          x: 'bytes',
          y: 'name',
          fy: 'nodes',
          order: kinds,
          fill: (share: Share) => key.find(({ name }) => name === share.kind)!.look.colour,
          z: 'kind',
          inset: 0.5,
          title: (share: Share) =>
            `${share.name}, ${share.nodes} nodes, ${share.kind}: ${readable(share.bytes)} bytes per request`,
        } as object),
        Plot.text(
          shares,
          Plot.groupY(
            { x: 'sum', text: (own: number[]) => readable(own.reduce((sum, value) => sum + value, 0)) } as object,
            {
              x: 'bytes',
              y: 'name',
              fy: 'nodes',
              text: 'bytes',
              textAnchor: 'start',
              dx: 6,
              fill: 'var(--muted)',
            } as object,
          ),
        ),
        Plot.ruleX([0], { stroke: 'var(--axis)' }),
      ],
    });
  };
}

/** Bytes per request by kind of message, at the smallest and the largest cluster. */
export const bytesByKind: SweepFigureOf = async ({ folder, summaries }) => {
  const load = least(summaries.map(({ point }) => point.load_rps));
  const atLoad = summaries.filter(({ point }) => point.load_rps === load);
  const sizes = distinctSorted(atLoad.map(({ point }) => point.nodes));
  const chosen = [...new Set([sizes[0], sizes[Math.floor((sizes.length - 1) / 2)], sizes[sizes.length - 1]])];
  const own = atLoad.filter(({ point }) => chosen.includes(point.nodes));
  const { key, nameOf } = seriesOf(own.map(({ point }) => point));
  const order = key.map(({ name }) => name);
  const all = sharesOf(own, nameOf).filter(({ name }) => order.includes(name));
  if (all.length === 0) {
    return {
      id: 'bytes-by-kind',
      title: 'Bytes per request by kind of message',
      why: 'summary.csv names no kind of message',
      run: 'replisim sweep',
    };
  }
  const kinds = kindsOf(all).slice(0, MOST_KINDS);
  const named = all.map((share) => (kinds.includes(share.kind) ? share : { ...share, kind: REST }));
  const legend = [...kinds, ...(named.some(({ kind }) => kind === REST) ? [REST] : [])].map((name, index) => ({
    name,
    look: { ...seriesLook(name === REST ? MOST_KINDS : index), character: '■' },
  }));
  const merged = order.flatMap((name) =>
    chosen.flatMap((nodes) =>
      legend.flatMap(({ name: kind }) => {
        const bytes = named
          .filter((one) => one.name === name && one.nodes === nodes && one.kind === kind)
          .reduce((sum, one) => sum + one.bytes, 0);
        return bytes > 0 ? [{ name, nodes, kind, bytes }] : [];
      }),
    ),
  );
  return {
    id: 'bytes-by-kind',
    title: titleOf(merged),
    about: `Bytes on the wire per answered request, to all destinations together, by kind of message, at ${readable(load)} requests/s. Means over the replications, of the whole window with its faults.`,
    key: legend,
    namesItsLines: false,
    draw: drawn(merged, legend, order),
    sources: [
      { folder, file: 'traffic.csv', columns: ['kind', 'bytes_per_request'] },
      { folder, file: 'summary.csv', columns: ['metric = traffic.KIND.bytes_per_request', 'mean'] },
    ],
    data: {
      heads: ['series', 'nodes', 'kind', 'bytes per request'],
      rows: all.map(({ name, nodes, kind, bytes }) => [name, nodes, kind, bytes]),
    },
  };
};
