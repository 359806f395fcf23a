import { z } from 'zod';
import { flag, real, whole, word } from './fields.ts';

const assumed = 'assumed';

/** The load balancer. */
export const balancerFields = z.strictObject({
  type: word(
    [
      'round-robin',
      'ip-hash',
      'hash',
      'consistent-hash',
      'least-conn',
      'random-two',
      'sticky-route',
      'by-requests',
      'by-traffic',
      'by-busyness',
      'jk-request',
      'jk-busyness',
      'jk-session',
      'jk-traffic',
    ],
    'sticky-route',
    { text: 'method of the load balancer', source: assumed },
  ),
  over: word(
    [
      'round-robin',
      'ip-hash',
      'hash',
      'consistent-hash',
      'least-conn',
      'random-two',
      'by-requests',
      'by-traffic',
      'by-busyness',
      'jk-request',
      'jk-busyness',
      'jk-session',
      'jk-traffic',
    ],
    'round-robin',
    {
      text: 'sticky-route only: who chooses when the route is unknown or dead',
      source: assumed,
    },
  ),
  key: word(['cookie', 'address'], 'cookie', {
    text: 'hash and consistent-hash only: JSESSIONID or client address',
    source: assumed,
  }),
  jvmRoute: flag(true, {
    text: 'nodes have a jvmRoute and JvmRouteBinderValve, session ids carry the route',
    source: 'Apache Tomcat cluster how-to',
  }),
  weights: z
    .array(z.number().int().min(1).max(1000))
    .max(1024)
    .default([])
    .meta({ description: 'weight per node; empty: all 1' }),
  serverNames: z.array(z.string().max(200)).max(1024).default([]).meta({
    description: 'host:port of each node as in the configuration (identity on the hash ring); empty: 10.0.0.N:8080',
  }),
  maxFails: whole(1, { text: 'failures that eject a server', max: 1e6, source: 'nginx 1.22 server max_fails' }),
  failTimeoutS: real(10, { text: 'ejection time', unit: 's', max: 1e6, source: 'nginx 1.22 server fail_timeout' }),
  connectTimeoutS: real(60, {
    text: 'connect to a silent server',
    unit: 's',
    min: 0.001,
    max: 1e6,
    source: 'nginx 1.22 proxy_connect_timeout',
  }),
  readTimeoutS: real(60, {
    text: 'wait for the response',
    unit: 's',
    min: 0.001,
    max: 1e6,
    source: 'nginx 1.22 proxy_read_timeout',
  }),
});
