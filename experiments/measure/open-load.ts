import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { RunFailed } from '../lib/run-failed.ts';
import { nowMs, pause } from './lab.ts';

/** Keep-alive connections to a node, as many requests as can be under way there at once. */
export const CONNECTIONS = 64;
/** How often the end of a load is looked for [ms]. */
const LOOK_MS = 20;

/** Where a node listens. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** What happened in a window of time, and to the requests that were due in it. */
export interface LoadCounts {
  /** Requests that were due. */
  offered: number;
  /** Responses in the window, whenever their requests were due. */
  completed: number;
  /** Responses other than 200, and sessions that were not known any more. */
  errors: number;
  /** From the moment a request was due to its response, also where that came after the window. */
  readonly latenciesMs: number[];
  /** From the moment a request was due to the moment the generator had it. */
  readonly lagsMs: number[];
}

const nothing = (): LoadCounts => ({ offered: 0, completed: 0, errors: 0, latenciesMs: [], lagsMs: [] });

interface Job {
  readonly dueMs: number;
  readonly session: number;
  readonly counts: LoadCounts;
}

/** One kept connection to a node. */
class Connection {
  private readonly socket: Socket;
  private text = '';
  private done: ((text: string) => void) | null = null;

  constructor({ host, port }: Target, failed: (reason: string) => void) {
    this.socket = connect(port, host);
    this.socket.setNoDelay(true);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (part) => this.take(String(part)));
    this.socket.on('error', ({ message }) => failed(message));
    this.socket.on('close', () => failed('connection closed'));
  }

  ask(request: string, done: (text: string) => void): void {
    this.done = done;
    this.socket.write(request);
  }

  private take(part: string): void {
    this.text += part;
    const head = this.text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(this.text)?.[1] ?? 0);
    if (this.text.length < head + 4 + length) return;
    const { done, text } = this;
    this.text = '';
    this.done = null;
    done?.(text);
  }

  close(): void {
    this.socket.removeAllListeners('close');
    this.socket.destroy();
  }
}

/** Sticky sessions of one node and the connections over which their requests go, first come, first served. */
class NodeLoad {
  readonly cookies: string[] = [];
  private readonly connections: Connection[];
  private readonly free: Connection[];
  private readonly waiting: Job[] = [];
  unanswered = 0;

  constructor(
    private readonly target: Target,
    private readonly query: string,
    private readonly load: OpenLoad,
  ) {
    const failed = (reason: string): void => load.fail(`${target.host}: ${reason}`);
    this.connections = Array.from({ length: CONNECTIONS }, () => new Connection(target, failed));
    this.free = [...this.connections];
  }

  private textOf(cookie: string | undefined): string {
    const header = cookie === undefined ? '' : `Cookie: JSESSIONID=${cookie}\r\n`;
    return `GET /app/state?${this.query} HTTP/1.1\r\nHost: ${this.target.host}\r\n${header}\r\n`;
  }

  create(): Promise<void> {
    return new Promise((resolve, reject) => {
      const connection = this.free.shift()!;
      connection.ask(this.textOf(undefined), (text) => {
        this.free.push(connection);
        const cookie = /JSESSIONID=([^;]+)/.exec(text)?.[1];
        if (cookie === undefined) return reject(new RunFailed(`${this.target.host} made no session: ${text}`));
        this.cookies.push(cookie);
        resolve();
      });
    });
  }

  offer(dueMs: number, counts: LoadCounts): void {
    counts.offered += 1;
    counts.lagsMs.push(nowMs() - dueMs);
    this.unanswered += 1;
    this.waiting.push({ dueMs, session: Math.floor(Math.random() * this.cookies.length), counts });
    this.sendNext();
  }

  private sendNext(): void {
    if (this.waiting.length === 0) return;
    const connection = this.free.shift();
    if (connection === undefined) return;
    const { dueMs, session, counts } = this.waiting.shift()!;
    connection.ask(this.textOf(this.cookies[session]), (text) => {
      const atMs = nowMs();
      this.load.answered(atMs);
      this.unanswered -= 1;
      counts.latenciesMs.push(atMs - dueMs);
      if (!text.startsWith('HTTP/1.1 200') || text.includes('Set-Cookie') || text.includes(' 1 ')) counts.errors += 1;
      this.free.push(connection);
      this.sendNext();
    });
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

/** Sticky sessions at every node, and requests that come whatever becomes of those before. */
export class OpenLoad {
  private readonly nodes: NodeLoad[];
  private counts = nothing();
  private countsUntilMs = Number.POSITIVE_INFINITY;
  private failure: string | null = null;
  private isClosed = false;

  constructor(targets: readonly Target[], query: string) {
    this.nodes = targets.map((target) => new NodeLoad(target, query, this));
  }

  answered(atMs: number): void {
    if (atMs < this.countsUntilMs) this.counts.completed += 1;
  }

  /** A connection is gone: nothing that is counted from now on means anything. */
  fail(reason: string): void {
    if (!this.isClosed) this.failure ??= reason;
  }

  private check(): void {
    if (this.failure !== null) throw new RunFailed(`the load could not go on: ${this.failure}`);
  }

  async createSessions(perNode: number): Promise<void> {
    for (let count = 0; count < perNode; count += 1) for (const node of this.nodes) await node.create();
    this.check();
  }

  /** Unanswered requests of each node. */
  unanswered(): number[] {
    return this.nodes.map(({ unanswered }) => unanswered);
  }

  /** Keeps so many requests under way at every node until so many have been answered in all. */
  async saturate(underWay: number, total: number): Promise<LoadCounts> {
    const counts = this.countAnew(Number.POSITIVE_INFINITY);
    while (counts.completed < total) {
      for (const node of this.nodes) while (node.unanswered < underWay) node.offer(nowMs(), counts);
      await pause(1);
      this.check();
    }
    return counts;
  }

  private countAnew(untilMs: number): LoadCounts {
    this.counts = nothing();
    this.countsUntilMs = untilMs;
    return this.counts;
  }

  /**
   * Offers Poisson arrivals, each at a node drawn at random, and counts what happens after a while.
   * @param settleMs - how long the load lasts before it is counted.
   * @param begin - called when the counted window begins.
   * @returns what happened in the window; latencies of what is still under way follow as it is answered.
   */
  async run(ratePerS: number, settleMs: number, windowMs: number, begin: () => void): Promise<LoadCounts> {
    const startMs = nowMs() + LOOK_MS;
    const fromMs = startMs + settleMs;
    const endMs = fromMs + windowMs;
    this.countAnew(endMs);
    let window: LoadCounts | null = null;
    const worker = new Worker(new URL('pace.mjs', import.meta.url), { workerData: { ratePerS, startMs, endMs } });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (dueMs: number) => {
        if (window === null && dueMs >= fromMs) {
          window = this.countAnew(endMs);
          begin();
        }
        if (dueMs >= endMs) return resolve();
        this.nodes[Math.floor(Math.random() * this.nodes.length)].offer(dueMs, this.counts);
      });
    });
    this.check();
    return this.counts;
  }

  /** Waits until everything is answered. @returns how long that took, at most `mostMs` [ms]. */
  async drain(mostMs: number): Promise<number> {
    const startMs = nowMs();
    while (nowMs() - startMs < mostMs && this.nodes.some(({ unanswered }) => unanswered > 0)) await pause(LOOK_MS);
    this.check();
    return nowMs() - startMs;
  }

  close(): void {
    this.isClosed = true;
    for (const node of this.nodes) node.close();
  }
}
