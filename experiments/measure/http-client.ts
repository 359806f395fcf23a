import { Agent, get } from 'node:http';
import { RunFailed } from '../lib/run-failed.ts';
import { addressOf, nowMs } from './lab.ts';

/** What the servlet answered. */
export interface StateAnswer {
  readonly id: string;
  readonly isNew: boolean;
  /** Counter before the request, -1 = none. */
  readonly counter: number;
  readonly latencyMs: number;
}

/** A client with one kept connection to each node, and one cookie. */
export class StateClient {
  cookie = '';
  private readonly agent: Agent;

  /** @param agent - the connections, where clients share them. */
  constructor(agent: Agent = new Agent({ keepAlive: true, maxSockets: 1 })) {
    this.agent = agent;
  }

  /** Sends one request. @param query - see StateServlet; empty: the session is left alone. */
  ask(node: number, query: string): Promise<StateAnswer> {
    const sentMs = nowMs();
    const headers = this.cookie === '' ? {} : { Cookie: `JSESSIONID=${this.cookie}` };
    return new Promise((resolve, reject) => {
      const path = query === '' ? '/app/state' : `/app/state?${query}`;
      const request = get({ host: addressOf(node), port: 8080, path, headers, agent: this.agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('error', reject);
        response.on('end', () => {
          const [id, isNew, counter] = text.split(' ');
          if (response.statusCode !== 200) return reject(new RunFailed(`node ${node + 1}: ${response.statusCode}`));
          const set = /JSESSIONID=([^;]+)/.exec(response.headers['set-cookie']?.join(' ') ?? '')?.[1];
          if (set !== undefined) this.cookie = set;
          resolve({ id, isNew: isNew === '1', counter: Number(counter), latencyMs: nowMs() - sentMs });
        });
      });
      request.setTimeout(20_000, () => request.destroy(new RunFailed(`node ${node + 1}: no answer within 20 s`)));
      request.on('error', reject);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
