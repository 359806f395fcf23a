import { total } from '../frames.ts';
import { Chart, type Line } from './chart.ts';
import { byId, make, setText } from './dom.ts';
import { byteRate, digits } from './format.ts';
import type { FrameStore } from './frame-store.ts';
import { theme } from './theme.ts';

/** Everything that a user lost up to a frame: failed and stale answers and sessions, warm-up included. */
function lossesAt(store: FrameStore, index: number): number {
  const { totals } = store.frame(index);
  return totals[total.FAILED] + totals[total.STALE] + totals[total.LOST_SESSIONS];
}

/** Mean time of the answers of the last second [ms]; 0 without any. */
function latencyAt(store: FrameStore, index: number): number {
  const answers = store.rate(index, total.COMPLETED);
  return answers > 0 ? store.rate(index, total.LATENCY_NS) / answers / 1e6 : 0;
}

const kinds = [
  {
    id: 'throughput',
    least: 1,
    value: (store: FrameStore, index: number) => store.rate(index, total.COMPLETED),
    label: (value: number) => digits(value),
    words: (value: number) => `${digits(value)} /s`,
  },
  {
    id: 'latency',
    least: 1,
    value: latencyAt,
    label: (value: number) => digits(value),
    words: (value: number) => `${digits(value)} ms`,
  },
  {
    id: 'traffic',
    least: 1000,
    value: (store: FrameStore, index: number) => store.rate(index, total.BYTES),
    label: (value: number) => byteRate(value).replace('/s', ''),
    words: byteRate,
  },
  {
    id: 'losses',
    least: 10,
    value: lossesAt,
    label: (value: number) => digits(value),
    words: (value: number) => digits(value),
  },
] as const;

const dashes: readonly (readonly number[])[] = [[], [6, 3]];

/** The live charts beside the clusters: both strategies in each. */
export class Charts {
  private readonly charts = kinds.map(({ id }) => new Chart(byId<HTMLCanvasElement>(`chart-${id}`)));
  private endS = 1;

  /** @param seek - the user points at a moment. */
  constructor(seek: (timeS: number) => void) {
    kinds.forEach(({ id }, place) => {
      const canvas = byId(`chart-${id}`);
      const point = (event: PointerEvent): void => {
        if (event.buttons === 1) seek(this.charts[place].timeAt(event.offsetX, this.endS));
      };
      canvas.addEventListener('pointerdown', point);
      canvas.addEventListener('pointermove', point);
    });
  }

  draw(stores: readonly FrameStore[], nowS: number): void {
    const { warmUpS, durationS, faults } = stores[0].facts;
    this.endS = warmUpS + durationS;
    const faultsS = faults.map(({ atS }) => atS);
    kinds.forEach(({ id, least, value, label, words }, place) => {
      const lines: Line[] = stores.map((store, side) => ({
        store,
        value,
        colour: theme().strategy(store.facts.strategy),
        dash: dashes[side],
      }));
      this.charts[place].draw({ lines, endS: this.endS, warmUpS, nowS, faultsS, least, label });
      const now = byId(`now-${id}`);
      while (now.children.length > stores.length) now.lastElementChild!.remove();
      stores.forEach((store, side) => {
        const item = now.children[side] ?? now.appendChild(make('span', {}, [make('i'), make('b')]));
        const mark = item.firstElementChild as HTMLElement;
        mark.style.borderTop = `3px ${side === 0 ? 'solid' : 'dashed'} var(--strategy-${store.facts.strategy})`;
        setText(item.lastElementChild!, words(value(store, Math.max(0, store.indexAt(nowS)))));
        (item as HTMLElement).title = store.facts.strategy;
      });
    });
  }
}
