import fc from 'fast-check';
import { effect } from '../../models/replication/delivery-plane.ts';
import type { PlaneBench, Post, World } from './plane-pair.ts';

/** One step of a random run; numbers are taken modulo what there is. */
export interface Step {
  readonly does: string;
  readonly node: number;
  readonly other: number;
  readonly session: number;
  readonly forNs: number;
  readonly lagNs: number;
  readonly sizeNs: number;
  readonly flag: boolean;
}

/** Small worlds, in which moments coincide. */
export const worlds: fc.Arbitrary<World> = fc.record({
  nodes: fc.integer({ min: 1, max: 5 }),
  cores: fc.integer({ min: 1, max: 3 }),
  wakeNs: fc.constantFrom(0, 0, 5, 40),
  quotaNs: fc.constantFrom(0, 0, 30, 120),
  threads: fc.integer({ min: 1, max: 3 }),
  latencyNs: fc.nat(8),
  writeNs: fc.constantFrom(0, 0, 3),
  delayMeanNs: fc.constantFrom(0, 2, 30),
  delaySeed: fc.nat(1e9),
  sessions: fc.integer({ min: 1, max: 3 }),
  knownBefore: fc.nat(3),
});

const does = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom('wait', 'update', 'update', 'read', 'read') },
  { weight: 4, arbitrary: fc.constantFrom('create', 'rename', 'replace', 'silent', 'work') },
  { weight: 2, arbitrary: fc.constantFrom('hold', 'send held', 'unicast', 'unseen', 'defer', 'lose', 'prune') },
  { weight: 3, arbitrary: fc.constantFrom('behind', 'behind', 'peek') },
  { weight: 1, arbitrary: fc.constantFrom('crash', 'come back', 'come back', 'freeze', 'loss', 'remove') },
);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    does,
    node: fc.nat(7),
    other: fc.nat(7),
    session: fc.nat(3),
    forNs: fc.oneof(fc.nat(12), fc.nat(200)),
    lagNs: fc.oneof(fc.nat(6), fc.nat(150)),
    sizeNs: fc.nat(30),
    flag: fc.boolean(),
  }),
  { minLength: 10, maxLength: 120, size: 'max' },
);

/** What a run knows of itself beside the plane: who lives, the version and the id of each session. */
export class Walk {
  readonly seen: unknown[] = [];
  private readonly bench: PlaneBench;
  private readonly nodes: number;
  private readonly sessions: number;
  private readonly state: ('up' | 'down' | 'joining')[];
  private readonly frozenUntilNs: number[];
  private readonly version: number[];
  private readonly epoch: number[];
  private readonly held: Post[] = [];
  private unicasts = 0;
  /** The last message sent by anybody. */
  private last = -1;

  constructor(bench: PlaneBench, nodes: number, sessions: number) {
    this.bench = bench;
    this.nodes = nodes;
    this.sessions = sessions;
    this.state = new Array(nodes).fill('up');
    this.frozenUntilNs = new Array(nodes).fill(0);
    this.version = new Array(sessions).fill(0);
    this.epoch = new Array(sessions).fill(0);
  }

  get alive(): number[] {
    return this.state.flatMap((state, node) => (state === 'up' ? [node] : []));
  }

