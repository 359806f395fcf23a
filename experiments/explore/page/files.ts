import type { Order, ReadFiles, Report, Tree } from '../protocol.ts';
import { byId, make } from './dom.ts';

/** Longest wait for the reader of files [ms]: a pattern in a file can be made to take for ever. */
const PATIENCE_MS = 5000;

/** What a worker is asked for once. */
type Question = { type: 'read'; serverXml: string; nginxConf: string } | { type: 'parse'; text: string };

/** Asks a worker of its own one question; it is stopped afterwards, answer or not. */
function ask(workerUrl: string, question: Question): Promise<Report> {
  return new Promise((resolve) => {
    const worker = new Worker(workerUrl);
    const end = (report: Report): void => {
      clearTimeout(patience);
      worker.terminate();
      resolve(report);
    };
    const patience = setTimeout(
      () =>
        end({
          type: 'problem',
          id: 0,
          message: 'the files take too long to read; is there a pattern that never ends?',
        }),
      PATIENCE_MS,
    );
    worker.onmessage = ({ data }: MessageEvent<Report>) => end(data);
    worker.onerror = ({ message }) => end({ type: 'problem', id: 0, message });
    const order: Order = { ...question, id: 0 };
    worker.postMessage(order);
  });
}

function list(head: string, lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  return [
    make('h4', {}, `${head} (${lines.length})`),
    make(
      'ul',
      {},
      lines.map((line) => make('li', {}, line)),
    ),
  ];
}

function account({ used, notModelled, findings }: ReadFiles): HTMLElement[] {
  return [...list('Suspect', findings), ...list('Used', used), ...list('Read but not modelled', notModelled)];
}

/** The two places where a scenario can be pasted: configuration files, and the scenario itself. */
export class PastedInput {
  /** @param take - a scenario has been read; what it leaves out keeps its default. */
  constructor(workerUrl: string, take: (scenario: Tree, from: 'files' | 'text') => void) {
    byId('read-files').addEventListener('click', async () => {
      const serverXml = byId<HTMLTextAreaElement>('server-xml').value;
      const nginxConf = byId<HTMLTextAreaElement>('nginx-conf').value;
      const report = await ask(workerUrl, { type: 'read', serverXml, nginxConf });
      const out = byId('files-account');
      if (report.type !== 'read') {
        out.replaceChildren(make('p', { class: 'problem' }, report.type === 'problem' ? report.message : ''));
        return;
      }
      out.replaceChildren(...account(report.read));
      take(report.read.scenario, 'files');
    });
    byId('apply-text').addEventListener('click', async () => {
      const report = await ask(workerUrl, { type: 'parse', text: byId<HTMLTextAreaElement>('scenario-text').value });
      byId('text-problem').textContent = report.type === 'problem' ? report.message : '';
      if (report.type === 'parsed') take(report.scenario, 'text');
    });
  }
}
