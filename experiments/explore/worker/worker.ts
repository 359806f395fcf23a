// What the Web Worker runs: the simulator, the reader of scenarios and of configuration files.
import { InputError } from '../../lib/input-error.ts';
import type { Order, Report } from '../protocol.ts';
import { readPasted } from './pasted-files.ts';
import { FramedRun, scenarioOf } from './run.ts';
import { parseText } from './scenario-text.ts';

/** A chunk of work after which the page is told, and asked [ms]. */
const CHUNK_MS = 40;

const scope = globalThis as unknown as {
  onmessage: ((event: { data: Order }) => void) | null;
  postMessage(report: Report, transfer?: Transferable[]): void;
};

let newest = -1;
const turns = new MessageChannel();
let next: (() => void) | null = null;
turns.port1.onmessage = () => {
  const step = next;
  next = null;
  step?.();
};

/** Goes on after messages that have arrived meanwhile. */
function later(step: () => void): void {
  next = step;
  turns.port2.postMessage(0);
}

function tell(id: number, body: () => void): void {
  try {
    body();
  } catch (error) {
    const message = error instanceof InputError ? error.message : `the simulation failed: ${(error as Error).message}`;
    scope.postMessage({ type: 'problem', id, message });
  }
}

function step(id: number, run: FramedRun): void {
  if (id !== newest) return;
  tell(id, () => {
    const untilMs = performance.now() + CHUNK_MS;
    const frames = run.advance(() => performance.now() > untilMs);
    scope.postMessage({ type: 'frames', id, ...frames }, [frames.buffer]);
    if (!run.isDone) later(() => step(id, run));
    else scope.postMessage({ type: 'result', id, result: run.finish() });
  });
}

scope.onmessage = ({ data: order }) => {
  if (order.type === 'run') newest = order.id;
  tell(order.id, () => {
    if (order.type === 'run') {
      const run = new FramedRun(order.scenario);
      scope.postMessage({ type: 'started', id: order.id, facts: run.facts });
      later(() => step(order.id, run));
    } else if (order.type === 'read') {
      scope.postMessage({ type: 'read', id: order.id, read: readPasted(order) });
    } else {
      const scenario = parseText(order.text);
      scenarioOf(scenario);
      scope.postMessage({ type: 'parsed', id: order.id, scenario });
    }
  });
};
