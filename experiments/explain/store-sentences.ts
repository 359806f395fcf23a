import { type Explained, type Sentence, say, sourcesOf } from './sentences.ts';

/** What is told of a store outside the Tomcats. */
interface StoreText {
  readonly messages: readonly string[];
  readonly waiting: string;
  readonly losses: string;
  readonly load: string;
}

const redisCommands =
  'Every access to the session costs commands at Redis, reads included, whatever the number of nodes.';

function redissonText(readMode: string, updateMode: string): StoreText {
  const late = updateMode === 'AFTER_REQUEST';
  const inPlace =
    late && readMode === 'MEMORY'
      ? 'An object changed in place is stored too: all attributes are written at the end of the request.'
      : 'An object changed in place is not stored unless setAttribute is called with it again.';
  const reads =
    readMode === 'MEMORY'
      ? 'Attributes are read from the memory of the node; changes reach the other nodes by messages that Redis does not repeat.'
      : 'Attributes are read from Redis, each once per request.';
  return {
    messages: [reads, inPlace],
    waiting: late
      ? 'A response waits until Redis has the attributes, written at the end of the request.'
      : 'Each setAttribute waits for Redis, during the request.',
    losses:
      'When a node dies its sessions are read from Redis; what Redis has not yet copied to its replica is lost when Redis fails over.',
    load: redisCommands,
  };
}

const redisManagerText: StoreText = {
  messages: [
    'Each request reads the whole session from Redis, and stores the whole of it when it has changed.',
    'An object changed in place is stored too: the serialised attributes are compared at the end of the request.',
    'Two requests of one session at the same time overwrite each other: the last one to end wins, with all attributes.',
  ],
  waiting: 'A request waits for Redis at its beginning and at its end.',
  losses:
    'When a node dies its sessions are read from Redis; when Redis does not answer the session seems to be gone, or the request fails.',
  load: redisCommands,
};

function springText(flushMode: string, saveMode: string): StoreText {
  const isAll = saveMode === 'ALWAYS';
  const written: Readonly<Record<string, string>> = {
    ON_SET_ATTRIBUTE: 'An object changed in place is not stored unless setAttribute is called with it again.',
    ON_GET_ATTRIBUTE:
      'An object changed in place is stored too, as every attribute that a request reads is written back, over what another request has changed meanwhile.',
    ALWAYS:
      'An object changed in place is stored too: every request writes all attributes, and the last one to end wins.',
  };
  return {
    messages: [
      'Each request that uses its session reads the whole of it from Redis and writes at least its time, four commands; one that does not costs none and does not prolong it.',
      written[saveMode],
      isAll
        ? 'Requests of one session at the same time overwrite each other.'
        : 'Of two requests that set one attribute the later one wins.',
    ],
    waiting:
      flushMode === 'IMMEDIATE'
        ? 'A request waits for Redis when it first uses its session, and at each setAttribute.'
        : 'A request waits for Redis when it first uses its session, and before its response is sent: no client sees what Redis does not have.',
    losses:
      'When a node dies its sessions are read from Redis; what Redis has not yet copied to its replica is lost when Redis fails over.',
    load: redisCommands,
  };
}

const nonStickyText: StoreText = {
  messages: [
    'Each request reads the whole session from memcached, stores it when it has changed, and stores a backup of it at the next memcached.',
    'An object changed in place is stored too: the whole session is serialised and compared.',
  ],
  waiting: 'A request waits for memcached at its beginning, for a lock where one is asked for, and for the store.',
  losses:
    'No session lives in a Tomcat: when a node dies at most the store under way is lost. When a memcached dies its sessions are read from their backups.',
  load: 'Every request costs operations at memcached, reads included, whatever the number of nodes.',
};

/** What is told of the store of these files; undefined where sessions are kept in the Tomcats, or stored by a sticky node. */
export function storeText({ scenario }: Explained): StoreText | undefined {
  const { replication } = scenario;
  if (replication.strategy === 'redisson') return redissonText(replication.readMode, replication.updateMode);
  if (replication.strategy === 'spring-session') return springText(replication.flushMode, replication.saveMode);
  if (replication.strategy === 'redis-manager') return redisManagerText;
  return replication.strategy === 'memcached-nonsticky' ? nonStickyText : undefined;
}

/** What the mistakes in the files do; the scenario that is printed holds them, and a run shows them. */
export function mistakeSentences(explained: Explained): Sentence[] {
  const { loopbackReceivers, multicast, sharedGroupMembers } = explained.scenario.misconfiguration;
  const at = (key: string): ReturnType<typeof sourcesOf> => sourcesOf(explained, `misconfiguration.${key}`);
  const sentences: Sentence[] = [];
  if (loopbackReceivers === 'all') {
    const text =
      'Every node advertises its loopback address: what it sends comes back to itself, the others get nothing, and a new session can be replaced under its first request.';
    sentences.push(say(text, ...at('loopbackReceivers')));
  } else if (loopbackReceivers.length > 0) {
    const text = `The others are refused by ${loopbackReceivers.join(', ')}, which advertises its loopback address: it never becomes a member, and gets nothing.`;
    sentences.push(say(text, ...at('loopbackReceivers')));
  }
  if (multicast === 'closed')
    sentences.push(say('No node hears the heartbeats of another: each is a cluster of one.', ...at('multicast')));
  if (sharedGroupMembers > 0) {
    const text = `${sharedGroupMembers} members of another cluster share the multicast group: they get every message, and a node that joins may ask them for the sessions and start empty.`;
    sentences.push(say(text, ...at('sharedGroupMembers')));
  }
  return sentences;
}
