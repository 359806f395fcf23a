/** One setting of the form: a key of the scenario. */
export interface Field {
  readonly path: string;
  readonly label: string;
  /** A sentence for who does not know the word. */
  readonly about: string;
  readonly unit?: string;
  readonly number?: { readonly min: number; readonly max: number; readonly step: number | 'any' };
  readonly options?: readonly { readonly value: string; readonly text: string }[];
}

/** The settings in their order; strategies and balancers stand before them. */
export const numberFields: readonly Field[] = [
  {
    path: 'nodes',
    label: 'Nodes',
    about: 'Tomcats in the cluster; the page draws up to 64.',
    number: { min: 1, max: 64, step: 1 },
  },
  {
    path: 'load.requestsPerSecond',
    label: 'Load',
    unit: 'requests/s',
    about: 'Requests of all users together.',
    number: { min: 1, max: 20000, step: 'any' },
  },
  {
    path: 'session.thinkTimeSMean',
    label: 'Think time',
    unit: 's',
    about: 'Mean time from an answer to the next request of the same user.',
    number: { min: 0, max: 1000, step: 'any' },
  },
  {
    path: 'session.writeRatio',
    label: 'Writes',
    unit: '0 to 1',
    about: 'Share of requests that change the session.',
    number: { min: 0, max: 1, step: 'any' },
  },
  {
    path: 'session.bytes',
    label: 'Session size',
    unit: 'bytes',
    about: 'Serialised size of a whole session.',
    number: { min: 0, max: 1e7, step: 1 },
  },
  {
    path: 'session.deltaBytes',
    label: 'Delta size',
    unit: 'bytes',
    about: 'Size of the attribute that a write sets.',
    number: { min: 0, max: 1e7, step: 1 },
  },
  {
    path: 'membership.mcastFrequencyMs',
    label: 'Heartbeat every',
    unit: 'ms',
    about: 'frequency of McastService: how often a node says that it lives.',
    number: { min: 1, max: 60000, step: 'any' },
  },
  {
    path: 'membership.memberDropTimeMs',
    label: 'Dropped after',
    unit: 'ms',
    about: 'dropTime of McastService: silence after which a member is suspected.',
    number: { min: 1, max: 600000, step: 'any' },
  },
  {
    path: 'channel.sendOptions',
    label: 'Sending',
    about: 'channelSendOptions: whether a request waits until the other nodes have its changes.',
    options: [
      { value: '8', text: 'asynchronous (8)' },
      { value: '6', text: 'acknowledged (6)' },
      { value: '4', text: 'synchronised (4)' },
      { value: '2', text: 'received (2)' },
    ],
  },
  {
    path: 'run.durationS',
    label: 'Length',
    unit: 's',
    about: 'Simulated time that is measured.',
    number: { min: 1, max: 3500, step: 'any' },
  },
  {
    path: 'run.seed',
    label: 'Seed',
    about: 'Another seed, other chances; the same seed, the same run to the last digit.',
    number: { min: 0, max: 2 ** 31, step: 1 },
  },
];
