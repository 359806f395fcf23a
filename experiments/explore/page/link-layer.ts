import type { FrameStore } from './frame-store.ts';
import type { Geometry } from './geometry.ts';
import { isCalm, type Theme } from './theme.ts';

/** Widths that are told apart, so that all links of one width are one stroke. */
const STEPS = 7;
/** Least traffic that is drawn [bytes/s], and the traffic of the widest line. */
const LEAST = 10;
const MOST = 1e7;
/** Dots on the way, in all, and how long one takes [ms]. */
const DOTS = 260;
const WAY_MS = 900;
/** How far links bend to the middle, as a share of the way there. */
const BEND = 0.45;

/** The traffic between stations: lines as wide as the logarithm of their volume, and dots that go with it. */
export class LinkLayer {
  private readonly layer = document.createElement('canvas');
  private rates = new Float32Array(0);
  private sums = new Float64Array(0);
  private from = new Int16Array(DOTS);
  private to = new Int16Array(DOTS);
  private readonly startMs = new Float64Array(DOTS).fill(-1e9);
  private dotsDue = 0;
  private stations = 0;
  private geometry: Geometry | null = null;
  private colour = '';
  private hasStore = false;
  private storeLabel = '';

  private x(station: number): number {
    return station < this.stations - 1 ? this.geometry!.x[station] : this.geometry!.size / 2;
  }

  private y(station: number): number {
    return station < this.stations - 1 ? this.geometry!.y[station] : this.geometry!.size / 2;
  }

  /** The lines of a frame, kept until the next one. */
  redraw(store: FrameStore, index: number, geometry: Geometry, colour: string): void {
    const { nodes, store: product } = store.facts;
    this.stations = nodes + 1;
    this.geometry = geometry;
    this.colour = colour;
    this.hasStore = product !== null;
    this.storeLabel = product ?? '';
    if (this.rates.length !== this.stations ** 2) {
      this.rates = new Float32Array(this.stations ** 2);
      this.sums = new Float64Array(this.stations ** 2);
    }
    store.rates(index, (frame) => frame.links, this.rates);
    let sum = 0;
    for (let place = 0; place < this.rates.length; place += 1) {
      sum += this.rates[place];
      this.sums[place] = sum;
    }
    this.drawLines();
  }

  private drawLines(): void {
    const { layer, stations, rates, geometry } = this;
    const { size } = geometry!;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    layer.width = Math.round(size * ratio);
    layer.height = Math.round(size * ratio);
    const ctx = layer.getContext('2d')!;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const paths = Array.from({ length: STEPS }, () => new Path2D());
    const counts = new Int32Array(STEPS);
    for (let left = 0; left < stations; left += 1) {
      for (let right = left + 1; right < stations; right += 1) {
        const volume = rates[left * stations + right] + rates[right * stations + left];
        if (volume < LEAST) continue;
        const share = Math.log(volume / LEAST) / Math.log(MOST / LEAST);
        const step = Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)));
        this.trace(paths[step], left, right);
        counts[step] += 1;
      }
    }
    const lines = counts.reduce((sum, count) => sum + count, 0);
    ctx.strokeStyle = this.colour;
    ctx.lineCap = 'round';
    for (let step = 0; step < STEPS; step += 1) {
      if (counts[step] === 0) continue;
      ctx.globalAlpha = Math.min(0.5, Math.max(0.05, (0.9 * (step + 2)) / Math.sqrt(lines + 16) / 3));
      ctx.lineWidth = 0.6 + step * 0.85;
      ctx.stroke(paths[step]);
    }
  }

  private trace(path: Path2D, left: number, right: number): void {
    const middle = this.geometry!.size / 2;
    const x = (this.x(left) + this.x(right)) / 2;
    const y = (this.y(left) + this.y(right)) / 2;
    path.moveTo(this.x(left), this.y(left));
    path.quadraticCurveTo(x + (middle - x) * BEND, y + (middle - y) * BEND, this.x(right), this.y(right));
  }

  draw(ctx: CanvasRenderingContext2D, nowMs: number, passedMs: number, colours: Theme): void {
    const { size } = this.geometry!;
    ctx.drawImage(this.layer, 0, 0, size, size);
    if (!isCalm()) this.drawDots(ctx, nowMs, passedMs);
    if (this.hasStore) this.drawStore(ctx, colours);
  }

  private drawStore(ctx: CanvasRenderingContext2D, colours: Theme): void {
    const { size } = this.geometry!;
    const half = size * 0.05;
    const middle = size / 2;
    ctx.fillStyle = colours.card;
    ctx.strokeStyle = colours.axis;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(middle - half * 1.7, middle - half * 0.8, half * 3.4, half * 1.6, 5);
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = colours.ink;
    ctx.font = `600 ${Math.max(9, Math.round(size * 0.025))}px system-ui, sans-serif`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(this.storeLabel, middle, middle);
  }

  /** Dots leave as often as the traffic says (as its logarithm), each over a link drawn by its share of the bytes. */
  private drawDots(ctx: CanvasRenderingContext2D, nowMs: number, passedMs: number): void {
    const total = this.sums[this.sums.length - 1] ?? 0;
    if (total > LEAST) {
      const perMs = (Math.min(1, Math.log10(total / LEAST) / 6) * DOTS * 0.8) / WAY_MS;
      this.dotsDue = Math.min(20, this.dotsDue + perMs * passedMs);
      for (let dot = 0; dot < DOTS && this.dotsDue >= 1; dot += 1) {
        if (nowMs - this.startMs[dot] < WAY_MS) continue;
        this.dotsDue -= 1;
        this.launch(dot, nowMs, total);
      }
    }
    ctx.fillStyle = this.colour;
    const radius = Math.max(1.3, this.geometry!.size * 0.0036);
    ctx.beginPath();
    for (let dot = 0; dot < DOTS; dot += 1) {
      const share = (nowMs - this.startMs[dot]) / WAY_MS;
      if (share < 0 || share >= 1 || this.from[dot] >= this.stations || this.to[dot] >= this.stations) continue;
      this.dotAt(ctx, dot, share, radius);
    }
    ctx.fill();
  }

  private launch(dot: number, nowMs: number, total: number): void {
    const wanted = Math.random() * total;
    let low = 0;
    let high = this.sums.length - 1;
    while (low < high) {
      const half = (low + high) >> 1;
      if (this.sums[half] > wanted) high = half;
      else low = half + 1;
    }
    this.from[dot] = Math.floor(low / this.stations);
    this.to[dot] = low % this.stations;
    this.startMs[dot] = nowMs - Math.random() * 30;
  }

  private dotAt(ctx: CanvasRenderingContext2D, dot: number, share: number, radius: number): void {
    const middle = this.geometry!.size / 2;
    const [fromX, fromY] = [this.x(this.from[dot]), this.y(this.from[dot])];
    const [toX, toY] = [this.x(this.to[dot]), this.y(this.to[dot])];
    const halfX = (fromX + toX) / 2;
    const halfY = (fromY + toY) / 2;
    const bendX = halfX + (middle - halfX) * BEND;
    const bendY = halfY + (middle - halfY) * BEND;
    const rest = 1 - share;
    const x = rest * rest * fromX + 2 * rest * share * bendX + share * share * toX;
    const y = rest * rest * fromY + 2 * rest * share * bendY + share * share * toY;
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }
}
