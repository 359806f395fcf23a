import type { MessageKind } from '../../../models/messages.ts';

/** What a user saw last. */
export const seenWords = [
  { key: 'ok', name: 'served', text: 'The last answer was right.' },
  { key: 'waiting', name: 'waiting', text: 'A request has been under way for more than 0.15 s.' },
  { key: 'stale', name: 'stale', text: 'The node that answered did not know what this user had written before.' },
  {
    key: 'lost',
    name: 'session lost',
    text: 'The session was on no node that was asked: the user got an empty one (a lost cart, a new log-in).',
  },
  { key: 'failed', name: 'failed', text: 'The request was refused, timed out or ended in an error after all retries.' },
] as const;

/** Counts of the measurement window, under the names of consistency.csv. */
export const counterWords = [
  { key: 'completed', name: 'answered', text: 'Requests answered in the measurement window.' },
  { key: 'failed_requests', name: 'failed', text: 'Requests that ended in an error.' },
  { key: 'stale_reads', name: 'stale reads', text: 'Answers made from an older state than their user had seen.' },
  { key: 'lost_sessions', name: 'lost sessions', text: 'Requests whose session was gone.' },
  {
    key: 'lost_updates',
    name: 'lost updates',
    text: 'Writes that were confirmed and are on no node any more; a session is settled when it ends or is lost, the rest at the end of the run.',
  },
] as const;

/** What each kind of message is. */
export const kindWords: Readonly<Record<MessageKind, string>> = {
  heartbeat: 'multicast packet by which a node says that it lives, received by every other node',
  'session-created': 'tells every node of a new session',
  'session-delta': 'what one request changed in a session, sent to every node',
  'session-accessed': 'tells every node that a session was used and nothing changed',
  'session-expired': 'tells the holders of copies that a session has ended',
  'id-changed': 'tells every node that a session moved and has another jvmRoute in its id',
  'session-whole': 'a whole session, sent to every node',
  backup: 'a whole session, sent to its one backup node',
  'backup-delta': 'what changed in a session, sent to its backup node',
  proxy: 'tells the other nodes where a session is, without its content',
  retrieve: 'a node fetches a session that it does not hold from one that does',
  notify: 'tells the other nodes who is primary and who is backup',
  'map-ping': 'the replicated map asks whether its members still answer',
  'state-transfer': 'all sessions, for a node that has joined',
  'store-get': 'a session read from the store',
  'store-set': 'a session written to the store',
  'store-delete': 'a session removed from the store',
  'store-lock': 'a lock on a session in the store',
  'store-expire': 'the life of a session in the store is prolonged',
  'store-publish': 'a change made known to the subscribers of the store',
  'store-ping': 'a node asks whether the store lives',
  ack: 'the receiver confirms that a message was processed',
};

/** What can be done to a node. */
export const deeds = {
  crash: { name: 'kills it', deed: 'kill it', about: 'the process is gone, its host refuses connections' },
  powerOff: { name: 'cuts its power', deed: 'cut its power', about: 'nobody answers any more' },
  freeze: { name: 'freezes it for 5 s', deed: 'freeze it for 5 s', about: 'a long garbage collection' },
  stop: { name: 'stops it in order', deed: 'stop it in order', about: 'it says goodbye to the group' },
} as const;

/** Name of one of them. */
export type Deed = keyof typeof deeds;
