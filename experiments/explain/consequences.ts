import { isDispatched, renamesSessions } from '../import/situation.ts';
import { type Explained, nodeCountOf, type Section, type Sentence, say, sourcesOf } from './sentences.ts';
import { storeText } from './store-sentences.ts';

/** When a failure is noticed. */
export function detection(explained: Explained): Section {
  const { situation, scenario } = explained;
  const { mcastFrequencyMs, memberDropTimeMs, tcpFailureDetector } = scenario.membership;
  if (!situation.cluster) {
    return {
      title: 'When a failure is noticed',
      sentences: [say('The nodes do not watch each other; only the load balancer notices a dead one.')],
    };
  }
  const from = ((memberDropTimeMs - mcastFrequencyMs) / 1000).toFixed(1);
  const to = ((memberDropTimeMs + mcastFrequencyMs / (nodeCountOf(explained) + 1)) / 1000).toFixed(1);
  const times = sourcesOf(explained, 'membership.memberDropTimeMs', 'membership.mcastFrequencyMs');
  const sentences: Sentence[] = [
    say(`A killed node is missed ${from} to ${to} s after it died; a node that is stopped says so at once.`, ...times),
  ];
  const detector = sourcesOf(explained, 'membership.tcpFailureDetector.enabled');
  if (tcpFailureDetector.enabled) {
    const { connectTimeoutMs, performReadTest } = tcpFailureDetector;
    sentences.push(
      say(
        `Before it is dropped it is tried by TCP; a host that does not answer costs ${connectTimeoutMs} ms more, one after the other.`,
        ...detector,
      ),
      performReadTest
        ? say(
            'A frozen process is found out, because an answer is asked for.',
            ...sourcesOf(explained, 'membership.tcpFailureDetector.performReadTest'),
          )
        : say(
            'A frozen process stays a member: its kernel accepts the connection, and no answer is asked for.',
            ...detector,
          ),
    );
  } else {
    sentences.push(say('Nobody checks by TCP: late heartbeats alone throw a live node out.', ...detector));
  }
  if (isDispatched(situation)) {
    sentences.push(
      say('Failed asynchronous sends reach the detector only if it stands after the dispatcher.', ...detector),
    );
  }
  return { title: 'When a failure is noticed', sentences };
}

const lossOf: Readonly<Record<string, string>> = {
  none: 'When a node dies every session on it is gone: those users start with an empty session.',
  'all-to-all': 'When a node dies the others have its sessions; what was still on its way is lost.',
  backup:
    'When a node dies its sessions live on at their backups; they are lost only if the backup dies before a new one is made.',
  'memcached-sticky':
    'When a node dies its sessions are read from memcached; a session is lost if its memcached dies with the node.',
};

function deltaLosses(explained: Explained): Sentence[] {
  const { situation } = explained;
  const at = situation.strategy.place;
  const dies = isDispatched(situation)
    ? 'When a node dies every other node has its sessions, but for the changes still in its queue and on the wire: answered requests whose effect is gone.'
    : 'When a node dies every other node has its sessions with all answered changes.';
  return [
    say(dies, situation.sendOptions.place),
    say(
      'A nested attribute that is not Serializable loses the whole change of its request, with nothing but a line in the log.',
      at,
    ),
    say(
      'A node that joins drops queued changes if the clocks of the machines differ; after a partition nothing is sent again.',
      at,
    ),
  ];
}

/** What the load balancer adds to the losses. */
function strayLosses({ situation, scenario }: Explained): Sentence[] {
  const { stickiness } = situation;
  const at = stickiness.place;
  if (stickiness.kind === 'none' && scenario.replication.strategy !== 'none') {
    return [
      say(
        'The load balancer is not sticky, so the next request of a session meets another node: it may read what was before, and two nodes overwrite each other.',
        at,
      ),
    ];
  }
  if (stickiness.kind === 'none') {
    return [
      say(
        'The load balancer is not sticky either: the next request of a session meets a node that does not know it.',
        at,
      ),
    ];
  }
  if (stickiness.kind === 'by-address') {
    return [
      say(
        'Clients that change their address, a telephone for instance, move to another node in the middle of a session.',
        at,
      ),
    ];
  }
  if (stickiness.kind !== 'by-cookie-hash') return [];
  const churn = renamesSessions(situation)
    ? 'The node renames the session to its own route, which changes the hash again: many sessions move on every request.'
    : 'The first request has no cookie and goes anywhere; from the second on a session stays where its id hashes to.';
  return [say(churn, at)];
}

