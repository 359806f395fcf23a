import type { ScenarioBuilder, Source } from './scenario-builder.ts';
import { balancerRoutes, type Situation } from './situation.ts';
import { isPlaceholder } from './units.ts';

/** Stickiness works only where the routes of the balancer are those of the nodes. */
export function routesMatch({ files }: Situation): boolean {
  const known = files.servers.flatMap(({ jvmRoute }) => (jvmRoute ? [jvmRoute.value] : []));
  if (files.servers.length === 0 || known.some(isPlaceholder)) return true;
  return balancerRoutes(files).some(({ route }) => known.includes(route));
}

/** The method of a balancer with routes, and whether sessions stick. @returns whether they do. */
export function importSticky(
  builder: ScenarioBuilder,
  situation: Situation,
  { over, at, text }: { over: string; at: Source; text: string },
): boolean {
  const { stickiness } = situation;
  const place = stickiness.place ?? at;
  if (stickiness.kind === 'sticky' && routesMatch(situation)) {
    builder.set('balancer.type', 'sticky-route', { ...place }, stickiness.text);
    builder.set('balancer.over', over, at, text);
    return true;
  }
  builder.set('balancer.type', over, at, text);
  const why = stickiness.kind === 'sticky' ? 'its routes are not those of the nodes' : stickiness.text;
  builder.note({ file: place.file, line: place.line }, `stickiness is not in effect: ${why}`);
  return false;
}
