import { messageKinds } from '../../../models/messages.ts';
import type { RunResult } from '../../../models/results.ts';
import { sees, total } from '../frames.ts';
import type { Order, Report, Tree } from '../protocol.ts';
import { make, setText } from './dom.ts';
import { byteRate, digits } from './format.ts';
import { FrameStore } from './frame-store.ts';
import { NodeButtons, nodeWords } from './node-buttons.ts';
import { Stage } from './stage.ts';
import { ViewMatrix } from './view-matrix.ts';
import { counterWords, kindWords, seenWords } from './words.ts';

/** What is shown now. */
export interface Moment {
  readonly timeS: number;
  /** On the clock of the wall, and since the last picture [ms]. */
  readonly nowMs: number;
  readonly passedMs: number;
  /** Whether words and counts are to be brought up to date. */
  readonly isDue: boolean;
  /** What a click on a node does, in words. */
  readonly deed: string;
}

/** What a side tells the page. */
export interface SideHost {
  /** A node was clicked. */
  act(node: number): void;
  /** A run has begun, ended, or could not be made. */
  started(side: Side): void;
  finished(side: Side): void;
  problem(message: string): void;
}

const windowCounts = [
  total.WINDOW_COMPLETED,
  total.WINDOW_FAILED,
  total.WINDOW_STALE,
  total.WINDOW_LOST_SESSIONS,
  total.WINDOW_LOST_UPDATES,
];

/** One strategy of the comparison: its worker, its run as far as it has come, and its part of the page. */
export class Side {
  store: FrameStore | null = null;
  result: RunResult | null = null;
  /** The scenario of the newest run as a file. */
  yaml = '';
  private readonly root: HTMLElement;
  private readonly host: SideHost;
  private readonly worker: Worker;
  private readonly stage: Stage;
  private readonly matrix: ViewMatrix;
  private readonly buttons: NodeButtons;
  private readonly kindRates = new Float32Array(messageKinds.length);
  private run = 0;
  private sameUntilS = -1;
  private isOtherNode = false;
  private selected = -1;

  constructor(root: HTMLElement, workerUrl: string, host: SideHost) {
    this.root = root;
    this.host = host;
    this.worker = new Worker(workerUrl);
    this.worker.onmessage = ({ data }: MessageEvent<Report>) => this.hear(data);
    this.worker.onerror = (event) => host.problem(`the simulator could not be started: ${event.message}`);
    this.stage = new Stage(this.part<HTMLCanvasElement>('.stage canvas'));
    this.matrix = new ViewMatrix(this.part<HTMLCanvasElement>('.views canvas'), this.part('.views .words'));
    this.buttons = new NodeButtons(
      this.part('.nodes'),
      (node) => host.act(node),
      (node) => this.select(node),
    );
  }

  private part<T extends HTMLElement = HTMLElement>(selector: string): T {
    return this.root.querySelector<T>(selector)!;
  }

  set isShown(isShown: boolean) {
    this.root.hidden = !isShown;
    if (isShown) return;
    this.store = null;
    this.result = null;
    this.run += 1;
  }

  get isShown(): boolean {
    return !this.root.hidden;
  }

  /** Runs a scenario from its start. @param sameUntilS - up to when it is that of the run before; -1 nowhere. */
  start(scenario: Tree, sameUntilS: number): void {
    this.run += 1;
    this.result = null;
    this.sameUntilS = sameUntilS;
    const order: Order = { type: 'run', id: this.run, scenario };
    this.worker.postMessage(order);
  }

  private hear(report: Report): void {
    if (report.id !== this.run) return;
    if (report.type === 'problem') this.host.problem(report.message);
    else if (report.type === 'started') {
      const before =
        this.store && this.sameUntilS >= 0 ? { store: this.store, sameUntilS: this.sameUntilS } : undefined;
      this.store = new FrameStore(report.facts, before);
      this.yaml = report.facts.yaml;
      this.buttons.layOut(report.facts.nodes);
      this.host.started(this);
    } else if (report.type === 'frames') this.store!.add(report.first, report.count, report.buffer);
    else if (report.type === 'result') {
      this.result = report.result;
      this.host.finished(this);
    }
  }

  private select(node: number): void {
    this.selected = node;
    this.stage.selected = node;
    this.isOtherNode = true;
  }

  /** Draws the moment. */
  show(moment: Moment): void {
    const { timeS, nowMs, passedMs, deed } = moment;
    const { store } = this;
    if (store === null || store.ready === 0) return;
    const index = store.indexAt(timeS);
    this.stage.draw(store, index, nowMs, passedMs);
    if (!moment.isDue && !this.isOtherNode) return;
    this.isOtherNode = false;
    this.matrix.draw(store, index, this.selected);
    this.buttons.label(store, index, deed);
    this.showWords(store, index);
  }

  private showWords(store: FrameStore, index: number): void {
    const frame = store.frame(index);
    const { nodes } = store.facts;
    const node = this.selected;
    const followed = frame.userSees.reduce((sum, one) => sum + (one === sees.NOBODY ? 0 : 1), 0);
    setText(
      this.part('.about-node'),
      node >= 0 && node < nodes
        ? nodeWords(store, index, node)
        : `${digits(store.rate(index, total.COMPLETED))} answers/s, ${byteRate(store.rate(index, total.BYTES))} sent. Dots outside the circle are ${followed} of ${digits(frame.totals[total.USERS])} users, each beside the node of the last answer.`,
    );
    seenWords.forEach(({ key }, place) => {
      const count = frame.userSees.reduce((sum, one) => sum + (one === place + 1 ? 1 : 0), 0);
      setText(this.part(`[data-seen="${key}"]`), `${count}`);
    });
    counterWords.forEach(({ key }, place) => {
      const shown = this.part(`[data-counter="${key}"]`);
      const count = frame.totals[windowCounts[place]];
      setText(shown, digits(count));
      shown.classList.toggle('some', place > 0 && count > 0);
    });
    this.showKinds(store, index);
  }

  private showKinds(store: FrameStore, index: number): void {
    const rates = store.rates(index, (frame) => frame.kinds, this.kindRates);
    const list = this.part('.kinds tbody');
    const most = Math.max(1, ...rates);
    messageKinds.forEach((kind, place) => {
      let row = list.querySelector<HTMLElement>(`[data-kind="${kind}"]`);
      if (row === null) {
        if (rates[place] === 0) return;
        row = make('tr', { 'data-kind': kind }, [
          make('th', { scope: 'row' }, [make('b', {}, kind), make('small', {}, kindWords[kind])]),
          make('td', {}, [make('span', { class: 'rate' }), make('span', { class: 'bar' })]),
        ]);
        list.append(row);
      }
      setText(row.querySelector('.rate')!, byteRate(rates[place]));
      row.querySelector<HTMLElement>('.bar')!.style.width = `${(100 * rates[place]) / most}%`;
    });
  }
}
