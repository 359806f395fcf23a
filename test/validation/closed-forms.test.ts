import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { erlangB, erlangC, mg1Wait, mmc, mmck, mmckChances } from './closed-forms.ts';

function assertSixDigits(found: number, published: number): void {
  assert.ok(Math.abs(found - published) <= 5.001e-7, `${found}, published ${published}`);
}

test('M/M/c has the published values', () => {
  assertSixDigits(mmc(1, 0.8).time, 5);
  assertSixDigits(mmc(2, 1.6).delayed, 0.711111);
  assertSixDigits(mmc(2, 1.6).wait, 1.777778);
  assertSixDigits(mmc(4, 3.2).delayed, 0.596432);
  assertSixDigits(mmc(4, 3.2).wait, 0.745541);
  assertSixDigits(mmc(4, 3.2).waitBeyondService, 0.267994);
  assertSixDigits(mmc(8, 6.4).delayed, 0.457645);
  assertSixDigits(mmc(8, 6.4).wait, 0.286028);
  assertSixDigits(mmc(8, 6.4).waitBeyondService, 0.092397);
  assertSixDigits(erlangC(16, 14.4), 0.591343);
  assertSixDigits(mmc(16, 14.4).wait, 0.36959);
});

test("Erlang's loss formula has the published values", () => {
  assertSixDigits(erlangB(4, 3.2), 0.228145);
  assertSixDigits(erlangB(10, 10), 0.214582);
  assertSixDigits(erlangB(200, 180), 0.010325);
});

test('M/M/c/K has the published values', () => {
  const table: [c: number, a: number, K: number, blocked: number, number: number, time: number][] = [
    [1, 0.9, 10, 0.050814, 3.969441, 4.646601],
    [4, 3.2, 20, 0.003403, 5.321438, 1.668628],
    [4, 4.8, 20, 0.17191, 15.599857, 3.92466],
  ];
  for (const [c, a, K, blocked, number, time] of table) {
    assertSixDigits(mmck(c, a, K).blocked, blocked);
    assertSixDigits(mmck(c, a, K).number, number);
    assertSixDigits(mmck(c, a, K).time, time);
  }
});

test('M/G/1 has the published values', () => {
  assertSixDigits(mg1Wait(0.8, 0), 2);
  assertSixDigits(mg1Wait(0.8, 1), 4);
  assertSixDigits(mg1Wait(0.8, 4), 10);
});

test('the formulas agree where they meet', () => {
  assert.ok(Math.abs(mmck(4, 3.2, 4).blocked - erlangB(4, 3.2)) < 1e-14);
  assert.ok(Math.abs(mmck(4, 3.2, 500).number - mmc(4, 3.2).number) < 1e-10);
  assert.ok(Math.abs(mg1Wait(0.8, 1) - mmc(1, 0.8).wait) < 1e-14);
  const sum = mmckChances(3, 2, 9).reduce((total, chance) => total + chance, 0);
  assert.ok(Math.abs(sum - 1) < 1e-14);
});

test.run();
