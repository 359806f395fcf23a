import { z } from 'zod';
import { whole } from './fields.ts';

const assumed = 'assumed';

/** The servers that keep sessions outside the Tomcats. */
export const storesFields = z.strictObject({
  memcached: z
    .strictObject({
      servers: whole(2, { text: 'memcached servers n1..nK', min: 1, max: 1024, source: assumed }),
      threads: whole(4, { text: 'worker threads of one memcached', min: 1, max: 256, source: 'memcached 1.6 -t' }),
    })
    .prefault({}),
});
