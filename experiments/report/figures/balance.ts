import * as Plot from '@observablehq/plot';
import { readable } from '../../lib/text-table.ts';
import { baseOptions, isNarrow, xAxis } from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, FigureOf, KeyEntry } from '../figure.ts';
import { seriesLook } from '../palette.ts';
import { numberOf, numberOrNull, type TableRow, textOf } from '../read-table.ts';
import { greatest } from '../series.ts';

interface Spot {
  readonly balancer: string;
  readonly clients: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The cluster that is shown: the largest, under the first strategy. */
function shownRows(rows: readonly TableRow[]): TableRow[] {
  const nodes = greatest(rows.map((row) => numberOf(row, 'nodes')));
  const strategy = textOf(rows[0], 'strategy');
  return rows.filter((row) => row.nodes === nodes && row.strategy === strategy);
}

function spotsOf(rows: readonly TableRow[]): Spot[] {
  const groups = new Map<string, TableRow[]>();
  for (const row of rows) {
    const name = `${textOf(row, 'balancer')} ${textOf(row, 'clients')}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups.values()].flatMap((own) => {
    const ratios = own.map((row) => numberOrNull(row, 'node_requests_max_ratio')).filter((value) => value !== null);
    if (ratios.length === 0) return [];
    const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
    const [balancer, clients] = [textOf(own[0], 'balancer'), textOf(own[0], 'clients')];
    return [{ balancer, clients, mean, low: Math.min(...ratios), high: Math.max(...ratios) }];
  });
}

function orderOf(spots: readonly Spot[]): string[] {
  const worst = (balancer: string): number =>
    Math.max(...spots.filter((spot) => spot.balancer === balancer).map(({ mean }) => mean));
  return [...new Set(spots.map(({ balancer }) => balancer))].sort((a, b) => worst(a) - worst(b) || (a < b ? -1 : 1));
}

function drawn(spots: readonly Spot[], key: readonly KeyEntry[], nodes: number): Figure['draw'] {
  return (width, id) => {
    const order = orderOf(spots);
    const narrow = isNarrow(width);
    const high = Math.max(1.1, ...spots.map((spot) => spot.high));
    return draw(id, {
      ...baseOptions(width, 66 + order.length * 30),
      marginTop: 12,
      marginLeft: narrow ? 112 : 130,
      x: { domain: [1, Math.min(nodes, high * 1.03)], clamp: true },
      y: { type: 'band', domain: order },
      marks: [
        Plot.ruleY(order, { y: (balancer: string) => balancer, stroke: 'var(--grid)' }),
        Plot.gridX({ ticks: narrow ? 4 : 8, stroke: 'var(--grid)', strokeOpacity: 1 }),
        Plot.axisY({ label: null, tickSize: 0 }),
        ...xAxis('requests of the busiest node over the mean', { ticks: narrow ? 4 : 8 }),
        ...key.flatMap(({ name, look }, at) => {
          const dy = (at - (key.length - 1) / 2) * 4;
          const own = spots.filter(({ clients }) => clients === name);
          return [
            Plot.link(own, {
              x1: 'low',
              x2: 'high',
              y: 'balancer',
              stroke: look.colour,
              strokeWidth: 2,
              strokeOpacity: 0.6,
              dy,
            } as object),
            Plot.dot(own, {
              x: 'mean',
              y: 'balancer',
              fill: look.colour,
              symbol: look.symbol,
              r: 3.5,
              dy,
              title: (spot: Spot) =>
                `${spot.balancer}, ${spot.clients}: ${readable(spot.mean)} (${readable(spot.low)} to ${readable(spot.high)})`,
            } as object),
          ];
        }),
      ],
    });
  };
}

/** How evenly each balancer spreads each client population. */
export const balance: FigureOf = async ({ sibling }) => {
  const id = 'balance';
  const folder = sibling('balancing-sweep');
  if (!folder?.has('balance.csv')) {
    return {
      id,
      title: 'Balance across nodes',
      why: 'there is no balancing-sweep/balance.csv beside these results',
      run: 'replisim balancing-sweep',
    };
  }
  const columns = ['clients', 'strategy', 'balancer', 'nodes', 'load_rps', 'node_requests_max_ratio'];
  const rows = shownRows(await folder.read('balance.csv', { columns }));
  const nodes = numberOf(rows[0], 'nodes');
  const spots = spotsOf(rows);
  const populations = [...new Set(spots.map(({ clients }) => clients))];
  const key = populations.map((name, index) => ({ name, look: seriesLook(index) }));
  const worst = spots.reduce((a, b) => (b.mean > a.mean ? b : a));
  const even = orderOf(spots).filter((balancer) =>
    spots.every((spot) => spot.balancer !== balancer || spot.mean < 1.05),
  );
  return {
    id,
    title: `Behind ${worst.balancer} the busiest of ${nodes} nodes has ${readable(worst.mean)} times the mean (clients “${worst.clients}”); ${even.length} of ${orderOf(spots).length} balancers stay within 5 % for all clients`,
    about: `Requests of the busiest node over the mean of the ${nodes} nodes before any failure, behind each balancer, for each client population, under ${textOf(rows[0], 'strategy')} at ${readable(numberOf(rows[0], 'load_rps'))} requests/s. 1 is perfect balance. Points: means; bars: lowest to highest replication.`,
    key,
    namesItsLines: false,
    draw: drawn(spots, key, nodes),
    sources: [{ folder, file: 'balance.csv', columns }],
    data: {
      heads: ['balancer', 'clients', 'mean', 'lowest', 'highest'],
      rows: spots.map((spot) => [spot.balancer, spot.clients, spot.mean, spot.low, spot.high]),
    },
  };
};
