import { quoted } from '../lib/input-error.ts';
import { refuse } from './source.ts';
import { type JkWorker, nameList, type Property, type WorkersProperties } from './workers-properties.ts';

/** A load balancer worker of mod_jk and the workers it spreads requests over. */
export interface JkBalancer {
  readonly worker: JkWorker;
  readonly members: readonly JkWorker[];
}

/** A property under one of its spellings. */
export function jkProperty(worker: JkWorker, ...names: readonly string[]): Property | undefined {
  for (const name of names) {
    const found = worker.properties.get(name);
    if (found) return found;
  }
  return undefined;
}

/** mod_jk takes 1, on, true, yes (any case) for a switch that is on. */
export function jkIsOn(property: Property | undefined, otherwise: boolean): boolean {
  return property ? /^(1|on|o|true|t|yes|y)$/i.test(property.value) : otherwise;
}

/** The route a worker answers for: its `route`, `jvm_route`, or its name. */
export function jkRoute(worker: JkWorker): string {
  return jkProperty(worker, 'route', 'jvm_route', 'jvmRoute')?.value ?? worker.name;
}

/** The first load balancer of a workers.properties. */
export function jkBalancer(file: WorkersProperties): JkBalancer | undefined {
  const worker = [...file.workers.values()].find((one) => one.properties.get('type')?.value === 'lb');
  if (!worker) return undefined;
  const list = jkProperty(worker, 'balance_workers', 'balanced_workers');
  if (!list)
    throw refuse(worker, `${quoted(worker.name)} has no balance_workers; the names of its workers are expected`);
  const members = nameList(list.value).map((name) => {
    const member = file.workers.get(name);
    if (!member)
      throw refuse(
        list,
        `balance_workers names ${quoted(name)}, which has no properties; worker.${quoted(name)}.host is expected`,
      );
    return member;
  });
  return { worker, members };
}
