import { productOf } from '../../models/balancer-setup.ts';
import { sendMode } from '../../models/outgoing.ts';
import type { Scenario } from '../../models/scenario/schema.ts';
import type { Fact } from '../import/scenario-builder.ts';
import { membershipKind } from '../import/server-xml.ts';
import { isDispatched, type Situation } from '../import/situation.ts';
import type { Place } from '../import/source.ts';
import { simpleClass } from '../import/xml.ts';
import { mistakeSentences, storeText } from './store-sentences.ts';

/** One sentence with the lines it comes from; none: a default. */
export interface Sentence {
  readonly text: string;
  readonly sources: readonly Place[];
}

/** Sentences under one heading. */
export interface Section {
  readonly title: string;
  readonly sentences: readonly Sentence[];
}

/** What the sentences are made from. */
export interface Explained {
  readonly situation: Situation;
  /** The complete scenario, defaults filled in. */
  readonly scenario: Scenario;
  readonly used: readonly Fact[];
}

/** Finds the lines that decided keys of the scenario. */
export function sourcesOf({ used }: Explained, ...paths: readonly string[]): Place[] {
  return paths.flatMap((path) => used.filter((fact) => fact.path === path).slice(0, 1));
}

export function nodeCountOf({ scenario }: Explained): number {
  return typeof scenario.nodes === 'number' ? scenario.nodes : scenario.nodes.length;
}

export function say(text: string, ...sources: readonly (Place | undefined)[]): Sentence {
  return { text, sources: sources.filter((one) => one !== undefined) };
}

const balancers: Readonly<Record<string, string>> = {
  'round-robin': 'sends each request to the next node in turn, whatever session it belongs to',
  'ip-hash': 'chooses the node by the first three bytes of the client address, so a whole /24 network meets one node',
  hash: 'chooses the node by a hash; when a node is added or removed almost every key moves',
  'consistent-hash': 'chooses the node on a hash ring; when a node dies only its keys move, and they come back with it',
  'least-conn': 'sends each request to the node with the fewest open requests',
  'random-two': 'draws two nodes and takes the one with fewer open requests',
  'sticky-route': 'sends a session back to the node whose route stands in its id',
  'by-requests': 'spreads requests by their number',
  'by-traffic':
    'spreads requests by the bytes moved since the start, with no decay: a new node gets everything at first',
  'by-busyness': 'sends each request to the node with the fewest running requests',
};

/** Who is there and how a request comes in. */
export function topology(explained: Explained): Section {
  const { situation, scenario } = explained;
  const { version, nodes, stickiness, files } = situation;
  const count = nodeCountOf(explained);
  const sentences: Sentence[] = [];
  const where = nodes.place ? nodes.why : 'assumed: no file says';
  sentences.push(say(`The cluster has ${count} ${count === 1 ? 'node' : 'nodes'} (${where}).`, nodes.place));
  const hint = [version.atMost, version.atLeast].find((one) => one?.version === version.version);
  const why = version.from === 'told' ? 'as told' : hint ? `because of ${hint.what}` : 'assumed: no line tells';
  sentences.push(
    say(`The files are read as Tomcat ${version.version} (${why}).`, version.from === 'told' ? undefined : hint),
  );
  if (stickiness.kind === 'unknown') {
    sentences.push(say('No load balancer was given; one that is sticky by route is assumed.'));
  } else {
    const { type } = scenario.balancer;
    const how = balancers[type] ?? `spreads requests as mod_jk does (${type})`;
    const over = type === 'sticky-route' ? `, and a new one by ${scenario.balancer.over}` : '';
    sentences.push(say(`The load balancer ${how}${over} (${stickiness.text}).`, stickiness.place));
    sentences.push(refusals(explained));
  }
  if (files.servers.length > 0) {
    const { maxThreads, maxConnections, acceptCount } = scenario.node;
    sentences.push(
      say(
        `A node serves ${maxThreads} requests at once, keeps ${maxConnections} connections open and lets ${acceptCount} more wait.`,
        ...sourcesOf(explained, 'node.maxThreads', 'node.maxConnections', 'node.acceptCount'),
      ),
    );
  }
  return { title: 'Who is there', sentences };
}

