import type { Setting, SettingsFile } from './settings-file.ts';
import type { Place } from './source.ts';

/** What the settings of a Spring Boot application come to. */
export interface SpringFacts extends Place {
  /** Settings in force by their canonical name; of two the later one, and a file of properties before one of YAML. */
  readonly settings: ReadonlyMap<string, Setting>;
  /** Settings of parts that only a profile switches on, with its name. */
  readonly ofProfiles: readonly (Setting & { readonly profile: string })[];
  /** Where Spring Session keeps sessions; undefined: no setting speaks of it. */
  readonly store: SpringStore | undefined;
}

/** Where Spring Session keeps the sessions, and the setting that says so. */
export interface SpringStore {
  readonly kind: 'redis' | 'none' | 'other';
  readonly at: Setting;
  readonly why: string;
}

/** Spring's relaxed names: neither case nor dashes count. @see source: Spring Boot reference, relaxed binding. */
export function canonical(key: string): string {
  return key
    .toLowerCase()
    .replaceAll('-', '')
    .replace(/\[(\d+)\]/g, '.$1');
}

const profileKeys: ReadonlySet<string> = new Set(['spring.config.activate.onprofile', 'spring.profiles']);

/** Spring Boot 4 has moved these settings one level down. */
const redisSession = /^spring\.session\.(data\.)?redis\./;
const redisAddress = /^spring\.(data\.)?redis\./;

function storeOf(settings: ReadonlyMap<string, Setting>): SpringStore | undefined {
  const saidBy = (pattern: RegExp): Setting | undefined => [...settings].find(([name]) => pattern.test(name))?.[1];
  const text = ({ key, value }: Setting): string => `${key}=${value}`;
  const type = settings.get('spring.session.storetype');
  if (type) {
    const value = type.value.toLowerCase();
    return { kind: value === 'redis' || value === 'none' ? value : 'other', at: type, why: text(type) };
  }
  const redis = saidBy(redisSession);
  if (redis) return { kind: 'redis', at: redis, why: `Spring Session in Redis, by ${redis.key}` };
  const other = saidBy(/^spring\.session\.((data\.)?mongodb|jdbc|hazelcast)\./);
  if (other) return { kind: 'other', at: other, why: text(other) };
  const session = saidBy(/^spring\.session\./);
  if (session && saidBy(redisAddress)) {
    return { kind: 'redis', at: session, why: `${session.key}, and Redis is the only store with an address` };
  }
  return undefined;
}

/** The facts of an application's files of settings. */
export function springFacts(files: readonly SettingsFile[]): SpringFacts {
  const settings = new Map<string, Setting>();
  const ofProfiles: (Setting & { profile: string })[] = [];
  const weakFirst = [...files].sort(
    (a, b) => Number(/\.properties$/i.test(a.file)) - Number(/\.properties$/i.test(b.file)),
  );
  for (const file of weakFirst) {
    const profiles = new Map(
      file.settings.flatMap(({ key, value, part }) =>
        profileKeys.has(canonical(key)) ? [[part, value] as const] : [],
      ),
    );
    for (const setting of file.settings) {
      const profile = profiles.get(setting.part);
      if (profile !== undefined) ofProfiles.push({ ...setting, profile });
      else settings.set(canonical(setting.key), setting);
    }
  }
  const [{ file, line }] = files;
  return { file, line, settings, ofProfiles, store: storeOf(settings) };
}
