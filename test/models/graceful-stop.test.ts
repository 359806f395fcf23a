// A graceful stop: what is in execution may end, nothing new begins, and the goodbye comes after that.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Cluster } from '../../models/cluster.ts';
import { requestDoes } from '../../models/requests.ts';
import { parseScenario } from '../../models/scenario/parse-scenario.ts';

interface Outcome {
  isFailed: boolean;
  gone: number[];
  versionElsewhere: number;
  lateFailed: boolean;
}

/** Node 1 is told to stop while a request of some length is in execution there, and another one comes 50 ms later. */
function stopUnder(serviceMs: number, isRequestOpen = true): Outcome {
  const service = { cpuMsMean: serviceMs, distribution: 'constant' };
  const scenario = parseScenario({
    nodes: 2,
    service,
    replication: { strategy: 'delta' },
    channel: { sendOptions: 6 },
  });
  const cluster = new Cluster(scenario, 0, undefined, true);
  const { sim, life } = cluster;
  const script = cluster.script!;
  const outcome: Outcome = { isFailed: true, gone: [], versionElsewhere: -1, lateFailed: false };
  let session = script.client();
  if (isRequestOpen) {
    script.ask(session, 0, requestDoes.WRITE, (answer) => {
      session = answer.session;
      outcome.isFailed = answer.isFailed;
    });
  }
  script.after(100e6, () => life.stop(0));
  const late = script.client();
  script.after(150e6, () =>
    script.ask(late, 0, requestDoes.WRITE, (answer) => {
      outcome.lateFailed = answer.isFailed;
    }),
  );
  sim.runUntil(5e9);
  outcome.gone = cluster.membership.detections.filter(({ event }) => event === 'disappeared').map(({ at_s }) => at_s);
  cluster.catchUp(1);
  outcome.versionElsewhere = cluster.strategy.versionAt(1, session);
  return outcome;
}

test('a request that ends within two seconds is answered, replicated, and only then the node says goodbye', () => {
  const { isFailed, gone, versionElsewhere, lateFailed } = stopUnder(450);
  assert.is(isFailed, false);
  assert.is(versionElsewhere, 1);
  assert.is(gone.length, 1);
  assert.ok(gone[0] >= 0.5 && gone[0] < 0.51, `it looks every 100 ms: ${gone[0]}`);
  assert.is(lateFailed, true, 'nothing new is taken');
});

test('a request that takes longer is reset after 2.1 s', () => {
  const { isFailed, gone } = stopUnder(4000);
  assert.is(isFailed, true);
  assert.ok(gone[0] >= 2.2 && gone[0] < 2.21, `${gone[0]}`);
});

test('with nothing in execution the goodbye leaves at once', () => {
  const { gone } = stopUnder(10, false);
  assert.ok(gone[0] >= 0.1 && gone[0] < 0.101, `${gone[0]}`);
});

test.run();
