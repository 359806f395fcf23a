import type { SessionTable } from '../sessions.ts';
import type { TomcatNodes } from '../tomcat-nodes.ts';

/** What a node's entry of a key is. */
export const entryRole = { NONE: 0, PRIMARY: 1, BACKUP: 2, PROXY: 3 } as const;

/** The entry of one key in the map of one node. */
export interface MapEntry {
  role: number;
  /** Node that it takes for the backup, -1 none. */
  backup: number;
  /** Version of the value, -1 = null. A proxy that was more before keeps its value. */
  value: number;
}

/** The entries of one session, in the maps of all nodes, under each id that it has had. */
export class OpenSession {
  /** Messages about it that are under way. */
  underWay = 0;
  readonly keys = new Map<number, MapEntry[]>();
}

/**
 * The replicated maps of all nodes where messages may overtake each other: each node's entry is what the messages that
 * it has processed have made of it, in their order.
 *
 * Most sessions need no entries: nothing about them is under way, and every node agrees who is primary (`owner`) and who
 * is backup (`second`), the others are proxies. Such a session is settled; one is opened when it is published or
 * renamed, and settled again when all messages about it have been processed and have left nothing else behind.
 * @see source: Tomcat 10.1 AbstractReplicatedMap.messageReceived, MapEntry.
 */
export class MapEntries {
  private readonly open = new Map<number, OpenSession>();
  private readonly sessions: SessionTable;
  private readonly nodes: TomcatNodes;

  constructor(sessions: SessionTable, nodes: TomcatNodes) {
    this.sessions = sessions;
    this.nodes = nodes;
  }

  /** The entries of a session that is not settled. */
  of(session: number): OpenSession | undefined {
    return this.open.get(session);
  }

  /** A new session: no node has an entry of it. */
  openNew(session: number): OpenSession {
    const fresh = new OpenSession();
    this.open.set(session, fresh);
    return fresh;
  }

  /** Writes down the entries of a session that was settled. @param key - its id. */
  openSettled(session: number, key: number): OpenSession {
    const known = this.open.get(session);
    if (known) return known;
    const fresh = this.openNew(session);
    for (let node = 0; node < this.nodes.count; node += 1) {
      Object.assign(this.entry(session, key, node), this.settledEntry(session, node));
    }
    return fresh;
  }

  /** The entry of a settled session, under the id that it has. */
  settledEntry(session: number, node: number): MapEntry {
    const { owner, ownerStart, second, headVersion, secondVersion } = this.sessions;
    const backup = second.get(session);
    const isHere = owner.get(session) === node && ownerStart.get(session) === this.nodes.start[node];
    if (isHere) return { role: entryRole.PRIMARY, backup, value: headVersion.get(session) };
    if (backup === node) return { role: entryRole.BACKUP, backup, value: secondVersion.get(session) };
    return { role: entryRole.PROXY, backup, value: -1 };
  }

  /** A node's entry of an open session under an id; one of role NONE where the map has none. */
  entry(session: number, key: number, node: number): MapEntry {
    const { keys } = this.open.get(session)!;
    let entries = keys.get(key);
    if (!entries) {
      entries = Array.from({ length: this.nodes.count }, () => ({ role: entryRole.NONE, backup: -1, value: -1 }));
      keys.set(key, entries);
    }
    return entries[node];
  }

  /** Settles a session if all agree and nothing is left of other ids. */
  settle(session: number, key: number): void {
    const open = this.open.get(session);
    if (!open || open.underWay > 0) return;
    const { owner, second, headVersion, secondVersion } = this.sessions;
    const primary = owner.get(session);
    for (const [id, entries] of open.keys) {
      for (let node = 0; node < entries.length; node += 1) {
        if (!this.nodes.isUp(node)) continue;
        if (!this.isAsSettled(entries[node], id === key, node, primary, second.get(session))) return;
      }
    }
    const entries = open.keys.get(key);
    if (!entries || !this.nodes.isUp(primary)) return;
    headVersion.set(session, entries[primary].value);
    const backup = second.get(session);
    if (backup >= 0) secondVersion.set(session, entries[backup].value);
    this.open.delete(session);
  }

  private isAsSettled(entry: MapEntry, isItsId: boolean, node: number, primary: number, second: number): boolean {
    if (!isItsId) return entry.role === entryRole.NONE;
    const role = node === primary ? entryRole.PRIMARY : node === second ? entryRole.BACKUP : entryRole.PROXY;
    return entry.role === role && entry.backup === second && (role === entryRole.PROXY || entry.value >= 0);
  }

  /** Takes every session as if it were settled: a death is handled by who is primary and who is backup. */
  settleAll(keyOf: (session: number) => number): void {
    const { second, secondVersion } = this.sessions;
    for (const [session, { keys }] of this.open) {
      const backup = second.get(session);
      const entry = backup >= 0 ? keys.get(keyOf(session))?.[backup] : undefined;
      secondVersion.set(session, entry?.role === entryRole.BACKUP ? entry.value : -1);
    }
    this.open.clear();
  }

  /** The session is gone. */
  forget(session: number): void {
    this.open.delete(session);
  }
}
