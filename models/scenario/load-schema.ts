import { z } from 'zod';
import { real, whole, word } from './fields.ts';

const assumed = 'assumed';

const network = z.strictObject({
  share: real(1, { text: 'weight of this network among the clients', min: 0, source: assumed }),
  kind: word(['internet', 'nat', 'mobile', 'subnet'], 'internet', {
    text: 'internet: an address of its own per client; nat: an office behind one address; mobile: a carrier with a few addresses; subnet: a campus in one /24',
    source: assumed,
  }),
  count: whole(1, {
    text: 'networks of this kind that part the share evenly; each draws its own address',
    min: 1,
    max: 100000,
    source: assumed,
  }),
  addresses: whole(8, { text: 'mobile only: addresses of one carrier', min: 1, max: 65536, source: assumed }),
});

/** How many requests come, and from where: `load` of a scenario. */
export const loadFields = z.strictObject({
  requestsPerSecond: real(400, {
    text: 'offered load of the cluster',
    unit: '1/s',
    min: 0.001,
    max: 1e7,
    source: assumed,
  }),
  profile: z
    .array(
      z.strictObject({
        atS: z.number().min(0).max(9e6).meta({ description: 'from this moment of the profile on [s]' }),
        factor: z.number().min(0).max(1000).meta({ description: 'the load is requestsPerSecond times this' }),
      }),
    )
    .max(10000)
    .default([])
    .meta({
      description: 'how the load changes over the day, in ascending order of atS; empty: constant',
      unit: '',
      source: assumed,
    }),
  profileStartS: real(0, {
    text: 'moment of the profile at which the run begins',
    unit: 's',
    max: 9e6,
    source: assumed,
  }),
  profilePeriodS: real(86400, {
    text: 'the profile repeats after this time',
    unit: 's',
    min: 0.001,
    max: 9e6,
    source: 'one day',
  }),
  clients: z
    .strictObject({
      networks: z
        .array(network)
        .min(1)
        .max(10000)
        .default([{ share: 1, kind: 'internet', count: 1, addresses: 8 }])
        .meta({
          description: 'where the clients are; their addresses are drawn, ip-hash and hash by address decide by them',
        }),
      writeMethod: word(['POST', 'GET'], 'POST', {
        text: 'method of the requests that change the session; all others are GET (which of them a balancer repeats)',
        source: assumed,
      }),
    })
    .prefault({}),
});
