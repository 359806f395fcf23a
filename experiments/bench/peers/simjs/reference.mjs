// The hold model with timers, and M/M/1 at a load of 0.9 with a facility, in SIM.JS. Prints one JSON object: processor
// time per hold and per customer [ns]. The package is built for browsers: it leaves what it exports in `window.Sim`.
import { readFileSync } from 'node:fs';

globalThis.window = globalThis;
await import('simjs');
const { Entity, Facility, Random, Sim } = globalThis.Sim;

const CUSTOMERS = 200_000;
const HOLDS = 200_000;
const TABLE_SIZE = 8192;

function cpuNsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1e3;
}

/** The best of three runs. */
function bestOf(run) {
  return Math.min(run(), run(), run());
}

const random = new Random(1);
const delays = Float64Array.from({ length: TABLE_SIZE }, () => random.exponential(1));

class Hold extends Entity {
  start(pending) {
    this.place = 0;
    for (let i = 0; i < pending; i += 1) this.again();
  }

  again() {
    this.place = (this.place + 1) & (TABLE_SIZE - 1);
    this.setTimer(delays[this.place]).done(this.again);
  }
}

function hold(pending) {
  const sim = new Sim();
  sim.addEntity(Hold, 'hold', pending);
  const before = process.cpuUsage();
  sim.simulate(Number.MAX_VALUE, HOLDS);
  return cpuNsSince(before) / HOLDS;
}

class Arrivals extends Entity {
  start(server) {
    this.server = server;
    this.left = CUSTOMERS;
    this.arrive();
  }

  arrive() {
    this.useFacility(this.server, random.exponential(1));
    this.left -= 1;
    if (this.left > 0) this.setTimer(random.exponential(0.9)).done(this.arrive);
  }
}

function mm1() {
  const sim = new Sim();
  sim.addEntity(Arrivals, 'arrivals', new Facility('server'));
  const before = process.cpuUsage();
  sim.simulate(Number.MAX_VALUE);
  return cpuNsSince(before) / CUSTOMERS;
}

const { version } = JSON.parse(readFileSync(new URL('./node_modules/simjs/package.json', import.meta.url), 'utf8'));
const holds = [100, 10_000].map((pending) => ({ pending, ns: bestOf(() => hold(pending)) }));
process.stdout.write(`${JSON.stringify({ version, mm1: bestOf(mm1), hold: holds })}\n`);
