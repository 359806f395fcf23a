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
    const missing = new Int32Array(nodes);
    let observers = 0;
    for (let observer = 0; observer < nodes; observer += 1) {
      const isAlive = state[observer] > look.STARTING;
      if (isAlive) observers += 1;
      for (let member = 0; member < nodes; member += 1) {
        const isSeen = views[observer * nodes + member] === 1;
        if (isAlive && !isSeen) missing[member] += 1;
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
    setText(this.words, viewWords(missing, nodes, observers));
  }
}

/** @param missing - how many living observers do not have each node in their view. */
function viewWords(missing: Int32Array, nodes: number, observers: number): string {
  const dropped = [...missing].flatMap((count, member) => (count > 0 ? [{ member, count }] : []));
  if (dropped.length === 0) {
    return observers === nodes
      ? `All ${nodes} nodes have every node in their view.`
      : `The ${observers} living nodes still have every node in their view, the dead as well.`;
  }
  if (dropped.length > 3) return `${dropped.length} nodes are missing from views.`;
  const parts = dropped.map(({ member, count }) => `node-${member + 1} from ${count} of ${observers} views`);
  return `Missing: ${parts.join(', ')}.`;
}