/** What the balancer does about a node that refuses, or does not answer. */
function refusals(explained: Explained): Sentence {
  const { balancer } = explained.scenario;
  const product = productOf(balancer);
  const [pausePath, pauseS] = {
    nginx: ['balancer.failTimeoutS', balancer.failTimeoutS] as const,
    httpd: ['balancer.httpd.retryS', balancer.httpd.retryS] as const,
    mod_jk: ['balancer.jk.recoverTimeS', balancer.jk.recoverTimeS] as const,
  }[product];
  const isJk = product === 'mod_jk';
  const connectS = isJk ? balancer.jk.socketConnectTimeoutMs / 1000 : balancer.connectTimeoutS;
  const holds = connectS > 0 ? `for up to ${connectS} s first` : 'until TCP gives up (two minutes)';
  return say(
    `A node that refuses a request gets none for ${pauseS} s; a host that does not answer at all holds a request ${holds}.`,
    ...sourcesOf(explained, pausePath, isJk ? 'balancer.jk.socketConnectTimeoutMs' : 'balancer.connectTimeoutS'),
  );
}

/** Who sends what to whom. */
export function messages(explained: Explained): Section {
  const { situation, scenario } = explained;
  const { strategy } = situation;
  const others = nodeCountOf(explained) - 1;
  const at = strategy.place;
  const kind = scenario.replication.strategy;
  const sentences: Sentence[] = [say(`Sessions: ${kind} (${strategy.why}).`, at)];
  const everyOther = others === 1 ? 'the other node' : `each of the other ${others} nodes`;
  const readOnly = ['10.1', '11.0'].includes(scenario.tomcatVersion)
    ? 'A request that only reads sends a message to each of them as well, whenever it comes with a session cookie (measured on 10.1).'
    : 'A request that only reads sends nothing on the node that served the session last; on another node it sends a short message to all.';
  if (kind === 'none')
    sentences.push(
      say('No node sends its sessions anywhere: each is kept by the node that made it, and only there.', at),
    );
  if (kind === 'delta') {
    sentences.push(
      say(
        `A request that sets an attribute sends what it set to ${everyOther}: roughly 0.7 kB and the attributes each time. A new session costs one more message to each.`,
        at,
      ),
      say(readOnly, at),
      say('An object changed in place is not sent unless setAttribute is called with it again.', at),
    );
  }
  if (kind === 'all-to-all') {
    sentences.push(say(`The whole session goes to ${everyOther}, not only what changed.`, at));
  }
  if (kind === 'backup') {
    sentences.push(
      say(
        `What a request changed goes to one backup node; the remaining nodes (${Math.max(0, others - 1)}) only know where the session is, and are told when it is made or moves.`,
        at,
      ),
      say('A request on a node that has no copy first fetches the session from its backup.', at),
    );
  }
  for (const text of storeText(explained)?.messages ?? []) sentences.push(say(text, at));
  if (kind === 'memcached-sticky') {
    sentences.push(
      say(
        'Each request that changed the session stores the whole of it in one memcached, named in the session id; a request that only reads stores nothing.',
        at,
      ),
      say('An object changed in place is stored too: the whole session is serialised and compared.', at),
    );
  }
  if (situation.cluster) sentences.push(heartbeats(explained), ...mistakeSentences(explained));
  return { title: 'Who sends what to whom', sentences };
}

function heartbeats(explained: Explained): Sentence {
  const { mcastFrequencyMs } = explained.scenario.membership;
  const count = nodeCountOf(explained);
  const perS = Math.round((count * count * 1000) / mcastFrequencyMs);
  const { cluster } = explained.situation;
  if (cluster && membershipKind(cluster) !== 'multicast') {
    const name = simpleClass(cluster.membership);
    const text = `${name} is not simulated: multicast heartbeats every ${mcastFrequencyMs} ms stand in for it, here and below.`;
    return say(text, cluster.membership);
  }
  return say(
    `Every node sends a heartbeat of 77 bytes every ${mcastFrequencyMs} ms to the whole multicast group: ${perS} receptions a second in the cluster.`,
    ...sourcesOf(explained, 'membership.mcastFrequencyMs'),
  );
}

/** Sentences of a sender that waits, whatever it waits for. */
function pooled(explained: Explained, frozen: boolean): Sentence[] {
  const { poolSize, maxWaitMs, ackTimeoutMs } = explained.scenario.channel.sender;
  const pool = say(
    `${poolSize} requests of a node can send at once; the next waits up to ${maxWaitMs / 1000} s, then its update is not sent, and only the log says so.`,
    ...sourcesOf(explained, 'channel.sender.poolSize', 'channel.sender.maxWaitMs'),
  );
  if (!frozen) return [pool];
  const stuck = `A frozen node holds up every request that waits for it, ${ackTimeoutMs / 1000} s each, until it is dropped.`;
  return [pool, say(stuck, ...sourcesOf(explained, 'channel.sender.ackTimeoutMs'))];
}

