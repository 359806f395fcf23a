// Steady-state formulas of queueing theory. Symbols: a = lambda * S, the offered load in servers; c = servers; K = places
// in the system, waiting ones included; S = mean service time; rho = a / c; cs2 = squared coefficient of variation of the
// service times. Times are in units of S.

/** Erlang's loss formula: the chance that c servers without a queue are all busy. */
export function erlangB(c: number, a: number): number {
  let blocked = 1;
  for (let servers = 1; servers <= c; servers++) blocked = (a * blocked) / (servers + a * blocked);
  return blocked;
}

/** Erlang's delay formula: the chance that an arrival must wait for one of c servers, a < c. */
export function erlangC(c: number, a: number): number {
  const blocked = erlangB(c, a);
  return (c * blocked) / (c - a * (1 - blocked));
}

/** M/M/c: chance to wait, mean wait Wq/S, chance to wait longer than S, mean number L, mean time in the system W/S. */
export function mmc(c: number, a: number) {
  const delayed = erlangC(c, a);
  const wait = delayed / (c - a);
  return { delayed, wait, waitBeyondService: delayed * Math.exp(a - c), number: a * (1 + wait), time: 1 + wait };
}

/** M/M/c/K: the chances of n = 0..K in the system. */
export function mmckChances(c: number, a: number, K: number): number[] {
  const weights = [1];
  for (let n = 1; n <= K; n++) weights.push((weights[n - 1] * a) / Math.min(n, c));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** M/M/c/K: chance to be turned away, mean number L, mean time in the system of those who enter W/S. */
export function mmck(c: number, a: number, K: number) {
  const chances = mmckChances(c, a, K);
  const blocked = chances[K];
  const number = chances.reduce((total, chance, n) => total + n * chance, 0);
  return { blocked, number, time: number / (a * (1 - blocked)) };
}

/** M/G/1, first come first served: mean wait Wq/S by Pollaczek and Khinchine. */
export function mg1Wait(rho: number, cs2: number): number {
  return (rho * (1 + cs2)) / (2 * (1 - rho));
}
