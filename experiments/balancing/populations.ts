/** Who the clients are, as a part of a scenario. */
export interface Population {
  readonly text: string;
  readonly networks: readonly Readonly<Record<string, unknown>>[];
  /** Whether session ids carry the route of their node and are renamed with it. */
  readonly jvmRoute: boolean;
}

const internet = { share: 1, kind: 'internet' };

/** The client populations of the sweep, by name. Half of the clients of each special one come from the Internet. */
export const populations: Readonly<Record<string, Population>> = {
  internet: { text: 'an address of its own per client', networks: [internet], jvmRoute: true },
  'no-route': { text: 'the same, session ids without a route', networks: [internet], jvmRoute: false },
  office: { text: 'half behind one NAT address', networks: [{ share: 1, kind: 'nat' }, internet], jvmRoute: true },
  mobile: {
    text: 'half at three carriers with 8 addresses each',
    networks: [{ share: 1, kind: 'mobile', count: 3, addresses: 8 }, internet],
    jvmRoute: true,
  },
  campus: { text: 'half in one /24', networks: [{ share: 1, kind: 'subnet' }, internet], jvmRoute: true },
};

export const populationNames: readonly string[] = Object.keys(populations).sort();

/** Name of the population of a scenario that says itself where its clients are. */
export const ownPopulation = 'scenario';
