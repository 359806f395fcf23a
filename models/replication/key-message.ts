import { entryRole, type MapEntry, type OpenSession } from './map-entries.ts';
import { type MapMessage, sends } from './map-message.ts';

/** What RETRIEVE found: no entry at all, or one whose value is null. */
export const found = { NO_ENTRY: -2, NULL: -1 } as const;

/** Which lookup of a request it is: of the id in its cookie, of that id with this node's route, of the first one again. */
export const search = { COOKIE: 0, RENAMED: 1, AGAIN: 2 } as const;

/** A message of the map that goes through a dispatcher thread. */
export interface KeyMessage extends MapMessage {
  /** Id that it is about: the node whose route that has. */
  readonly key: number;
  /** Backup that it names, -1 none. */
  readonly backup: number;
  /** RETRIEVE: which lookup asks. */
  readonly search: number;
  /** Entries that it will change, null for those of a settled session. */
  readonly open: OpenSession | null;
}

/** What REMOVE, NOTIFY, PROXY and BACKUP make of an entry. @see source: Tomcat 10.1 AbstractReplicatedMap.messageReceived. */
export function processed(entry: MapEntry, { does, backup, version }: KeyMessage): void {
  const isKnown = entry.role !== entryRole.NONE;
  if (does === sends.REMOVE) {
    Object.assign(entry, { role: entryRole.NONE, backup: -1, value: -1 });
  } else if (does === sends.KEY) {
    if (isKnown) entry.backup = backup;
  } else {
    entry.role = does === sends.PROXY ? entryRole.PROXY : entryRole.BACKUP;
    entry.backup = backup;
    const hasValue = does === sends.WHOLE || (does === sends.DIFF && isKnown && entry.value >= 0);
    if (hasValue && version >= 0) entry.value = version;
  }
}
