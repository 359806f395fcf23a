import { type Frame, look, mostUsers, NO_NODE, sees } from '../frames.ts';
import { fit } from './dom.ts';
import type { FrameStore } from './frame-store.ts';
import { type Geometry, geometryOf, seedPlaces } from './geometry.ts';
import { LinkLayer } from './link-layer.ts';
import { put, ringSprite, type Sprite, userSprites } from './sprites.ts';
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
  /** The nodes as they look in the frame that is shown. */
  private readonly nodeLayer = document.createElement('canvas');
  private drawnSelected = -1;
  private colours: Theme | null = null;
  private users: Sprite[] = [];
  private ripple: Sprite | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
  }

  /** @param nowMs - of the clock on the wall, for what moves between frames. */
  draw(store: FrameStore, index: number, nowMs: number, passedMs: number): void {
    const { ctx, width, isNew } = fit(this.canvas);
    const { nodes } = store.facts;
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
    const isOtherLook = isNew || isOther || this.colours !== colours;
    if (isOtherLook || this.ripple === null) this.makeSprites(colours);
    const isOtherFrame = isOtherLook || this.shown?.index !== index;
    const frame = store.frame(index);
    if (isOtherFrame) {
      this.newFrame(store, index, nowMs);
      this.links.redraw(store, index, this.geometry, colours);
    }
    if (isOtherFrame || this.drawnSelected !== this.selected) this.drawNodeLayer(frame, colours);
    this.shown = { store, index };
    ctx.clearRect(0, 0, width, width);
    this.links.draw(ctx, nowMs, passedMs, colours);
    if (!isCalm()) this.drawRipples(ctx, nowMs);
    ctx.drawImage(this.nodeLayer, 0, 0, width, width);
    this.drawUsers(ctx, frame, passedMs);
  }

  private makeSprites(colours: Theme): void {
    this.colours = colours;
    this.users = userSprites(Math.max(1.4, this.geometry.size * 0.0042), colours);
    this.ripple = ringSprite(this.geometry.nodeRadius * 2, colours.muted);
  }

  private drawNodeLayer(frame: Frame, colours: Theme): void {
    const { nodeLayer, geometry } = this;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    nodeLayer.width = Math.round(geometry.size * ratio);
    nodeLayer.height = nodeLayer.width;
    const ctx = nodeLayer.getContext('2d')!;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawNodes(ctx, frame, colours);
    this.drawnSelected = this.selected;
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

  private drawRipples(ctx: CanvasRenderingContext2D, nowMs: number): void {
    const { x, y } = this.geometry;
    const { image, side } = this.ripple!;
    for (let node = 0; node < x.length; node += 1) {
      const age = (nowMs - this.rippleMs[node]) / RIPPLE_MS;
      if (age < 0 || age > 1) continue;
      ctx.globalAlpha = 0.6 * (1 - age);
      const size = side * (0.55 + 0.65 * age);
      ctx.drawImage(image, x[node] - size / 2, y[node] - size / 2, size, size);
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

  private drawUsers(ctx: CanvasRenderingContext2D, frame: Frame, passedMs: number): void {
    const { crowdX, crowdY, crowdRadius } = this.geometry;
    const { userX, userY, seeds } = this;
    const share = isCalm() ? 1 : 1 - Math.exp(-passedMs / GLIDE_MS);
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
      put(ctx, this.users[seen], userX[user], userY[user]);
    }
  }
}
