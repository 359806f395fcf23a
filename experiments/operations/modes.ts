/** One way to run a strategy: its options, and what the scenario must have besides. */
export interface Mode {
  readonly strategy: string;
  /** Options that tell it from the strategy's other modes, in words. */
  readonly mode: string;
  readonly options: Readonly<Record<string, unknown>>;
}

function product(strategy: string, choices: Readonly<Record<string, readonly unknown[]>>): Mode[] {
  let modes: Mode[] = [{ strategy, mode: '', options: {} }];
  for (const [option, values] of Object.entries(choices)) {
    modes = modes.flatMap(({ mode, options }) =>
      values.map((value) => ({
        strategy,
        mode: `${mode}${mode === '' ? '' : ' '}${typeof value === 'boolean' ? `${option}=${value}` : value}`,
        options: { ...options, [option]: value },
      })),
    );
  }
  return modes;
}

/** Every mode whose operations are counted, strategies in alphabetical order. */
export const modes: readonly Mode[] = [
  ...product('all-to-all', { useDirtyFlag: [true, false] }),
  ...product('backup', {}),
  ...product('delta', {}),
  ...product('memcached-nonsticky', { lockingMode: ['none', 'all', 'auto', 'uriPattern'] }),
  ...product('memcached-sticky', { sessionBackupAsync: [true, false] }),
  ...product('none', {}),
  ...product('redis-manager', { sessionPersistPolicies: ['DEFAULT', 'SAVE_ON_CHANGE', 'ALWAYS_SAVE_AFTER_REQUEST'] }),
  ...product('redisson', { readMode: ['REDIS', 'MEMORY'], updateMode: ['DEFAULT', 'AFTER_REQUEST'] }),
  ...product('spring-session', {
    flushMode: ['ON_SAVE', 'IMMEDIATE'],
    saveMode: ['ON_SET_ATTRIBUTE', 'ON_GET_ATTRIBUTE', 'ALWAYS'],
    earlyCommitRatio: [0, 1],
  }).map((mode) => ({ ...mode, mode: mode.mode.replace(/ 0$/, '').replace(/ 1$/, ' committed early') })),
  ...product('terracotta', { synchronousWrite: [false, true], sessionLocking: [false, true] }),
];

/** A cluster without load in which one client's requests are counted. */
export function quietScenario({ strategy, options }: Mode, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    name: 'operations',
    nodes: 2,
    load: { requestsPerSecond: 0.001 },
    service: { cpuMsMean: 0.1, distribution: 'constant' },
    session: { requestsMean: 1_000_000, attributes: [{ name: 'c', type: 'Integer' }] },
    replication: { strategy, ...options },
    run: { warmUpS: 1e6 },
    ...more,
  };
}
