/** Groups whose thread is remembered; runs of a group are asked for one soon after the other. */
const GROUPS_MAX = 1024;

interface Waiting {
  readonly group: string | undefined;
  start(thread: number): void;
}

/**
 * Deals work to threads: the work of a group to the thread that did the last of it, so that what it shares is there;
 * a thread that would stand still takes other work, in the order of asking.
 */
export class ThreadLines {
  private readonly depth: number;
  private readonly underWay: number[];
  private readonly waiting: Waiting[] = [];
  private readonly homes = new Map<string, number>();

  /** @param depth - work that a thread is given at a time: two, so that it need not wait for the next. */
  constructor(threads: number, depth: number) {
    this.depth = depth;
    this.underWay = new Array<number>(threads).fill(0);
  }

  /** Does something when there is room on a thread. @param group - what it shares something with; undefined: nothing. */
  async on<T>(group: string | undefined, use: (thread: number) => Promise<T>): Promise<T> {
    const thread = await new Promise<number>((start) => {
      this.waiting.push({ group, start });
      this.deal();
    });
    try {
      return await use(thread);
    } finally {
      this.underWay[thread] -= 1;
      this.deal();
    }
  }

  private deal(): void {
    while (this.waiting.length > 0) {
      const thread = this.underWay.indexOf(Math.min(...this.underWay));
      if (this.underWay[thread] >= this.depth) return;
      const [{ group, start }] = this.waiting.splice(this.choose(thread), 1);
      this.underWay[thread] += 1;
      if (group !== undefined) this.settle(group, thread);
      start(thread);
    }
  }

  /** Place of the work that suits a thread best: of its own groups, else of nobody's, else the first. */
  private choose(thread: number): number {
    const homeOf = ({ group }: Waiting): number | undefined =>
      group === undefined ? undefined : this.homes.get(group);
    const own = this.waiting.findIndex((one) => homeOf(one) === thread);
    return own >= 0
      ? own
      : Math.max(
          0,
          this.waiting.findIndex((one) => homeOf(one) === undefined),
        );
  }

  private settle(group: string, thread: number): void {
    this.homes.set(group, thread);
    if (this.homes.size > GROUPS_MAX) this.homes.delete(this.homes.keys().next().value!);
  }
}