/** What can be lost. */
export function losses(explained: Explained): Section {
  const { situation, scenario } = explained;
  const { replication } = scenario;
  const at = situation.strategy.place;
  const sentences: Sentence[] =
    replication.strategy === 'delta'
      ? deltaLosses(explained)
      : [say(lossOf[replication.strategy] ?? storeText(explained)?.losses ?? 'What is lost depends on the store.', at)];
  if (replication.strategy === 'memcached-sticky' && replication.sessionBackupAsync) {
    sentences.push(say('A store that fails is not repeated until the session changes again.', at));
  }
  return { title: 'What can be lost', sentences: [...sentences, ...strayLosses(explained)] };
}

/** What the access log says of the load. */
function logLoad({ situation }: Explained): Sentence[] {
  const log = situation.files.workload;
  if (!log) {
    return [
      say(
        'How many requests per second that is depends on their CPU time, which no file tells: run replisim sweep with these files.',
      ),
    ];
  }
  const at = { file: log.file, line: 1 };
  const by = log.sessionsBy === 'cookie' ? 'cookie' : 'address and browser';
  const rates = `${log.busiestHourPerSecond.toFixed(2)} a second in its busiest hour, ${log.meanPerSecond.toFixed(2)} on average`;
  const sentences = [
    say(`The access log has ${log.requests} requests: ${rates}.`, at),
    say(
      `A session has ${log.requestsPerSession.toFixed(1)} requests (${log.sessions} sessions, told apart by ${by}).`,
      at,
    ),
  ];
  const [network] = log.networks;
  if (!network) return sentences;
  const kind = network.kind === 'nat' ? 'one address' : 'several addresses';
  return [
    ...sentences,
    say(`${Math.round(network.share * 100)} % of the requests come from ${network.name} (${kind}).`, at),
  ];
}

function nginxLoad({ situation }: Explained): Sentence[] {
  const connections = situation.files.nginx?.settings.get('worker_connections');
  const workers = situation.files.nginx?.settings.get('worker_processes');
  if (!connections || !workers || !/^\d{1,5}$/.test(workers.args[0] ?? '')) return [];
  const inFlight = Math.floor((Number(workers.args[0]) * Number(connections.args[0])) / 2);
  if (!Number.isFinite(inFlight)) return [];
  return [say(`nginx passes at most ${inFlight} requests at once (two connections each).`, connections, workers)];
}

/** What load it carries, as far as the files tell. */
export function load(explained: Explained): Section {
  const { situation, scenario } = explained;
  const kind = scenario.replication.strategy;
  const at = situation.strategy.place;
  const threads = Array.isArray(scenario.nodes)
    ? scenario.nodes.reduce((sum, { maxThreads }) => sum + (maxThreads ?? scenario.node.maxThreads), 0)
    : nodeCountOf(explained) * scenario.node.maxThreads;
  const sentences: Sentence[] = [
    say(`All nodes together serve ${threads} requests at once.`, ...sourcesOf(explained, 'node.maxThreads', 'nodes')),
  ];
  if (kind === 'delta' || kind === 'all-to-all') {
    sentences.push(
      say(
        'Every node receives every write of all others and holds every session: one more node adds a message to every write, and no room for more writes.',
        at,
      ),
      say(
        `A node applies ${scenario.channel.receiver.maxThreads} messages at once.`,
        ...sourcesOf(explained, 'channel.receiver.maxThreads'),
      ),
    );
  }
  if (kind === 'backup')
    sentences.push(say('A write costs one message whatever the number of nodes: capacity grows with them.', at));
  const store = storeText(explained);
  if (store) sentences.push(say(store.load, at));
  if (kind === 'memcached-sticky') sentences.push(say('A write costs one store whatever the number of nodes.', at));
  return { title: 'What load it carries', sentences: [...sentences, ...nginxLoad(explained), ...logLoad(explained)] };
}
