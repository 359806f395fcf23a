import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SessionTable } from '../../models/sessions.ts';
import { WriteLedger } from '../../models/write-ledger.ts';

fc.configureGlobal({ seed: 20_261_121 });

/** The same question answered with sets: what each version contains is written down when it is made. */
class NaiveLedger {
  private readonly contents: Set<number>[] = [new Set()];
  private readonly unanswered = new Set<number>();

  wrote(base: number): void {
    this.contents.push(new Set([...this.contents[base], this.contents.length]));
  }

  neverAnswered(version: number): void {
    this.unanswered.add(version);
  }

  lost(surviving: readonly number[], first: number): number {
    if (first === 0) return 0;
    let lost = 0;
    for (let write = first; write < this.contents.length; write += 1) {
      const survives = surviving.some((version) => this.contents[version].has(write));
      if (!survives && !this.unanswered.has(write)) lost += 1;
    }
    return lost;
  }
}

interface Case {
  bases: number[];
  unanswered: number[];
  surviving: number[];
  first: number;
}

/** Writes each based on some version before it, mostly on the newest one. */
const history: fc.Arbitrary<Case> = fc.integer({ min: 0, max: 30 }).chain((writes) =>
  fc.record({
    bases: fc.tuple(
      ...Array.from({ length: writes }, (_, before) =>
        fc.oneof({ weight: 3, arbitrary: fc.constant(before) }, { weight: 1, arbitrary: fc.nat(before) }),
      ),
    ) as fc.Arbitrary<number[]>,
    unanswered: writes > 0 ? fc.array(fc.integer({ min: 1, max: writes }), { maxLength: 4 }) : fc.constant([]),
    surviving: fc.array(fc.nat(writes), { maxLength: 4 }),
    first: fc.nat(writes),
  }),
);

function settle({ bases, unanswered, surviving, first }: Case): { ledger: WriteLedger; row: number; lost: number } {
  const sessions = new SessionTable();
  const ledger = new WriteLedger(sessions);
  const row = sessions.open();
  bases.forEach((base, before) => {
    ledger.wrote(row, before + 1, base);
  });
  for (const version of unanswered) ledger.neverAnswered(row, version);
  sessions.latest.set(row, bases.length);
  sessions.firstInWindow.set(row, first);
  return { ledger, row, lost: ledger.settle(row, surviving) };
}

test('lost updates are those of a naive model, whatever overwrote what and however many copies survive', () => {
  fc.assert(
    fc.property(history, (one) => {
      const naive = new NaiveLedger();
      for (const base of one.bases) naive.wrote(base);
      for (const version of one.unanswered) naive.neverAnswered(version);
      assert.is(settle(one).lost, naive.lost(one.surviving, one.first));
    }),
    { numRuns: 2000 },
  );
});

test('no copy left: every acknowledged write of the window is lost', () => {
  assert.is(settle({ bases: [0, 1, 2, 3], unanswered: [], surviving: [], first: 1 }).lost, 4);
  assert.is(settle({ bases: [0, 1, 2, 3], unanswered: [2, 2], surviving: [], first: 1 }).lost, 3);
  assert.is(settle({ bases: [0, 1, 2, 3], unanswered: [], surviving: [], first: 3 }).lost, 2);
  assert.is(settle({ bases: [0, 1, 2, 3], unanswered: [], surviving: [], first: 0 }).lost, 0);
});

test('a write that did not see its predecessor overwrites it, and what saw only the predecessor', () => {
  assert.is(settle({ bases: [0, 1, 1], unanswered: [], surviving: [3], first: 1 }).lost, 1);
  assert.is(
    settle({ bases: [0, 1, 1], unanswered: [], surviving: [3, 2], first: 1 }).lost,
    0,
    'two copies, each has one',
  );
  assert.is(settle({ bases: [0, 0, 0], unanswered: [], surviving: [3], first: 1 }).lost, 2);
});

test('a settled account is closed: the row starts anew', () => {
  const { ledger, row } = settle({ bases: [0, 0], unanswered: [1], surviving: [2], first: 1 });
  assert.not.ok(ledger.hasJumps(row));
  ledger.wrote(row, 1, 0);
  assert.is(ledger.settle(row, []), 2, 'two writes of the table, none of them excused');
  assert.is(ledger.lostUpdates, 2);
});

test.run();
