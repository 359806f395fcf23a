import type { Scenario } from './scenario/schema.ts';

/** Kinds of messages as they appear in `traffic.csv`, in its order. */
export const messageKinds = [
  'heartbeat',
  'session-created',
  'session-delta',
  'session-accessed',
  'session-expired',
  'id-changed',
  'session-whole',
  'backup',
  'backup-delta',
  'proxy',
  'retrieve',
  'notify',
  'map-ping',
  'state-transfer',
  'store-get',
  'store-set',
  'store-delete',
  'store-lock',
  'store-expire',
  'store-publish',
  'store-ping',
  'ack',
] as const;

export type MessageKind = (typeof messageKinds)[number];

/** Code of each kind: its place in `messageKinds`. */
export const kindCode = Object.fromEntries(messageKinds.map((kind, code) => [kind, code])) as Record<
  MessageKind,
  number
>;

/** Manager name of the measured application, `localhost#/app`. */
const CONTEXT_NAME_LENGTH = 14;
/** Frame of an acknowledgement [bytes]. */
export const ACK_BYTES = 21;
/** UDP payload of a heartbeat, IPv4, no domain and no payload [bytes], and of the one that says goodbye. */
export const HEARTBEAT_BYTES = 77;
export const SHUTDOWN_BYTES = 86;

/**
 * Length of a session id [characters]: 32 hexadecimal digits, and `.nX` where the node has a jvmRoute.
 * @see source: Tomcat SessionIdGeneratorBase.sessionIdLength = 16 bytes.
 */
