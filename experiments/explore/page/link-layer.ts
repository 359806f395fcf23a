import type { FrameStore } from './frame-store.ts';
import type { Geometry } from './geometry.ts';
import { dotSprite, put, type Sprite } from './sprites.ts';
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

/** Lines drawn for one picture of the page; more wait for the next, so that none comes late. */
const LINES_AT_ONCE = 140;
/** How far a volume must leave its width before the width changes, in steps: lines do not flicker. */
const SLACK = 0.7;

/** The traffic between stations: lines as wide as the logarithm of their volume, and dots that go with it. */
export class LinkLayer {
  /** Lines as they are seen, and those that are being drawn anew. */
  private layer = document.createElement('canvas');
  private back = document.createElement('canvas');
  private rates = new Float32Array(0);
  private sums = new Float64Array(0);
  /** Width of each pair (left * stations + right), 0 none: as wanted, as seen or being drawn. */
  private wanted = new Uint8Array(0);
  private drawn = new Uint8Array(0);
  /** Next pair to be drawn, -1 when all are. */
  private next = -1;
  /** Many lines are paler and thinner, each by the same share. */
  private alpha = 0.5;
  private breadth = 1;
  private from = new Int16Array(DOTS);
  private to = new Int16Array(DOTS);
  private readonly startMs = new Float64Array(DOTS).fill(-1e9);
  private dotsDue = 0;
  private dot: Sprite | null = null;
  private stations = 0;
  private geometry: Geometry | null = null;
  private colour = '';
  private store: string | null = null;

  private x(station: number): number {
    return station < this.stations - 1 ? this.geometry!.x[station] : this.geometry!.size / 2;
  }

  private y(station: number): number {
    return station < this.stations - 1 ? this.geometry!.y[station] : this.geometry!.size / 2;
  }

  /** Takes over the traffic of a frame. */
  redraw(store: FrameStore, index: number, geometry: Geometry, { strategy, ink }: Theme): void {
    const { nodes, store: product } = store.facts;
    const colour = strategy(store.facts.strategy);
    const isOther = this.geometry !== geometry || this.colour !== colour || this.store !== product;
    this.stations = nodes + 1;
    this.geometry = geometry;
    this.colour = colour;
    this.store = product;
    const places = this.stations ** 2;
    if (this.rates.length !== places) {
      this.rates = new Float32Array(places);
      this.sums = new Float64Array(places);
      this.wanted = new Uint8Array(places);
      this.drawn = new Uint8Array(places);
    }
    store.rates(index, (frame) => frame.links, this.rates);
    let sum = 0;
    for (let place = 0; place < places; place += 1) {
      sum += this.rates[place];
      this.sums[place] = sum;
    }
    const isChanged = this.chooseWidths();
    if (isOther) {
      this.clear(this.layer);
      this.dot = dotSprite(Math.max(1.3, geometry.size * 0.0036), ink);
    }
    if (isOther || (isChanged && this.next < 0)) this.begin();
  }

  /** @returns whether a line has another width than the one drawn. */
  private chooseWidths(): boolean {
    const { stations, rates, wanted, drawn } = this;
    let isChanged = false;
    for (let left = 0; left < stations; left += 1) {
      for (let right = left + 1; right < stations; right += 1) {
        const place = left * stations + right;
        const volume = rates[place] + rates[right * stations + left];
        const share = volume < LEAST ? 0 : Math.log(volume / LEAST) / Math.log(MOST / LEAST);
        const exact = volume < LEAST ? 0 : Math.min(STEPS, 1 + share * STEPS);
        const isNear = drawn[place] > 0 && exact > 0 && Math.abs(exact - 0.5 - drawn[place]) < SLACK;
        wanted[place] = isNear ? drawn[place] : Math.floor(exact);
        if (wanted[place] !== drawn[place]) isChanged = true;
      }
    }
    return isChanged;
  }

  private clear(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const pixels = Math.round(this.geometry!.size * ratio);
    const ctx = canvas.getContext('2d')!;
    if (canvas.width !== pixels) {
      canvas.width = pixels;
      canvas.height = pixels;
    }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, pixels, pixels);
    return ctx;
  }

  private begin(): void {
    this.clear(this.back);
    this.drawn.set(this.wanted);
    const lines = this.drawn.reduce((sum, step) => sum + (step > 0 ? 1 : 0), 0);
    this.alpha = Math.max(0.035, Math.min(0.42, 1.6 / Math.sqrt(lines + 6)));
    this.breadth = Math.max(0.3, Math.min(1, 9 / Math.sqrt(lines + 1)));
    this.next = 0;
  }

  /** Draws a few more lines; when all are there they are seen. */
  private goOn(): void {
    if (this.next < 0) return;
    const { stations, drawn } = this;
    const ctx = this.back.getContext('2d')!;
    ctx.strokeStyle = this.colour;
    let lines = 0;
    let place = this.next;
    for (; place < drawn.length && lines < LINES_AT_ONCE; place += 1) {
      const step = drawn[place];
      if (step === 0) continue;
      lines += 1;
      ctx.globalAlpha = Math.min(0.6, this.alpha * (0.55 + 0.18 * step));
      ctx.lineWidth = 0.3 + step * 0.62 * this.breadth;
      ctx.beginPath();
      this.trace(ctx, Math.floor(place / stations), place % stations);
      ctx.stroke();
    }
    this.next = place;
    if (place < drawn.length) return;
    this.next = -1;
    [this.layer, this.back] = [this.back, this.layer];
  }

  private trace(path: CanvasRenderingContext2D, left: number, right: number): void {
    const middle = this.geometry!.size / 2;
    const x = (this.x(left) + this.x(right)) / 2;
    const y = (this.y(left) + this.y(right)) / 2;
    path.moveTo(this.x(left), this.y(left));
    path.quadraticCurveTo(x + (middle - x) * BEND, y + (middle - y) * BEND, this.x(right), this.y(right));
  }

  draw(ctx: CanvasRenderingContext2D, nowMs: number, passedMs: number, colours: Theme): void {
    const { size } = this.geometry!;
    this.goOn();
    if (this.layer.width > 0) ctx.drawImage(this.layer, 0, 0, size, size);
    if (!isCalm()) this.drawDots(ctx, nowMs, passedMs);
    if (this.store !== null) this.drawStore(ctx, colours);
  }

  private drawStore(ctx: CanvasRenderingContext2D, colours: Theme): void {
    const { size } = this.geometry!;
    const half = size * 0.05;
    const middle = size / 2;
    ctx.fillStyle = colours.card;
    ctx.strokeStyle = colours.axis;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.roundRect(middle - half * 2, middle - half * 0.8, half * 4, half * 1.6, 5);
    ctx.fill();
    ctx.stroke();
    ctx.fillStyle = colours.ink;
    ctx.font = `600 ${Math.max(9, Math.round(size * 0.025))}px system-ui, sans-serif`;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(this.store!, middle, middle);
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
    for (let dot = 0; dot < DOTS; dot += 1) {
      const share = (nowMs - this.startMs[dot]) / WAY_MS;
      if (share < 0 || share >= 1 || this.from[dot] >= this.stations || this.to[dot] >= this.stations) continue;
      this.drawDot(ctx, dot, share);
    }
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

  private drawDot(ctx: CanvasRenderingContext2D, dot: number, share: number): void {
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
    put(ctx, this.dot!, x, y);
  }
}
