import type { Unicast } from '../unicasts.ts';

/** What a message of this manager does. */
export const sends = { WHOLE: 0, DIFF: 1, KEY: 2, RETRIEVE: 3, REMOVE: 4, IDLE: 5, PROXY: 6 } as const;

/** Which session of which node a message is about, and who waits for it. */
export interface MapAbout {
  readonly slot: number;
  readonly session: number;
  readonly node: number;
  readonly isRepublished: boolean;
}

/** A message of the replicated map, with what its sender must know when it is processed and answered. */
export interface MapMessage extends Unicast {
  readonly does: number;
  answerBytes: number;
  /** Request whose thread waits (-1 none), and which use of its slot. */
  readonly slot: number;
  readonly generation: number;
  readonly session: number;
  /** The session as it was when the message was sent; for RETRIEVE the version found. */
  version: number;
  /** Of a whole session; others do not carry them, and are not made to look them up. */
  readonly epoch: number;
  readonly mutations: number;
  /** Whether the next session is re-published when this one is. */
  readonly isRepublished: boolean;
}