export function sessionIdLength(node: number, hasRoute: boolean): number {
  if (!hasRoute) return 32;
  let digits = 1;
  for (let rest = node + 1; rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  return 34 + digits;
}

/** DeltaRequest actions of `setNew(false)`, and of setNew and setMaxInactiveInterval of a new session [bytes]. */
const READ_ACTIONS = 68;
const CREATE_ACTIONS = 178;

function serialisedBytes(type: string, bytes: number, isFirst: boolean): number {
  if (type === 'String') return 3 + bytes;
  if (type === 'byte[]') return 23 + bytes;
  if (type === 'Integer') return isFirst ? 77 : 10;
  if (type === 'Long') return isFirst ? 78 : 10;
  return isFirst ? 43 : 10;
}

/**
 * Sizes of the messages of Tomcat's session managers as frames of Tribes [bytes], per destination.
 *
 * @see source: measured on Tomcat 10.1.60 and 9.0.70 for ids of 32 and 35 characters, context `localhost#/app`; the
 * formulas hold for any id length (test/models/messages.test.ts).
 */
export class TomcatSizes {
  /** DeltaRequest actions of a request that writes, and of one that creates the session and writes [bytes]. */
  private readonly writeActions: number;
  private readonly createActions: number;
  private readonly recordsNewFlag: boolean;
  /** Serialised attributes of a whole session [bytes]. */
  readonly wholeBytes: number;
  private readonly hasRoute: boolean;

  constructor(scenario: Scenario) {
    const { attributes, deltaBytes, bytes } = scenario.session;
    const written = attributes.length > 0 ? attributes : [{ name: 'data', type: 'byte[]' as const, bytes: deltaBytes }];
    this.recordsNewFlag = scenario.tomcatVersion === '10.1';
    this.writeActions = (this.recordsNewFlag ? READ_ACTIONS : 0) + this.actions(written, this.recordsNewFlag, []);
    this.createActions = CREATE_ACTIONS + this.actions(written, true, ['Integer']);
    this.wholeBytes = bytes;
    this.hasRoute = scenario.balancer.jvmRoute;
  }

  /** Characters of the id of a session that a node makes. */
  idLength(node: number): number {
    return sessionIdLength(node, this.hasRoute);
  }

  /** Two bytes more for each action after the first one, and class descriptors only once per delta. */
  private actions(
    written: readonly { name: string; type: string; bytes: number }[],
    isPreceded: boolean,
    typesBefore: readonly string[],
  ): number {
    const seen = new Set<string>(typesBefore);
    let sum = 0;
    written.forEach(({ name, type, bytes }, place) => {
      sum += 11 + name.length + serialisedBytes(type, bytes, !seen.has(type)) + (place > 0 || isPreceded ? 2 : 0);
      seen.add(type);
    });
    return sum;
  }

  /** SESSION-MODIFIED of a creation. */
  created(idLength: number): number {
    return 455 + 2 * idLength + CONTEXT_NAME_LENGTH;
  }

  accessed(idLength: number): number {
    return 455 + 2 * idLength + CONTEXT_NAME_LENGTH;
  }

  expired(idLength: number): number {
    return 453 + 2 * idLength + CONTEXT_NAME_LENGTH;
  }

  idChanged(idLength: number): number {
    return 499 + 3 * idLength;
  }

  /** SESSION-DELTA of a request that wrote. */
  writeDelta(idLength: number): number {
    return this.delta(idLength, this.writeActions);
  }

  /** SESSION-DELTA of a request that created the session, with or without a write. */
  createDelta(idLength: number, wrote: boolean): number {
    return this.delta(idLength, wrote ? this.createActions : CREATE_ACTIONS);
  }

  /** SESSION-DELTA of a request that only read: `setNew(false)`. */
  readDelta(idLength: number): number {
    return this.delta(idLength, READ_ACTIONS);
  }

  private delta(idLength: number, actions: number): number {
    return 477 + 2 * idLength + CONTEXT_NAME_LENGTH + 13 + idLength + actions;
  }

  /** The whole session in one message (SimpleTcpReplicationManager). */
  whole(idLength: number): number {
    return this.created(idLength) + 13 + idLength + this.wholeBytes;
  }

  /** MSG_BACKUP with the whole session, whose attributes take so many bytes. */
  backup(idLength: number, wholeBytes: number): number {
    return 1300 + 2 * idLength + wholeBytes;
  }

  /** MSG_REMOVE of a key. */
  removed(idLength: number): number {
    return 462 + idLength;
  }

  /** MSG_BACKUP with a diff. */
  backupDelta(idLength: number, wrote: boolean): number {
    return 765 + idLength + 13 + idLength + (wrote ? this.writeActions : READ_ACTIONS);
  }

  /** MSG_BACKUP with the diff of the request that created the session. */
  backupCreateDelta(idLength: number, wrote: boolean): number {
    return 765 + idLength + 13 + idLength + (wrote ? this.createActions : CREATE_ACTIONS);
  }

  /** MSG_PROXY, MSG_NOTIFY_MAPMEMBER and MSG_ACCESS. */
  proxy(idLength: number): number {
    return 756 + idLength;
  }

  /** MSG_RETRIEVE_BACKUP, question and answer. */
  retrieve(idLength: number): number {
    return 568 + idLength;
  }

  retrieved(idLength: number, wholeBytes: number): number {
    return 1096 + idLength + wholeBytes;
  }

  /**
   * ALL-SESSION-DATA for sessions of which some have attributes; class descriptors come once.
   * @see source: captured between running nodes of 10.1.60; sessions made alone take 32 bytes less each.
   */
  stateTransfer(sessions: number, withAttributes: number, idLength: number): number {
    const descriptors = sessions > 0 ? 175 : 81;
    return 504 + CONTEXT_NAME_LENGTH + descriptors + sessions * (85 + idLength) + withAttributes * this.wholeBytes;
  }

  /** Reply to MSG_STATE: key and primary of each session as a proxy, and its backup where it has one. */
  mapState(sessions: number, withBackup: number, idLength: number): number {
    if (sessions === 0) return 619;
    return (withBackup > 0 ? 1181 : 696) + sessions * (52 + idLength) + withBackup * 88;
  }

  static readonly getAll = 484;
  static readonly transferComplete = 519;
  static readonly noContextManager = 506;
  /** MSG_STATE, the question for all keys of a map; MSG_INIT and MSG_START, and their answers. */
  static readonly mapStateQuestion = 552;
  static readonly mapStart = 700;
  /** Answer to MSG_RETRIEVE_BACKUP where the key is unknown, and where it has no value. @see source: own capture, 10.1.60. */
  static readonly noEntry = 246;
  static readonly noValue = 552;
  /** RPC ping of a replicated map and its answer. */
  static readonly mapPing = 700;
  static readonly mapPong = 833;
}
