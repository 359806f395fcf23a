import { look } from '../frames.ts';
import { fit, setText } from './dom.ts';
import type { FrameStore } from './frame-store.ts';
import { theme } from './theme.ts';

/** Who has whom in the view of the membership: a row per observer, a column per member. */
export class ViewMatrix {
  private readonly canvas: HTMLCanvasElement;
  private readonly words: HTMLElement;

  constructor(canvas: HTMLCanvasElement, words: HTMLElement) {
    this.canvas = canvas;
    this.words = words;
  }

  draw(store: FrameStore, index: number, selected: number): void {
    const { ctx, width, height } = fit(this.canvas);
    const colours = theme();
    const { nodes } = store.facts;
    const { views, state } = store.frame(index);
    const cell = Math.min(width, height) / nodes;
    const gap = cell > 5 ? 1 : 0;
    ctx.clearRect(0, 0, width, height);
    let unseen = 0;
    let observers = 0;
    for (let observer = 0; observer < nodes; observer += 1) {
      const isAlive = state[observer] > look.STARTING;
      if (isAlive) observers += 1;
      for (let member = 0; member < nodes; member += 1) {
        const isSeen = views[observer * nodes + member] === 1;
        if (isAlive && !isSeen) unseen += 1;
        ctx.fillStyle = !isAlive ? colours.grid : isSeen ? colours.ok : colours.bad;
        ctx.globalAlpha = isAlive && isSeen ? (observer === selected ? 1 : 0.5) : 1;
        ctx.fillRect(member * cell, observer * cell, cell - gap, cell - gap);
      }
    }
    ctx.globalAlpha = 1;
    if (selected >= 0 && selected < nodes) {
      ctx.strokeStyle = colours.link;
      ctx.lineWidth = 2;
      ctx.strokeRect(1, selected * cell, cell * nodes - 2, cell);
    }
    const every = observers === nodes ? `all ${nodes}` : `the ${observers} alive`;
    setText(
      this.words,
      unseen === 0
        ? `${capital(every)} nodes have every node in their view.`
        : `${capital(every)} nodes miss ${unseen} members in their views.`,
    );
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
