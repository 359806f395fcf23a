// The event queue, or M/M/1, in a process that has loaded nothing else. Argument: hold, servers or departures. Prints one line
// of JSON. Why: where memory of any array was ever taken away (a large CommonJS package is enough: the lexer of Node grows
// the memory of its WebAssembly), every access to a typed array is checked for that, and a hold takes 10 ns more. The
// threads in which sweeps run load no such package.
import { benchHold, type HoldRow } from './hold.ts';
import { bestOfThree, mm1WithDepartures, mm1WithServers } from './mm1.ts';

/** What was found: holds, or the time per customer [ns]. */
export interface QueueCost {
  readonly holds: readonly HoldRow[];
  readonly mm1Ns: number;
}

const what = process.argv[2];
const cost: QueueCost = {
  holds: what === 'hold' ? benchHold() : [],
  mm1Ns: what === 'hold' ? Number.NaN : bestOfThree(what === 'servers' ? mm1WithServers : mm1WithDepartures),
};
process.stdout.write(`${JSON.stringify(cost)}\n`);
