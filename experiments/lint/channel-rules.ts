import {
  type ClusterElement,
  interceptorNamed,
  maxThreadsOf,
  ownConnectors,
  threadPool,
} from '../import/server-xml.ts';
import { hasDispatcher, isDispatched, type Situation } from '../import/situation.ts';
import { attributeOf, simpleClass, type XmlElement } from '../import/xml.ts';
import { at, type Report, type Rule } from './finding.ts';

function clustersOf({ files }: Situation): ClusterElement[] {
  return files.servers.flatMap(({ clusters }) => clusters);
}

function* optionFourAlone({ sendOptions, strategy }: Situation): Generator<Report> {
  if ((sendOptions.value & 6) !== 4 || !sendOptions.place || strategy.kind === 'backup') return;
  yield at(sendOptions.place, {
    message: `${sendOptions.text}: flag 4 (SYNCHRONIZED_ACK) without flag 2 (USE_ACK)`,
    consequence:
      'no acknowledgement is asked for at all: a message written to a node that just died is lost without a trace',
    fix: 'channelSendOptions="6" to wait until it is applied, "8" for asynchronous',
  });
}

function* asyncWithoutDispatcher(situation: Situation): Generator<Report> {
  const { sendOptions, strategy } = situation;
  if ((sendOptions.value & 8) === 0 || strategy.kind === 'backup') return;
  for (const cluster of clustersOf(situation)) {
    if (hasDispatcher(cluster)) continue;
    yield at(cluster.interceptors[0], {
      message: `${sendOptions.text} without MessageDispatchInterceptor among the interceptors`,
      consequence:
        'flag 8 is ignored: every request writes to all nodes itself, without an acknowledgement; slow nodes slow the requests down',
      fix: 'add org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor',
    });
  }
}

function* detectorAboveDispatcher(situation: Situation): Generator<Report> {
  if (!isDispatched(situation)) return;
  for (const cluster of clustersOf(situation)) {
    const names = cluster.interceptors.map(simpleClass);
    const detector = names.indexOf('TcpFailureDetector');
    const dispatcher = names.findIndex((name) => name.startsWith('MessageDispatch'));
    if (detector < 0 || dispatcher < 0 || detector > dispatcher) continue;
    yield at(cluster.interceptors[detector], {
      message: 'TcpFailureDetector stands above the dispatcher',
      consequence:
        'asynchronous messages fail below it, so it never hears of a failed send: a dead node is noticed by its missing heartbeats only',
      fix: 'list MessageDispatchInterceptor first and TcpFailureDetector after it, as the default stack does',
    });
  }
}

function* detectorMissing(situation: Situation): Generator<Report> {
  for (const cluster of clustersOf(situation)) {
    if (cluster.interceptors.length === 0 || interceptorNamed(cluster, 'TcpFailureDetector')) continue;
    yield at(cluster.interceptors[0], {
      message: 'interceptors are configured, TcpFailureDetector is not among them',
      consequence:
        'nobody checks by TCP: a node whose heartbeats are late is thrown out at once, and one whose port is closed by a firewall stays a member to which every send fails',
      fix: 'add org.apache.catalina.tribes.group.interceptors.TcpFailureDetector after the dispatcher',
    });
  }
}

/** Whether a request waits for the messages it causes. */
export function isSynchronous(situation: Situation): boolean {
  const { strategy, sendOptions } = situation;
  if (strategy.kind === 'backup') return true;
  return (
    (strategy.kind === 'delta' || strategy.kind === 'simple') &&
    ((sendOptions.value & 2) !== 0 || !isDispatched(situation)) &&
    (sendOptions.value & 8) === 0
  );
}

function numberOr(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,6}$/.test(text.trim()) ? Number(text) : otherwise;
}

function* poolSmall(situation: Situation): Generator<Report> {
  if (!isSynchronous(situation)) return;
  for (const server of situation.files.servers) {
    const { clusters } = server;
    const widest = ownConnectors(server).reduce<XmlElement | undefined>(
      (best, one) => (best && maxThreadsOf(server, best) >= maxThreadsOf(server, one) ? best : one),
      undefined,
    );
    if (!widest || clusters.length === 0) continue;
    const threads = maxThreadsOf(server, widest);
    const pool = numberOr(clusters[0].transport?.attributes.get('poolSize')?.value, 25);
    if (threads <= pool) continue;
    yield at(attributeOf(threadPool(server, widest), 'maxThreads') ?? widest, {
      severity: threads > 8 * pool ? 'warning' : 'info',
      message: `maxThreads ${threads}, of which ${pool} can replicate at the same time (poolSize of the sender)`,
      consequence: `with synchronous replication request ${pool + 1} waits up to 3 s for a free sender; then the send fails, which only the log shows, and the peers lack the update`,
      fix: attributeOf(clusters[0].sender, 'replicationMode')
        ? 'fewer threads; Tomcat 5.5 has no Transport to set poolSize on'
        : `poolSize="${threads}" on the Transport, or fewer threads`,
    });
  }
}

function* pingInterval(situation: Situation): Generator<Report> {
  for (const cluster of clustersOf(situation)) {
    const ping = interceptorNamed(cluster, 'TcpPingInterceptor');
    const interval = ping?.attributes.get('interval');
    if (!interval || ping?.attributes.get('useThread')?.value === 'true') continue;
    yield at(interval, {
      message: `TcpPingInterceptor interval="${interval.value}" without useThread="true"`,
      consequence: 'the interval is not used: pings follow the channel heartbeat, every 5 s',
      fix: 'useThread="true"',
    });
  }
}

function* optionsUnused({ strategy, sendOptions, cluster }: Situation): Generator<Report> {
  if (
    strategy.kind !== 'backup' ||
    !cluster ||
    !sendOptions.place ||
    !attributeOf(cluster.element, 'channelSendOptions')
  )
    return;
  if (sendOptions.value === 6 || sendOptions.value === 8) return;
  yield at(sendOptions.place, {
    message: `${sendOptions.text} with BackupManager`,
    consequence: 'BackupManager does not use it: its messages follow mapSendOptions, 6 (synchronous) by default',
    fix: 'set mapSendOptions on the Manager',
  });
}

/** How messages are sent. */
export const channelRules: readonly Rule[] = [
  { id: 'send-option-4-alone', severity: 'error', about: 'channelSendOptions 4 without 2', check: optionFourAlone },
  {
    id: 'async-without-dispatcher',
    severity: 'error',
    about: 'option 8 without a dispatcher',
    check: asyncWithoutDispatcher,
  },
  {
    id: 'detector-above-dispatcher',
    severity: 'warning',
    about: 'TcpFailureDetector above the dispatcher',
    check: detectorAboveDispatcher,
  },
  {
    id: 'detector-missing',
    severity: 'warning',
    about: 'interceptors without TcpFailureDetector',
    check: detectorMissing,
  },
  { id: 'sender-pool-small', severity: 'warning', about: 'more request threads than senders', check: poolSmall },
  { id: 'ping-interval-unused', severity: 'info', about: 'a ping interval that is not used', check: pingInterval },
  { id: 'send-options-unused', severity: 'info', about: 'channelSendOptions with BackupManager', check: optionsUnused },
];
