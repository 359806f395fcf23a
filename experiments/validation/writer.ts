import type { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import type { ScriptedAnswer, ScriptedClients } from '../../models/scripted-clients.ts';
import { askedAt } from './look.ts';

/** One client that writes to one node, one request after the other. */
export class Writer {
  readonly answers: { sentNs: number; answer: ScriptedAnswer }[] = [];
  session: number;
  private isStopped = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly script: ScriptedClients,
    private readonly node: number,
    private readonly gapNs: number,
  ) {
    this.session = script.client();
    this.write();
  }

  private write(): void {
    if (this.isStopped) return;
    const sentNs = this.cluster.sim.nowNs;
    this.script.ask(this.session, this.node, requestDoes.WRITE, (answer) => {
      this.session = answer.session;
      this.answers.push({ sentNs, answer });
      this.script.after(this.gapNs, () => this.write());
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Newest version written, and the version that a node holds now. */
  get newest(): number {
    return this.cluster.sessions.latest.get(this.session);
  }

  versionAt(node: number): number {
    return askedAt(this.cluster, this.script, this.session, node);
  }
}
