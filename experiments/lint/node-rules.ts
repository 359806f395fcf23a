import type { Situation } from '../import/situation.ts';
import { compareVersions } from '../import/tomcat-versions.ts';
import { attributeOf } from '../import/xml.ts';
import { at, type Report, type Rule } from './finding.ts';

function* spareThreads({ files, version }: Situation): Generator<Report> {
  if (compareVersions(version.version, '5.5') <= 0) return;
  for (const connector of files.servers.flatMap(({ connectors }) => connectors)) {
    const attribute = attributeOf(connector, 'maxSpareThreads');
    if (!attribute) continue;
    yield at(attribute, {
      message: `maxSpareThreads="${attribute.value.slice(0, 20)}" on the Connector`,
      consequence: 'no attribute of a connector since Tomcat 6: a warning in the log, no effect',
      fix: 'remove it; minSpareThreads is the one that counts',
    });
  }
}

function* threadsBeyondConnections({ files }: Situation): Generator<Report> {
  for (const connector of files.servers.flatMap(({ connectors }) => connectors)) {
    const threads = attributeOf(connector, 'maxThreads');
    const connections = attributeOf(connector, 'maxConnections');
    if (!threads || !connections) continue;
    const most = Number(connections.value);
    if (!(most > 0) || !(Number(threads.value) > most)) continue;
    yield at(connections, {
      message: `maxThreads ${threads.value} with maxConnections ${connections.value}`,
      consequence: 'a thread without a connection has no work: the threads beyond maxConnections are never used',
      fix: 'maxConnections of 8192 (the default) or at least maxThreads',
    });
  }
}

/** The default of net.core.somaxconn on Linux before 5.4. */
const oldBacklog = 128;

function* acceptCountCapped({ files }: Situation): Generator<Report> {
  for (const connector of files.servers.flatMap(({ connectors }) => connectors)) {
    const attribute = attributeOf(connector, 'acceptCount');
    if (!attribute || !(Number(attribute.value) > oldBacklog)) continue;
    yield at(attribute, {
      message: `acceptCount="${attribute.value.slice(0, 20)}"`,
      consequence:
        'the kernel cuts the queue to net.core.somaxconn, 128 before Linux 5.4 and 4096 since: connections beyond it are dropped, earlier than the file says',
      fix: `sysctl net.core.somaxconn=${attribute.value.slice(0, 20)} on each host, or acceptCount="${oldBacklog}"`,
    });
  }
}

function* neverExpires({ files }: Situation): Generator<Report> {
  for (const { sessionTimeout } of files.webs) {
    if (!sessionTimeout || !/^\s*(0|-\d+)\s*$/.test(sessionTimeout.text)) continue;
    yield at(sessionTimeout, {
      message: `session-timeout ${sessionTimeout.text.trim()}: sessions never expire`,
      consequence:
        'with DeltaManager every node keeps every session there ever was: memory and the state transfer to a joining node grow without end',
      fix: 'session-timeout 30',
    });
  }
}

/** Connectors and session lifetimes. */
export const nodeRules: readonly Rule[] = [
  { id: 'spare-threads-ignored', severity: 'info', about: 'maxSpareThreads', check: spareThreads },
  {
    id: 'threads-beyond-connections',
    severity: 'warning',
    about: 'maxThreads above maxConnections',
    check: threadsBeyondConnections,
  },
  {
    id: 'accept-count-capped',
    severity: 'info',
    about: 'acceptCount above the kernel limit',
    check: acceptCountCapped,
  },
  { id: 'session-never-expires', severity: 'warning', about: 'session-timeout 0 or below', check: neverExpires },
];
