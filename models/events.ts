/** Kinds of events of the kernel; the two arguments of each stand beside it. */
export const eventKind = {
  /** A new client arrives. */
  CLIENT: 0,
  /** (session) its client sends the next request. */
  REQUEST: 1,
  /** (slot, generation) the processor starts on a request that creates its session. */
  CREATE: 2,
  /** (slot, generation) a thread has done its part of a request, the next one goes on. */
  STAGE: 53,
  /** (slot, generation) the servlet is done. */
  FINISH: 3,
  /** (slot, generation) a request is tried again at another server. */
  RETRY: 4,
  /** (message, node) a copy that somebody waits for arrives. */
  DELIVER: 5,
  /** (node) a waiting message can start. */
  WAKE: 6,
  /** (await) all answers to a message are there, or its time is up. */
  ANSWERED: 7,
  /** (node, ticket) a connection of the node may have room again. */
  ROOM: 54,
  /** (ticket) the wait for a free sender is over. */
  SENDER_TIMEOUT: 8,
  /** (node) a thread that waits for a sender has been woken. */
  SENDER_WOKEN: 55,
  /** (unicast, node) a message to one node arrives. */
  UNICAST: 9,
  /** (unicast) it is done and its answer is back. */
  UNICAST_DONE: 10,
  /** (unicast) what was acknowledged on receipt has been processed. */
  UNICAST_APPLIED: 56,
  /** (unicast) its sender has run and knows the answer. */
  UNICAST_OVER: 52,
  /** (observer, member) a silent member's time is up. */
  EXPIRE: 11,
  /** (observer, member) the TCP verification of a suspect is over. */
  VERIFIED: 12,
  /** (observer, member) the first heartbeat of an unknown member is heard. */
  HEARD: 13,
  /** (index) a fault of the plan begins; ends. */
  FAULT: 14,
  FAULT_END: 15,
  /** (node, start) a starting node joins the group; asks for state; opens for requests. */
  JOIN: 16,
  STATE: 17,
  OPEN: 18,
  /** (node, start) the manager's background thread looks for expired sessions. */
  EXPIRE_SESSIONS: 19,
  /** (node, start) the backup manager re-publishes its next session. */
  REPUBLISH: 20,
  /** (call, ticket) a store operation arrives; its answer is back. */
  STORE: 21,
  STORE_DONE: 22,
  /** Old messages are forgotten. */
  PRUNE: 23,
  /** The measurement window opens. */
  MEASURE: 24,
  /** (slot, generation) the thread of a node that stood still goes on. */
  RESUME: 25,
  /** (group, attempt) a group of store servers makes a follower its master; (group) it answers again. */
  STORE_FAILOVER: 26,
  STORE_WAKE: 27,
  /** (slot, generation) a request asks its store again. */
  STORE_RETRY: 28,
  /** (node, start) the donor of a joining node has serialised a batch of sessions; begins the next one. */
  TRANSFER: 29,
  TRANSFER_NEXT: 30,
  /** (node, start) a stopping node looks whether its requests are done. */
  STOPPING: 39,
  /** The balancer stops waiting for the oldest response. */
  READ_TIMEOUT: 40,
  /** Who will miss heartbeats for dropTime is searched for; (observer, member) it has; the observer finds out. */
  LOSS_SCAN: 50,
  OVERDUE: 60,
  UNHEARD: 51,
} as const;
