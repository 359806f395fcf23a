// The event queue, or M/M/1, in a process that has loaded nothing else. Arguments: hold, a law of delays and how many events are
// pending; or servers; or departures. Prints the processor time of a hold or of a customer [ns]. Why: where memory of any array was ever
// taken away (a large CommonJS package is enough: the lexer of Node grows the memory of its WebAssembly), every access to a
// typed array is checked for that, and a hold takes 10 ns more. The threads in which sweeps run load no such package. And each
// population has a process, as each run has one: code is compiled for what it met first, which a C heap never is.
import { benchHold } from './hold.ts';
import { bestOfThree, mm1WithDepartures, mm1WithServers } from './mm1.ts';

const [what, delays, pending] = process.argv.slice(2);

function costNs(): number {
  if (what === 'hold') return benchHold({ delays, pending: Number(pending) }).nsPerHold;
  return bestOfThree(what === 'servers' ? mm1WithServers : mm1WithDepartures);
}

process.stdout.write(`${costNs()}\n`);
