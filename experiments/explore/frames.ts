import { messageKinds } from '../../models/messages.ts';

/** Most nodes that are drawn; a larger cluster is for `simulate.ts`. */
export const mostNodes = 64;
/** Most users that are followed one by one. */
export const mostUsers = 240;
/** Interval of simulated time between two frames [s], where frames are small and where not; most frames of one run. */
const shortS = 0.05;
const longS = 0.1;
const fewNodes = 16;
const mostFrames = 1500;

/** Counts since the start of the run, by their place in `Frame.totals`; those of the window count as `simulate.ts` does. */
export const total = {
  /** Answers and errors that clients got, and answers that took back what the client had seen; warm-up included. */
  COMPLETED: 0,
  FAILED: 1,
  STALE: 2,
  LOST_SESSIONS: 3,
  /** The same in the measurement window, as the results have them. */
  WINDOW_COMPLETED: 4,
  WINDOW_FAILED: 5,
  WINDOW_STALE: 6,
  WINDOW_LOST_SESSIONS: 7,
  WINDOW_LOST_UPDATES: 8,
  /** Bytes and messages that nodes and stores have sent. */
  BYTES: 9,
  MESSAGES: 10,
  /** Users who are there, and requests under way. */
  USERS: 11,
  UNDER_WAY: 12,
  /** Sum of the times that the requests answered so far took [ns]. */
  LATENCY_NS: 13,
} as const;
const TOTALS = 14;

/** What a node is doing: nodeState of the models, and frozen. */
export const look = { DOWN: 0, STARTING: 1, JOINING: 2, SERVING: 3, FROZEN: 4 } as const;

/** What a user saw last. */
export const sees = { NOBODY: 0, OK: 1, WAITING: 2, STALE: 3, LOST: 4, FAILED: 5 } as const;
/** No node, in `Frame.userNode`. */
export const NO_NODE = 255;

/** The cluster at one moment, and what happened since the frame before. Views into one buffer. */
export interface Frame {
  readonly totals: Float64Array;
  /** Bytes since the last frame from each station to each other, row by row; station `nodes` is the store. */
  readonly links: Float32Array;
  /** Bytes since the last frame by kind of message. */
  readonly kinds: Float32Array;
  /** Busy share of each node's processors since the last frame, 0 to 1. */
  readonly cpu: Float32Array;
  /** Users whose last answer came from each node; requests it answered since the last frame; threads in use. */
  readonly users: Float32Array;
  readonly answered: Float32Array;
  readonly threads: Float32Array;
  readonly state: Uint8Array;
  /** 1: a heartbeat left the node since the last frame. */
  readonly beats: Uint8Array;
  /** `views[observer * nodes + member]`: 1 where the member is in the observer's view. */
  readonly views: Uint8Array;
  /** Node of each followed user's last answer, and what it was. */
  readonly userNode: Uint8Array;
  readonly userSees: Uint8Array;
}

/** How many frames a run has, and how far apart. */
export function frameGrid(totalS: number, nodes: number): { dtS: number; frames: number } {
  const isSmall = nodes <= fewNodes && totalS <= shortS * mostFrames;
  const dtS = isSmall ? shortS : Math.max(longS, Math.ceil((totalS / mostFrames) * 10) / 10);
  return { dtS, frames: Math.floor(totalS / dtS + 1e-9) + 1 };
}

/** Where the parts of a frame lie in a buffer of many. */
export class FrameShape {
  /** Size of one frame, a multiple of 8. */
  readonly bytes: number;

  constructor(readonly nodes: number) {
    const floats = (nodes + 1) ** 2 + messageKinds.length + 4 * nodes;
    const small = 2 * nodes + nodes * nodes + 2 * mostUsers;
    this.bytes = Math.ceil((TOTALS * 8 + floats * 4 + small) / 8) * 8;
  }

  /** The frame at a place of a buffer. */
  at(buffer: ArrayBufferLike, index: number): Frame {
    const { nodes } = this;
    let offset = index * this.bytes;
    const take = <T>(
      Kind: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
      length: number,
      size: number,
    ): T => {
      const array = new Kind(buffer, offset, length);
      offset += length * size;
      return array;
    };
    return {
      totals: take(Float64Array, TOTALS, 8),
      links: take(Float32Array, (nodes + 1) ** 2, 4),
      kinds: take(Float32Array, messageKinds.length, 4),
      cpu: take(Float32Array, nodes, 4),
      users: take(Float32Array, nodes, 4),
      answered: take(Float32Array, nodes, 4),
      threads: take(Float32Array, nodes, 4),
      state: take(Uint8Array, nodes, 1),
      beats: take(Uint8Array, nodes, 1),
      views: take(Uint8Array, nodes * nodes, 1),
      userNode: take(Uint8Array, mostUsers, 1),
      userSees: take(Uint8Array, mostUsers, 1),
    };
  }
}
