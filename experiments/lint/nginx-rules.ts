import type { NginxDirective } from '../import/nginx-conf.ts';
import { keepaliveLacks, type NginxFacts } from '../import/nginx-facts.ts';
import { maxThreadsOf, ownConnectors } from '../import/server-xml.ts';
import type { Situation } from '../import/situation.ts';
import { at, type Report, type Rule } from './finding.ts';

function* addressWithoutRealip({ files, stickiness }: Situation): Generator<Report> {
  if (stickiness.kind !== 'by-address' || !stickiness.place || !files.nginx) return;
  if (/x_forwarded_for|realip|x_real_ip/.test(stickiness.text)) return;
  const { settings } = files.nginx;
  if (settings.has('set_real_ip_from')) return;
  const [network] = files.workload?.networks ?? [];
  const seen =
    network && network.share >= 0.2
      ? ` (in the access log ${Math.round(network.share * 100)} % of the requests come from ${network.name})`
      : '';
  yield at(stickiness.place, {
    message: `${stickiness.text} chooses by the address of the connection, and no set_real_ip_from tells the client's${seen}`,
    consequence: `behind a NAT or another proxy all clients have one address${stickiness.text === 'ip_hash' ? ' (ip_hash reads only its first three bytes, a whole /24)' : ''}: one node gets all of them, the others idle`,
    fix: 'set_real_ip_from ADDRESS-OF-THE-PROXY; real_ip_header X-Forwarded-For; for offices behind NAT use a cookie or route',
  });
}

function processes(nginx: NginxFacts): { count: number; at: NginxDirective | undefined; text: string } {
  const directive = nginx.settings.get('worker_processes');
  const text = directive?.args[0] ?? '1';
  return { count: /^\d{1,5}$/.test(text) ? Number(text) : 1, at: directive, text };
}

function* connectionsFew({ files, nodes }: Situation): Generator<Report> {
  const { nginx, servers } = files;
  if (!nginx?.upstream) return;
  const workers = processes(nginx);
  if (workers.text === 'auto') return;
  const directive = nginx.settings.get('worker_connections');
  const isWhole = nginx.all.some(({ name }) => name === 'events' || name === 'http');
  if (!isWhole) return;
  const each = /^\d{1,8}$/.test(directive?.args[0] ?? '') ? Number(directive!.args[0]) : 512;
  const inFlight = Math.floor((workers.count * each) / 2);
  const [server] = servers;
  const perNode = server ? Math.max(0, ...ownConnectors(server).map((one) => maxThreadsOf(server, one))) : 0;
  const wanted = perNode * nodes.count;
  if (wanted === 0 || inFlight >= wanted) return;
  const where = directive ?? workers.at ?? nginx.upstream.directive;
  yield at(where, {
    message: `${workers.count} worker processes with ${each} connections carry ${inFlight} requests at once; the ${nodes.count} nodes could serve ${wanted}`,
    consequence:
      'a proxied request holds two connections; beyond that nginx refuses clients ("worker_connections are not enough") while the nodes have free threads',
    fix: `worker_connections ${Math.ceil((2 * wanted) / workers.count / 1024) * 1024}; and worker_rlimit_nofile above it`,
  });
}

function* filesFew({ files }: Situation): Generator<Report> {
  const limit = files.nginx?.settings.get('worker_rlimit_nofile');
  const connections = files.nginx?.settings.get('worker_connections');
  if (!limit || !connections || !(Number(limit.args[0]) < Number(connections.args[0]))) return;
  yield at(limit, {
    message: `worker_rlimit_nofile ${limit.args[0]} is less than worker_connections ${connections.args[0]}`,
    consequence: 'every connection is an open file: a worker runs out of them before its connections are used up',
    fix: `worker_rlimit_nofile ${2 * Number(connections.args[0])};`,
  });
}

function* withoutZone({ files }: Situation): Generator<Report> {
  const { nginx } = files;
  if (!nginx?.upstream || nginx.upstream.zone) return;
  const workers = processes(nginx);
  if (!workers.at || (workers.count < 2 && workers.text !== 'auto')) return;
  yield at(nginx.upstream.directive, {
    message: `upstream ${nginx.upstream.name} has no zone, and there are ${workers.text} worker processes`,
    consequence: `each worker process counts failures and connections for itself: a dead node is found out once per worker, each time by a request that waits${
      nginx.upstream.method === 'least-conn' ? ', and least_conn sees only its own share' : ''
    }`,
    fix: `zone ${nginx.upstream.name} 64k;`,
  });
}

function* keepaliveHttp10({ files }: Situation): Generator<Report> {
  const keepalive = files.nginx?.upstream?.keepalive;
  if (!files.nginx || !keepalive) return;
  const lacking = keepaliveLacks(files.nginx);
  if (lacking === undefined) return;
  yield at(keepalive, {
    message: `keepalive in the upstream without ${lacking}`,
    consequence:
      'before nginx 1.29.7 requests go out as HTTP/1.0 or with "Connection: close", and every connection is closed after one request: ~28,000 local ports carry some 470 new connections a second to one server',
    fix: 'proxy_http_version 1.1; proxy_set_header Connection "";',
  });
}

function* hashWithBackup({ files }: Situation): Generator<Report> {
  const upstream = files.nginx?.upstream;
  if (!upstream || !['ip-hash', 'hash', 'consistent-hash', 'random', 'random-two'].includes(upstream.method)) return;
  for (const { backup, directive, address } of upstream.servers) {
    if (!backup) continue;
    yield at(directive, {
      message: `server ${address} is a backup in an upstream with ${upstream.methodAt?.name}`,
      consequence: 'nginx refuses the configuration and does not start (or keeps the old one at a reload)',
      fix: 'remove backup, or use least_conn',
    });
  }
}

function* repeatsWrites({ files }: Situation): Generator<Report> {
  const directive = files.nginx?.settings.get('proxy_next_upstream');
  if (!directive?.args.includes('non_idempotent')) return;
  yield at(directive, {
    message: 'proxy_next_upstream with non_idempotent',
    consequence:
      'a POST that timed out on one node is sent to the next: the order is placed twice, in two copies of the session',
    fix: 'remove non_idempotent',
  });
}

/** What nginx does to the cluster. */
export const nginxRules: readonly Rule[] = [
  {
    id: 'address-hash-without-realip',
    severity: 'warning',
    about: 'ip_hash behind NAT or a proxy',
    check: addressWithoutRealip,
  },
  {
    id: 'worker-connections-few',
    severity: 'warning',
    about: 'worker_connections below what the nodes can serve',
    check: connectionsFew,
  },
  {
    id: 'worker-files-few',
    severity: 'warning',
    about: 'worker_rlimit_nofile below worker_connections',
    check: filesFew,
  },
  {
    id: 'upstream-without-zone',
    severity: 'warning',
    about: 'several workers without a shared zone',
    check: withoutZone,
  },
  { id: 'keepalive-http10', severity: 'warning', about: 'upstream keepalive over HTTP/1.0', check: keepaliveHttp10 },
  { id: 'hash-with-backup', severity: 'error', about: 'a backup server beside a hash', check: hashWithBackup },
  { id: 'retry-repeats-writes', severity: 'warning', about: 'POST repeated on another node', check: repeatsWrites },
];
