// Round robin with failures against the rules written down once more, as plainly as they can be.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Bench, servers } from './helpers.ts';

interface Peer {
  weight: number;
  maxFails: number;
  failTimeoutS: number;
  maxConns: number;
  down: boolean;
  current: number;
  effective: number;
  fails: number;
  accessed: number;
  checked: number;
  conns: number;
}

/** `ngx_http_upstream_get_peer` and `ngx_http_upstream_free_round_robin_peer`, line by line. */
class Plain {
  readonly peers: Peer[];

  constructor(given: readonly Partial<Peer>[]) {
    this.peers = given.map((one) => {
      const { weight = 1, maxFails = 1, failTimeoutS = 10, maxConns = 0, down = false } = one;
      const fixed = { weight, maxFails, failTimeoutS, maxConns, down };
      return { ...fixed, current: 0, effective: weight, fails: 0, accessed: -1e9, checked: -1e9, conns: 0 };
    });
  }

  pick(nowS: number, tried: ReadonlySet<number>): number {
    let best: Peer | undefined;
    let total = 0;
    for (const [index, peer] of this.peers.entries()) {
      if (tried.has(index) || peer.down) continue;
      if (peer.maxFails > 0 && peer.fails >= peer.maxFails && nowS - peer.checked <= peer.failTimeoutS) continue;
      if (peer.maxConns > 0 && peer.conns >= peer.maxConns) continue;
      peer.current += peer.effective;
      total += peer.effective;
      if (peer.effective < peer.weight) peer.effective += 1;
      if (best === undefined || peer.current > best.current) best = peer;
    }
    if (best === undefined) return -1;
    best.current -= total;
    if (nowS - best.checked > best.failTimeoutS) best.checked = nowS;
    best.conns += 1;
    return this.peers.indexOf(best);
  }

  /** A request of a session goes to its server, and pays for a round unless that owes one already. */
  stick(index: number, nowS: number): void {
    const own = this.peers[index];
    const slots = this.peers.reduce((sum, { weight }) => sum + weight, 0);
    if (own.current > -(slots - own.weight)) {
      let total = 0;
      for (const peer of this.peers) {
        if (!this.isEligible(peer, nowS)) continue;
        peer.current += peer.effective;
        total += peer.effective;
        if (peer.effective < peer.weight) peer.effective += 1;
      }
      own.current -= total;
    }
    if (nowS - own.checked > own.failTimeoutS) own.checked = nowS;
    own.conns += 1;
  }

  isEligible(peer: Peer, nowS: number): boolean {
    if (peer.down || (peer.maxConns > 0 && peer.conns >= peer.maxConns)) return false;
    return !(peer.maxFails > 0 && peer.fails >= peer.maxFails && nowS - peer.checked <= peer.failTimeoutS);
  }

  free(index: number, nowS: number, isFailed: boolean): void {
    const peer = this.peers[index];
    peer.conns -= 1;
    if (isFailed) {
      peer.fails += 1;
      peer.accessed = nowS;
      peer.checked = nowS;
      if (peer.maxFails > 0) peer.effective -= Math.floor(peer.weight / peer.maxFails);
      if (peer.effective < 0) peer.effective = 0;
    } else if (peer.accessed < peer.checked) peer.fails = 0;
  }
}

const peer = fc.record({
  weight: fc.integer({ min: 1, max: 7 }),
  maxFails: fc.integer({ min: 0, max: 3 }),
  failTimeoutS: fc.integer({ min: 1, max: 6 }),
  maxConns: fc.constantFrom(0, 0, 0, 2),
  down: fc.constantFrom(false, false, false, false, true),
});

const step = fc.record({
  worker: fc.integer({ min: 0, max: 1 }),
  gapS: fc.constantFrom(0, 0, 0, 1, 3, 8),
  outcomes: fc.array(fc.constantFrom('failed', 'ok', 'ok', 'ok', 'open'), { minLength: 1, maxLength: 4 }),
});

test('choices equal those of the plain rules, per worker and with a zone, whatever fails and when', () => {
  fc.assert(
    fc.property(
      fc.array(peer, { minLength: 2, maxLength: 5 }),
      fc.boolean(),
      fc.array(step, { maxLength: 80 }),
      (peers, zone, steps) => {
        const bench = new Bench('round-robin', { servers: servers(...peers), workers: 2, zone });
        const copies = [new Plain(peers), new Plain(peers)];
        let atS = 0;
        for (const { worker, gapS, outcomes } of steps) {
          atS += gapS;
          const copy = copies[zone ? 0 : worker];
          const tried = new Set<number>();
          bench.begin({ atS, worker });
          for (const outcome of outcomes) {
            const expected = copy.pick(atS, tried);
            const chosen = bench.pickAgain();
            assert.is(chosen, expected);
            if (chosen < 0 || outcome === 'open') break;
            bench.end(chosen, outcome as 'failed' | 'ok', atS);
            copy.free(chosen, atS, outcome === 'failed');
            if (outcome === 'ok') break;
            tried.add(chosen);
          }
        }
      },
    ),
    { seed: 20261121, numRuns: 800 },
  );
});

const stickyStep = fc.record({
  worker: fc.integer({ min: 0, max: 1 }),
  gapS: fc.constantFrom(0, 0, 0, 1, 8),
  route: fc.integer({ min: -2, max: 4 }),
  outcome: fc.constantFrom('failed', 'ok', 'ok', 'ok', 'ok', 'ok', 'open'),
});

test('sessions pay for their turns as the plain rules say, in and out of trouble', () => {
  fc.assert(
    fc.property(
      fc.array(peer, { minLength: 2, maxLength: 5 }),
      fc.boolean(),
      fc.array(stickyStep, { maxLength: 120 }),
      (peers, zone, steps) => {
        const bench = new Bench('sticky-route', { servers: servers(...peers), workers: 2, zone });
        const copies = [new Plain(peers), new Plain(peers)];
        let atS = 0;
        for (const { worker, gapS, route, outcome } of steps) {
          atS += gapS;
          const copy = copies[zone ? 0 : worker];
          bench.begin({ atS, worker, routeServer: route >= 0 && route < peers.length ? route : -1 });
          const chosen = bench.pickAgain();
          const own = copy.peers[route];
          if (own && copy.isEligible(own, atS)) {
            copy.stick(route, atS);
            assert.is(chosen, route);
          } else assert.is(chosen, copy.pick(atS, new Set()));
          if (chosen < 0 || outcome === 'open') continue;
          bench.end(chosen, outcome as 'failed' | 'ok', atS);
          copy.free(chosen, atS, outcome === 'failed');
        }
      },
    ),
    { seed: 20261121, numRuns: 800 },
  );
});

test.run();