  step(step: Step): void {
    const node = step.node % this.nodes;
    const other = step.other % this.nodes;
    const session = step.session % this.sessions;
    const { bench } = this;
    const runs = this.frozenUntilNs[node] <= bench.nowNs;
    if (step.does === 'wait') bench.wait(step.forNs);
    else if (step.does === 'prune') bench.plane.prune(bench.nowNs);
    else if (step.does === 'loss') bench.plane.setLoss(step.flag ? 0.3 : 0);
    else if (step.does === 'come back') this.comeBack(node, other, step.flag);
    else if (step.does === 'behind') this.seen.push(...bench.behind(node, other, step.forNs));
    else if (step.does === 'peek') this.seen.push(bench.read(other, session));
    else if (this.state[node] === 'down' || !runs) return;
    else if (step.does === 'freeze') this.freeze(node, step.forNs + 1);
    else if (step.does === 'crash') this.crash(node, step.flag);
    else if (step.does === 'work') this.seen.push(bench.work(node, step.sizeNs));
    else if (step.does === 'unicast')
      bench.plane.unicast(node, bench.nowNs, this.unicasts++, { serviceNs: step.sizeNs, isAlone: true });
    else if (this.state[node] !== 'up') return;
    else if (step.does === 'read') this.seen.push(bench.read(node, session));
    else if (step.does === 'send held') this.sendHeld(node);
    else this.send(step, node, other, session);
  }

  private send(step: Step, node: number, other: number, session: number): void {
    const { bench } = this;
    const own = bench.read(node, session);
    const post = this.post(step, node, other, session, own.version);
    if (step.does === 'rename') {
      if (own.version < 0 || own.epoch !== this.epoch[session]) return;
      this.epoch[session] += 1;
    }
    const named = { ...post, epoch: this.epoch[session] };
    if (step.does === 'hold') {
      bench.plane.change(named, bench.nowNs);
      this.held.push({ ...named, isOwnKnown: true });
      return;
    }
    const message = bench.post(named);
    this.last = message;
    if (step.does === 'defer') bench.plane.defer(message, other, bench.nowNs + 10 * step.lagNs);
    if (step.does === 'lose') bench.plane.lose(message, other);
  }

  private post(step: Step, node: number, other: number, session: number, read: number): Post {
    const codes: Record<string, number> = {
      create: effect.CREATE,
      rename: effect.RENAME,
      replace: effect.REPLACE,
      remove: effect.REMOVE,
    };
    const code = codes[step.does] ?? effect.UPDATE;
    const isSilent = step.does === 'silent';
    let version = 0;
    if (code === effect.UPDATE || (code === effect.REPLACE && step.flag)) version = ++this.version[session];
    else if (code === effect.REPLACE || code === effect.RENAME) version = Math.max(0, read);
    return {
      sender: node,
      session: isSilent ? -1 : session,
      effect: isSilent ? effect.NONE : code,
      version,
      epoch: 0,
      handedInNs: step.lagNs % 40,
      departsInNs: step.lagNs,
      copyNs: 1 + (step.forNs % 9),
      serviceNs: step.sizeNs,
      bytes: 1 + step.sizeNs,
      isAwaited: step.flag && step.does !== 'defer',
      like: step.sizeNs % 3 === 0 ? this.last : -1,
      except: isSilent && step.flag && other !== node ? other : -1,
      ...(step.does === 'unseen' ? { unseen: [other, (other + 1) % this.nodes] } : {}),
    };
  }

  private sendHeld(node: number): void {
    const place = this.held.findIndex((post) => post.sender === node);
    if (place >= 0) this.bench.post(this.held.splice(place, 1)[0]);
  }

  private freeze(node: number, forNs: number): void {
    this.bench.freeze(node, forNs);
    this.frozenUntilNs[node] = this.bench.nowNs + forNs;
  }

  private crash(node: number, isPowerOff: boolean): void {
    this.bench.crash(node, isPowerOff);
    this.state[node] = 'down';
    for (let place = this.held.length - 1; place >= 0; place -= 1) {
      if (this.held[place].sender === node) this.held.splice(place, 1);
    }
  }

  private comeBack(node: number, donor: number, isAlone: boolean): void {
    const { bench } = this;
    if (this.state[node] === 'down') {
      bench.plane.listen(node);
      this.state[node] = 'joining';
    } else if (this.state[node] === 'joining') {
      const hasDonor = !isAlone && donor !== node && this.state[donor] === 'up';
      bench.plane.copyState(node, hasDonor ? donor : -1, bench.nowNs);
      this.state[node] = 'up';
    }
  }
}