function queued(explained: Explained): Sentence[] {
  const { sendOptions, dispatch } = explained.scenario.channel;
  const mebibytes = Math.round(dispatch.maxQueueSizeBytes / 1048576);
  const order =
    dispatch.maxThreads === 1
      ? 'One thread sends, so messages arrive in order.'
      : `Up to ${dispatch.maxThreads} threads send at once, so messages of one session can overtake each other.`;
  const full = dispatch.alwaysSend ? 'requests send themselves, and wait' : 'further changes are lost';
  return [
    say(
      `A response waits for no other node: changes are queued and sent later (option ${sendOptions}).`,
      explained.situation.sendOptions.place,
    ),
    say(
      `The queue holds ${mebibytes} MiB; when it is full ${full}.`,
      ...sourcesOf(explained, 'channel.dispatch.maxQueueSizeBytes', 'channel.dispatch.alwaysSend'),
    ),
    say(order, ...sourcesOf(explained, 'channel.dispatch.maxThreads')),
  ];
}

function waitForAll(explained: Explained): Sentence[] {
  const option = explained.scenario.channel.sendOptions;
  const at = explained.situation.sendOptions.place;
  if ((option & 6) === 6) {
    const text = `A response smaller than 8 KiB waits until every other node has applied the change (option ${option}); the slowest decides.`;
    return [say(text, at), ...pooled(explained, true)];
  }
  if ((option & 2) !== 0) {
    const text = `A response waits until every other node has received the change, not until it has applied it (option ${option}).`;
    return [say(text, at), ...pooled(explained, true)];
  }
  const text = `A response waits until the change is written to every connection; nobody acknowledges it (option ${option}).`;
  return [say(text, at), ...pooled(explained, false)];
}

/** When a response waits for other nodes. */
export function waiting(explained: Explained): Section {
  const { situation, scenario } = explained;
  const kind = scenario.replication.strategy;
  const at = situation.strategy.place;
  const section = (sentences: readonly Sentence[]): Section => ({ title: 'When a response waits', sentences });
  if (kind === 'none') return section([say('A response waits for no other node.', at)]);
  const store = storeText(explained);
  if (store) return section([say(store.waiting, at)]);
  if (kind === 'memcached-sticky') return section([memcachedWait(explained)]);
  if (kind === 'backup') return section(waitForBackup(explained));
  return section(isDispatched(situation) ? queued(explained) : waitForAll(explained));
}

/** What BackupManager waits for. */
function waitForBackup(explained: Explained): Sentence[] {
  const { replication } = explained.scenario;
  const option = 'mapSendOptions' in replication ? replication.mapSendOptions : 6;
  const { isAsynchronous, isAcknowledged, isAppliedFirst } = sendMode(option);
  const at = [...sourcesOf(explained, 'replication.mapSendOptions'), explained.situation.strategy.place];
  if (isAsynchronous) {
    const text = `A response waits for no other node: changes are queued and sent later (mapSendOptions ${option}).`;
    return [say(text, ...at)];
  }
  const until = isAppliedFirst
    ? 'the backup node has applied the change'
    : isAcknowledged
      ? 'the backup node has received the change, not until it has applied it'
      : 'the change is written to the connection of the backup node; nobody acknowledges it';
  const text = `A response smaller than 8 KiB waits until ${until} (mapSendOptions ${option}).`;
  return [say(text, ...at), ...pooled(explained, isAcknowledged)];
}

function memcachedWait(explained: Explained): Sentence {
  const { replication } = explained.scenario;
  const at = explained.situation.strategy.place;
  if ('sessionBackupAsync' in replication && !replication.sessionBackupAsync) {
    return say(
      `A response waits until memcached has stored the session, ${replication.sessionBackupTimeoutMs} ms at most.`,
      ...sourcesOf(explained, 'replication.sessionBackupAsync', 'replication.sessionBackupTimeoutMs'),
    );
  }
  return say('A response does not wait for memcached: the session is stored by a thread of its own.', at);
}
