import { fit } from './dom.ts';
import type { FrameStore } from './frame-store.ts';
import { theme } from './theme.ts';

/** One line of a chart. */
export interface Line {
  readonly store: FrameStore;
  readonly colour: string;
  /** Dashes of the line; none for the first strategy. */
  readonly dash: readonly number[];
  value(store: FrameStore, index: number): number;
}

const LEFT = 46;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 18;

/** Smallest round number at or above a value: 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const mantissa = value / power;
  return (mantissa <= 1 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10) * power;
}

/** What a chart is drawn of. */
export interface ChartInput {
  readonly lines: readonly Line[];
  readonly endS: number;
  readonly warmUpS: number;
  readonly nowS: number;
  readonly faultsS: readonly number[];
  /** The chart reaches at least up to this value. */
  readonly least: number;
  label(value: number): string;
}

/** A chart over the whole run: strong up to now, faint where it is computed but not yet seen. */
export class Chart {
  private readonly canvas: HTMLCanvasElement;
  private top = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
  }

  /** The moment at a place of the chart [CSS px from its left]. */
  timeAt(x: number, endS: number): number {
    const width = this.canvas.clientWidth - LEFT - RIGHT;
    return Math.max(0, Math.min(endS, ((x - LEFT) / width) * endS));
  }

  draw(input: ChartInput): void {
    const { ctx, width, height } = fit(this.canvas);
    const colours = theme();
    const { lines, endS, nowS } = input;
    const points = lines.map((line) => this.points(line, width - LEFT - RIGHT));
    const most = Math.max(input.least, ...points.flatMap(({ values }) => values));
    this.top = roundUp(most * 1.02);
    const x = (timeS: number): number => LEFT + ((width - LEFT - RIGHT) * timeS) / endS;
    const y = (value: number): number => height - BOTTOM - ((height - TOP - BOTTOM) * value) / this.top;
    ctx.clearRect(0, 0, width, height);
    ctx.fillStyle = colours.grid;
    ctx.fillRect(x(0), TOP, x(Math.min(input.warmUpS, endS)) - x(0), height - TOP - BOTTOM);
    this.drawAxes(ctx, input, { x, y, width, height });
    for (const [place, line] of lines.entries()) {
      const { times, values } = points[place];
      const seen = times.findIndex((timeS) => timeS > nowS + 1e-9);
      const until = seen < 0 ? times.length : seen;
      ctx.strokeStyle = line.colour;
      ctx.lineJoin = 'round';
      ctx.setLineDash([...line.dash]);
      trace(ctx, { times, values, from: 0, to: until }, { x, y, alpha: 1, width: 2 });
      ctx.setLineDash([]);
      trace(ctx, { times, values, from: Math.max(0, until - 1), to: times.length }, { x, y, alpha: 0.28, width: 1.2 });
    }
    ctx.globalAlpha = 1;
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(Math.round(x(nowS)) + 0.5, TOP);
    ctx.lineTo(Math.round(x(nowS)) + 0.5, height - BOTTOM);
    ctx.stroke();
  }

  private points({ store, value }: Line, width: number): { times: number[]; values: number[] } {
    const step = Math.max(1, Math.floor(store.facts.frames / Math.max(60, width)));
    const times: number[] = [];
    const values: number[] = [];
    for (let index = 0; index < store.ready; index += step) {
      times.push(index * store.facts.dtS);
      values.push(value(store, index));
    }
    return { times, values };
  }

  private drawAxes(
    ctx: CanvasRenderingContext2D,
    { endS, faultsS, label }: ChartInput,
    at: { x(timeS: number): number; y(value: number): number; width: number; height: number },
  ): void {
    const colours = theme();
    ctx.font = '11px system-ui, sans-serif';
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'right';
    for (const value of [0, this.top / 2, this.top]) {
      ctx.strokeStyle = value === 0 ? colours.axis : colours.grid;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(LEFT, Math.round(at.y(value)) + 0.5);
      ctx.lineTo(at.width - RIGHT, Math.round(at.y(value)) + 0.5);
      ctx.stroke();
      ctx.fillStyle = colours.muted;
      ctx.fillText(label(value), LEFT - 5, at.y(value));
    }
    ctx.textBaseline = 'alphabetic';
    const step = roundUp(endS / 4.5);
    for (let timeS = 0; timeS <= endS + 1e-9; timeS += step) {
      ctx.textAlign = timeS === 0 ? 'left' : timeS > endS - step * 0.25 ? 'right' : 'center';
      ctx.fillText(`${timeS}${timeS === 0 ? ' s' : ''}`, at.x(timeS), at.height - 4);
    }
    ctx.strokeStyle = colours.bad;
    ctx.setLineDash([2, 2]);
    for (const timeS of faultsS.slice(0, 50)) {
      ctx.beginPath();
      ctx.moveTo(Math.round(at.x(timeS)) + 0.5, TOP);
      ctx.lineTo(Math.round(at.x(timeS)) + 0.5, at.height - BOTTOM);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }
}

function trace(
  ctx: CanvasRenderingContext2D,
  of: { times: number[]; values: number[]; from: number; to: number },
  at: { x(timeS: number): number; y(value: number): number; alpha: number; width: number },
): void {
  if (of.to - of.from < 2) return;
  ctx.globalAlpha = at.alpha;
  ctx.lineWidth = at.width;
  ctx.beginPath();
  for (let place = of.from; place < of.to; place += 1) ctx.lineTo(at.x(of.times[place]), at.y(of.values[place]));
  ctx.stroke();
  ctx.globalAlpha = 1;
}
