import { importHttpd } from './from-httpd.ts';
import { importJk } from './from-jk.ts';
import { importNginx } from './from-nginx.ts';
import type { ScenarioBuilder } from './scenario-builder.ts';
import type { Situation } from './situation.ts';

/** The load balancer: nginx, else httpd, else mod_jk. */
export function importBalancer(builder: ScenarioBuilder, situation: Situation): void {
  const { nginx, httpd, jk, servers } = situation.files;
  if (nginx?.upstream) importNginx(builder, situation, nginx.upstream);
  else if (httpd?.balancer) importHttpd(builder, situation, httpd.balancer);
  else if (jk) importJk(builder, situation);
  if (servers.length === 0) return;
  const route = servers.find(({ jvmRoute }) => jvmRoute)?.jvmRoute;
  const text = route ? `Engine jvmRoute="${route.value}"` : 'no jvmRoute';
  const at = route ?? servers[0].engine ?? servers[0].root;
  builder.set('balancer.jvmRoute', route !== undefined, { file: at.file, line: at.line }, text);
  for (const server of servers) builder.mark(server.jvmRoute);
}
