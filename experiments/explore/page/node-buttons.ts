import { look } from '../frames.ts';
import { make } from './dom.ts';
import { percent } from './format.ts';
import type { FrameStore } from './frame-store.ts';
import { geometryOf } from './geometry.ts';

const states = ['is down', 'is starting', 'is joining the group', 'serves', 'stands still'];

/** What a node does at the moment of a frame, in a sentence. */
export function nodeWords(store: FrameStore, index: number, node: number): string {
  const { nodes, dtS } = store.facts;
  const frame = store.frame(index);
  const state = frame.state[node];
  const name = `node-${node + 1}`;
  if (state <= look.STARTING) return `${name} ${states[state]}.`;
  const cpu = store.rates(index, (one) => one.cpu, new Float32Array(nodes))[node] * dtS;
  const answered = store.rates(index, (one) => one.answered, new Float32Array(nodes))[node];
  const missing: string[] = [];
  for (let member = 0; member < nodes; member += 1) {
    if (frame.views[node * nodes + member] === 0) missing.push(`node-${member + 1}`);
  }
  const view =
    missing.length === 0
      ? `it sees all ${nodes} nodes`
      : `it sees ${nodes - missing.length} of ${nodes} nodes, without ${missing.slice(0, 4).join(', ')}${missing.length > 4 ? ', ...' : ''}`;
  return `${name} ${states[state]}: ${Math.round(answered)} answers/s, processors ${percent(Math.min(1, cpu))} busy, ${frame.threads[node]} threads in use, the last answer of ${frame.users[node]} users; ${view}.`;
}

/** Buttons over the nodes of a stage: one Tab stop, arrows go round, Enter and a click do what is chosen. */
export class NodeButtons {
  private readonly group: HTMLElement;
  private buttons: HTMLButtonElement[] = [];
  private labels: string[] = [];
  private current = 0;
  private readonly act: (node: number) => void;
  private readonly select: (node: number) => void;

  constructor(group: HTMLElement, act: (node: number) => void, select: (node: number) => void) {
    this.group = group;
    this.act = act;
    this.select = select;
    group.addEventListener('keydown', (event) => this.key(event));
    group.addEventListener('mouseleave', () => {
      if (!group.contains(document.activeElement)) select(-1);
    });
    group.addEventListener('focusout', (event) => {
      if (!(event.relatedTarget instanceof Node && group.contains(event.relatedTarget))) select(-1);
    });
  }

  /** Makes a button for each node. */
  layOut(nodes: number): void {
    if (this.buttons.length === nodes) return;
    const { x, y, nodeRadius } = geometryOf(1000, nodes);
    this.current = 0;
    this.labels = [];
    this.buttons = Array.from({ length: nodes }, (_, node) => {
      const button = make('button', {
        type: 'button',
        class: 'node',
        tabindex: node === 0 ? '0' : '-1',
        'data-node': `${node + 1}`,
      });
      button.style.left = `${x[node] / 10}%`;
      button.style.top = `${y[node] / 10}%`;
      button.style.width = `${(nodeRadius * 2.5) / 10}%`;
      button.addEventListener('click', () => this.act(node));
      button.addEventListener('focus', () => this.focused(node));
      button.addEventListener('mouseenter', () => this.select(node));
      return button;
    });
    this.group.replaceChildren(...this.buttons);
  }

  /** Says what each node does, and what Enter would do to it. */
  label(store: FrameStore, index: number, deed: string): void {
    const { state } = store.frame(index);
    this.buttons.forEach((button, node) => {
      const isDown = state[node] <= look.STARTING;
      const text = `node-${node + 1} ${states[state[node]]}; press to ${isDown ? 'start it again' : deed}`;
      if (this.labels[node] === text) return;
      this.labels[node] = text;
      button.setAttribute('aria-label', text);
    });
  }

  private focused(node: number): void {
    this.buttons[this.current]?.setAttribute('tabindex', '-1');
    this.current = node;
    this.buttons[node].setAttribute('tabindex', '0');
    this.select(node);
  }

  private key(event: KeyboardEvent): void {
    const count = this.buttons.length;
    const to: Record<string, number> = {
      ArrowRight: (this.current + 1) % count,
      ArrowDown: (this.current + 1) % count,
      ArrowLeft: (this.current + count - 1) % count,
      ArrowUp: (this.current + count - 1) % count,
      Home: 0,
      End: count - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.buttons[next].focus();
  }
}
