import type { SessionTable } from '../sessions.ts';
import { applyEffect, type Copy, effect } from './delivery-plane.ts';

/**
 * A copy that has its own history: the version visible now, and the versions that changes in progress will leave.
 */
export class IrregularCopy implements Copy {
  version = -1;
  epoch = 0;
  /** State once everything that has started is done. */
  readonly final: Copy = { version: -1, epoch: 0 };
  private readonly pending: { version: number; epoch: number; doneNs: number }[] = [];

  /** Begins with a state in which nothing is in progress. */
  settle(version: number, epoch: number): void {
    this.version = version;
    this.epoch = epoch;
    this.final.version = version;
    this.final.epoch = epoch;
    this.pending.length = 0;
  }

  /** A message has started; it is visible once it and all before it are done. @returns false if it was dropped. */
  push(code: number, version: number, epoch: number, doneNs: number): boolean {
    const isApplied = applyEffect(this.final, code, version, epoch);
    const before = this.pending.at(-1)?.doneNs ?? doneNs;
    this.pending.push({ version: this.final.version, epoch: this.final.epoch, doneNs: Math.max(before, doneNs) });
    return isApplied;
  }

  /** The node itself has changed its copy: visible at once, on top of all that has started. */
  pushLocal(code: number, version: number, epoch: number): void {
    if (code !== effect.RENAME) {
      this.settle(code === effect.REMOVE ? -1 : version, epoch);
      return;
    }
    this.epoch = epoch;
    this.final.epoch = epoch;
    for (const state of this.pending) state.epoch = epoch;
  }

  /** The node stands still: what is in progress is done later. */
  standStill(nowNs: number, pauseNs: number): void {
    for (const state of this.pending) if (state.doneNs > nowNs) state.doneNs += pauseNs;
  }

  /** Puts the state visible at `nowNs` into `copy`. Times must not run back. */
  visible(nowNs: number, copy: Copy): void {
    while (this.pending.length > 0 && this.pending[0].doneNs <= nowNs) {
      this.version = this.pending[0].version;
      this.epoch = this.pending[0].epoch;
      this.pending.shift();
    }
    copy.version = this.version;
    copy.epoch = this.epoch;
  }

  /** True when nothing is in progress; `visible` must have been asked at the same moment. */
  get isQuiet(): boolean {
    return this.pending.length === 0;
  }
}

/** All irregular copies, per node; the session table counts them per session. */
export class IrregularCopies {
  /** How many there have been. */
  made = 0;
  private readonly byNode: Map<number, IrregularCopy>[];
  private readonly sessions: SessionTable;

  constructor(nodes: number, sessions: SessionTable) {
    this.byNode = Array.from({ length: nodes }, () => new Map());
    this.sessions = sessions;
  }

  get(node: number, session: number): IrregularCopy | undefined {
    return this.sessions.irregular.get(session) === 0 ? undefined : this.byNode[node].get(session);
  }

  make(node: number, session: number): IrregularCopy {
    const copy = new IrregularCopy();
    this.made += 1;
    this.byNode[node].set(session, copy);
    this.sessions.irregular.add(session, 1);
    return copy;
  }

  drop(node: number, session: number): void {
    if (this.byNode[node].delete(session)) this.sessions.irregular.add(session, -1);
  }

  /** Forgets all of one session. */
  dropSession(session: number): void {
    for (let node = 0; node < this.byNode.length && this.sessions.irregular.get(session) > 0; node += 1) {
      this.drop(node, session);
    }
  }

  /** Forgets all of one node. */
  dropNode(node: number): void {
    for (const session of [...this.byNode[node].keys()]) this.drop(node, session);
  }

  /** A node stands still. */
  standStill(node: number, nowNs: number, pauseNs: number): void {
    for (const copy of this.byNode[node].values()) copy.standStill(nowNs, pauseNs);
  }

  /** Sessions with an irregular copy at the node. */
  of(node: number): Iterable<number> {
    return this.byNode[node].keys();
  }
}
