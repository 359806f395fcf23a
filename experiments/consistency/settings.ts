/** How clients come back, and how the cluster sends. */
export interface ConsistencySetting {
  /** From a response to the next request of the session [s], constant. */
  readonly thinkS: number;
  /** channelSendOptions, and mapSendOptions of a BackupManager. */
  readonly sendOptions: number;
  /** Whether session ids carry a route and are renamed when a request lands elsewhere (JvmRouteBinderValve). */
  readonly renaming: 'yes' | 'no';
  /** Share of the requests sent without waiting for the response to the one before. */
  readonly concurrentRatio: number;
}

/** Name of a setting in the tables. */
export function settingName({ thinkS, sendOptions, renaming, concurrentRatio }: ConsistencySetting): string {
  return `t${thinkS}-o${sendOptions}-r${renaming}-c${concurrentRatio}`;
}

/** The setting of a name. */
export function settingOf(name: string): ConsistencySetting {
  const [, think, options, renaming, concurrent] = /^t([\d.e-]+)-o(\d+)-r(yes|no)-c([\d.e-]+)$/.exec(name)!;
  return {
    thinkS: Number(think),
    sendOptions: Number(options),
    renaming: renaming as 'yes' | 'no',
    concurrentRatio: Number(concurrent),
  };
}

/** What a setting states in a scenario. */
export function settingLayer({
  thinkS,
  sendOptions,
  renaming,
  concurrentRatio,
}: ConsistencySetting): Record<string, unknown> {
  return {
    session: { thinkTimeSMean: thinkS, thinkTimeDistribution: 'constant', concurrentRatio },
    channel: { sendOptions },
    balancer: { jvmRoute: renaming === 'yes' },
  };
}
