import * as Plot from '@observablehq/plot';
import type { Answer } from '../../lib/scale-answer.ts';
import { readable } from '../../lib/text-table.ts';
import {
  baseOptions,
  endLabels,
  isNarrow,
  lineOverNodes,
  rangedText,
  type NodeSpot as Spot,
  xAxis,
  yAxis,
} from '../chart.ts';
import { draw } from '../draw.ts';
import type { Figure, SweepFigureOf } from '../figure.ts';
import { distinctSorted, listed, ranged, seriesOf, spoken, thinned } from '../series.ts';

/** Share by which the last step of each series raises its capacity. */
function lastSteps(
  spots: readonly Spot[],
  names: readonly string[],
): { name: string; gain: number; from: number; to: number }[] {
  return names.flatMap((name) => {
    const own = spots.filter((spot) => spot.name === name);
    if (own.length < 2) return [];
    const [before, last] = own.slice(-2);
    return [{ name, gain: last.mean / before.mean - 1, from: before.nodes, to: last.nodes }];
  });
}

function titleOf(spots: readonly Spot[], names: readonly string[]): string {
  const steps = lastSteps(spots, names).sort((a, b) => b.gain - a.gain);
  if (steps.length === 0) return 'Capacity of each strategy';
  const percent = (gain: number): string => (Math.abs(gain) < 0.005 ? 'nothing' : `${readable(gain * 100)} %`);
  const [best] = steps;
  const worst = steps[steps.length - 1];
  const step = `from ${best.from} to ${best.to} nodes`;
  if (steps.length === 1 || best.gain - worst.gain < 0.02) return `Capacity grows by ${percent(best.gain)} ${step}`;
  const good = steps.filter(({ gain }) => best.gain - gain < 0.03);
  const asGood = good.map(({ name }) => spoken(name));
  const [least, most] = [good[good.length - 1], best].map(({ gain }) => percent(gain));
  const gains = least === most ? most : `${least.replace(' %', '')} to ${most}`;
  return `The step ${step} adds ${gains} to the capacity under ${listed(asGood)}, and ${percent(worst.gain)} under ${spoken(worst.name)}`;
}

function drawn(spots: readonly Spot[], key: Figure['key']): Figure['draw'] {
  return (width, id) => {
    const narrow = isNarrow(width);
    const sizes = distinctSorted(spots.map(({ nodes }) => nodes));
    const most = sizes[sizes.length - 1];
    const lines = key.map((entry) => ({ ...entry, spots: spots.filter(({ name }) => name === entry.name) }));
    const last = lines.map(({ name, look, spots: own }) => ({
      x: most,
      y: own[own.length - 1]?.mean ?? 0,
      name,
      colour: look.colour,
    }));
    return draw(id, {
      ...baseOptions(width, narrow ? 300 : 400),
      marginRight: narrow ? 16 : 150,
      x: { domain: [0, most], nice: false },
      y: { domain: [0, Math.max(...spots.map(({ mean, high }) => high ?? mean)) * 1.02] },
      marks: [
        ...yAxis('capacity [requests/s]'),
        ...xAxis('nodes', {
          ticks: sizes.filter(
            (size, at) => at === sizes.length - 1 || sizes[at + 1] - size > most / (narrow ? 12 : 25),
          ),
          tickFormat: String,
        }),
        Plot.ruleY([0], { stroke: 'var(--axis)' }),
        ...lines.flatMap(({ look, spots: own }) =>
          lineOverNodes(own, look, (spot) => `${rangedText(spot)} requests/s`),
        ),
        ...(narrow ? [] : [endLabels(last)]),
      ],
    });
  };
}

function spotsOf(answers: readonly Answer[], nameOf: (answer: Answer) => string, names: readonly string[]): Spot[] {
  const sizes = new Set(thinned(distinctSorted(answers.map(({ nodes }) => nodes)), 16));
  return answers.flatMap((answer) => {
    const value = ranged(answer.before_faults.capacity_rps);
    const name = nameOf(answer);
    return value && names.includes(name) && sizes.has(answer.nodes) ? [{ ...value, name, nodes: answer.nodes }] : [];
  });
}

/** Capacity against cluster size. */
export const capacity: SweepFigureOf = async ({ folder, answers }) => {
  const id = 'capacity';
  const { key, nameOf } = seriesOf(answers);
  const names = key.map(({ name }) => name);
  const spots = spotsOf(answers, nameOf, names);
  if (distinctSorted(spots.map(({ nodes }) => nodes)).length < 2) {
    return {
      id,
      title: 'Capacity against cluster size',
      why: 'it needs at least two cluster sizes',
      run: 'replisim sweep --nodes 2,4,8,16',
    };
  }
  return {
    id,
    title: titleOf(spots, names),
    about:
      'Capacity: completed load over the use of the busiest processor or store server, before the first fault. A straight line from 0 would mean that each node adds as much as the one before it. Bands: 95 % intervals over the replications.',
    key,
    namesItsLines: true,
    draw: drawn(spots, key),
    sources: [
      {
        folder,
        file: 'summary.csv',
        columns: [
          'strategy',
          'balancer',
          'nodes',
          'metric = before_faults_capacity_rps',
          'mean',
          'ci95_low',
          'ci95_high',
        ],
      },
    ],
    data: {
      heads: ['series', 'nodes', 'capacity [1/s]', '95 % from', 'to'],
      rows: spots.map(({ name, nodes, mean, low, high }) => [name, nodes, mean, low, high]),
    },
  };
};
