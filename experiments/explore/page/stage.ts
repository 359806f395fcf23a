import { type Frame, look, mostUsers, NO_NODE, sees } from '../frames.ts';
import { fit } from './dom.ts';
import type { FrameStore } from './frame-store.ts';
import { type Geometry, geometryOf, seedPlaces } from './geometry.ts';
import { LinkLayer } from './link-layer.ts';
import { isCalm, type Theme, theme } from './theme.ts';

/** How soon a user reaches the node of the last answer: share of the way per millisecond is 1/this. */
const GLIDE_MS = 160;
/** How long the ring of a heartbeat spreads [ms]. */
const RIPPLE_MS = 700;

/** The drawing of one cluster: links, nodes, users and heartbeats at the moment of a frame. */
export class Stage {
  private readonly canvas: HTMLCanvasElement;
  private readonly links = new LinkLayer();
  private readonly seeds = seedPlaces(mostUsers);
  private readonly userX = new Float32Array(mostUsers).fill(Number.NaN);
  private readonly userY = new Float32Array(mostUsers);
  private geometry: Geometry = geometryOf(1, 1);
  private rippleMs = new Float64Array(0);
  private cpu = new Float32Array(0);
  private shown: { store: FrameStore; index: number } | null = null;
  /** The node whose view is shown, -1 none. */
  selected = -1;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
  }

  /** @param nowMs - of the clock on the wall, for what moves between frames. */
  draw(store: FrameStore, index: number, nowMs: number, passedMs: number): void {
    const { ctx, width, isNew } = fit(this.canvas);
    const { nodes, strategy } = store.facts;
    const isOther = this.shown?.store !== store;
    if (isNew || isOther || this.geometry.size !== width || this.geometry.x.length !== nodes) {
      this.geometry = geometryOf(width, nodes);
      this.userX.fill(Number.NaN);
    }
    if (this.rippleMs.length !== nodes) {
      this.rippleMs = new Float64Array(nodes).fill(-1e9);
      this.cpu = new Float32Array(nodes);
    }
    const colours = theme();
    const isOtherFrame = isOther || isNew || this.shown?.index !== index;
    const frame = store.frame(index);
    if (isOtherFrame) {
      this.newFrame(store, index, nowMs);
      this.links.redraw(store, index, this.geometry, colours.strategy(strategy));
    }
    this.shown = { store, index };
    ctx.clearRect(0, 0, width, width);
    this.links.draw(ctx, nowMs, passedMs, colours);
    if (!isCalm()) this.drawRipples(ctx, nowMs, colours);
    this.drawNodes(ctx, frame, colours);
    this.drawUsers(ctx, frame, passedMs, colours);
  }

  private newFrame(store: FrameStore, index: number, nowMs: number): void {
    const before = this.shown?.store === store ? this.shown.index : index - 1;
    for (let at = Math.max(0, before + 1); at <= index && at - before < 20; at += 1) {
      const { beats } = store.frame(at);
      for (let node = 0; node < beats.length; node += 1) if (beats[node] === 1) this.rippleMs[node] = nowMs;
    }
    store.rates(index, (frame) => frame.cpu, this.cpu);
    for (let node = 0; node < this.cpu.length; node += 1) this.cpu[node] *= store.facts.dtS;
  }

  private drawRipples(ctx: CanvasRenderingContext2D, nowMs: number, colours: Theme): void {
    const { x, y, nodeRadius } = this.geometry;
    ctx.strokeStyle = colours.muted;
    ctx.lineWidth = 1;
    for (let node = 0; node < x.length; node += 1) {
      const age = (nowMs - this.rippleMs[node]) / RIPPLE_MS;
      if (age < 0 || age > 1) continue;
      ctx.globalAlpha = 0.55 * (1 - age);
      ctx.beginPath();
      ctx.arc(x[node], y[node], nodeRadius * (1.2 + 1.3 * age), 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  private drawNodes(ctx: CanvasRenderingContext2D, frame: Frame, colours: Theme): void {
    const { x, y, nodeRadius } = this.geometry;
    const nodes = x.length;
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.font = `600 ${Math.round(nodeRadius * 0.85)}px system-ui, sans-serif`;
    for (let node = 0; node < nodes; node += 1) {
      const state = frame.state[node];
      const isUp = state === look.SERVING || state === look.JOINING || state === look.FROZEN;
      ctx.fillStyle = state === look.FROZEN ? colours.frozen : colours.card;
      ctx.strokeStyle = isUp ? colours.axis : colours.bad;
      ctx.lineWidth = nodeRadius > 6 ? 1.5 : 1;
      ctx.setLineDash(state === look.STARTING || state === look.JOINING ? [3, 3] : []);
      ctx.beginPath();
      ctx.arc(x[node], y[node], nodeRadius, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
      ctx.setLineDash([]);
      if (isUp) this.drawLoad(ctx, node, colours);
      if (state === look.DOWN) this.drawCross(ctx, node, colours);
      else if (nodeRadius >= 8) {
        ctx.fillStyle = state === look.STARTING ? colours.muted : colours.ink;
        ctx.fillText(`${node + 1}`, x[node], y[node] + 0.5);
      }
    }
    if (this.selected >= 0 && this.selected < nodes) this.drawView(ctx, frame, colours);
  }

  /** The share of the processors in use, as an arc around the node from its top. */
  private drawLoad(ctx: CanvasRenderingContext2D, node: number, colours: Theme): void {
    const { x, y, nodeRadius } = this.geometry;
    const share = Math.min(1, this.cpu[node]);
    ctx.strokeStyle = share > 0.9 ? colours.bad : colours.ink;
    ctx.lineWidth = Math.max(1.5, nodeRadius * 0.2);
    ctx.beginPath();
    ctx.arc(x[node], y[node], nodeRadius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
    ctx.stroke();
  }

  private drawCross(ctx: CanvasRenderingContext2D, node: number, colours: Theme): void {
    const { x, y, nodeRadius } = this.geometry;
    const arm = nodeRadius * 0.42;
    ctx.strokeStyle = colours.bad;
    ctx.lineWidth = Math.max(1.5, nodeRadius * 0.16);
    ctx.beginPath();
    ctx.moveTo(x[node] - arm, y[node] - arm);
    ctx.lineTo(x[node] + arm, y[node] + arm);
    ctx.moveTo(x[node] + arm, y[node] - arm);
    ctx.lineTo(x[node] - arm, y[node] + arm);
    ctx.stroke();
  }

  /** The selected node, and whom it does not see. */
  private drawView(ctx: CanvasRenderingContext2D, frame: Frame, colours: Theme): void {
    const { x, y, nodeRadius } = this.geometry;
    const nodes = x.length;
    const isAlive = frame.state[this.selected] > look.STARTING;
    for (let member = 0; member < nodes; member += 1) {
      const isSelected = member === this.selected;
      if (!isSelected && (!isAlive || frame.views[this.selected * nodes + member] === 1)) continue;
      ctx.strokeStyle = isSelected ? colours.link : colours.bad;
      ctx.lineWidth = isSelected ? 2.5 : 1.5;
      ctx.setLineDash(isSelected ? [] : [2, 3]);
      ctx.beginPath();
      ctx.arc(x[member], y[member], nodeRadius + Math.max(3, nodeRadius * 0.3), 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }

  private drawUsers(ctx: CanvasRenderingContext2D, frame: Frame, passedMs: number, colours: Theme): void {
    const { crowdX, crowdY, crowdRadius, size } = this.geometry;
    const { userX, userY, seeds } = this;
    const dot = Math.max(1.4, size * 0.0042);
    const share = isCalm() ? 1 : 1 - Math.exp(-passedMs / GLIDE_MS);
    const colourOf = ['', colours.ok, colours.waiting, colours.stale, colours.lost, colours.failed];
    for (let user = 0; user < mostUsers; user += 1) {
      const node = frame.userNode[user];
      const seen = frame.userSees[user];
      if (seen === sees.NOBODY || node === NO_NODE || node >= crowdX.length) {
        userX[user] = Number.NaN;
        continue;
      }
      const x = crowdX[node] + seeds.x[user] * crowdRadius;
      const y = crowdY[node] + seeds.y[user] * crowdRadius;
      if (Number.isNaN(userX[user])) {
        userX[user] = x;
        userY[user] = y;
      }
      userX[user] += (x - userX[user]) * share;
      userY[user] += (y - userY[user]) * share;
      drawUser(ctx, { x: userX[user], y: userY[user], dot, seen, colour: colourOf[seen] });
    }
  }
}

/** What a user saw last has a colour and a shape: dot, ring, triangle, square, cross. */
export function drawUser(
  ctx: CanvasRenderingContext2D,
  { x, y, dot, seen, colour }: { x: number; y: number; dot: number; seen: number; colour: string },
): void {
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  ctx.lineWidth = Math.max(1.2, dot * 0.55);
  ctx.beginPath();
  if (seen === sees.OK) ctx.arc(x, y, dot, 0, 2 * Math.PI);
  else if (seen === sees.WAITING) {
    ctx.arc(x, y, dot * 1.4, 0, 2 * Math.PI);
    ctx.stroke();
    return;
  } else if (seen === sees.STALE) {
    ctx.moveTo(x, y - dot * 2.1);
    ctx.lineTo(x + dot * 1.9, y + dot * 1.4);
    ctx.lineTo(x - dot * 1.9, y + dot * 1.4);
  } else if (seen === sees.LOST) ctx.rect(x - dot * 1.6, y - dot * 1.6, dot * 3.2, dot * 3.2);
  else {
    ctx.moveTo(x - dot * 1.6, y - dot * 1.6);
    ctx.lineTo(x + dot * 1.6, y + dot * 1.6);
    ctx.moveTo(x + dot * 1.6, y - dot * 1.6);
    ctx.lineTo(x - dot * 1.6, y + dot * 1.6);
    ctx.stroke();
    return;
  }
  ctx.fill();
}
