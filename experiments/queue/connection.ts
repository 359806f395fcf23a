import { Redis } from 'ioredis';
import { InputError } from '../lib/input-error.ts';

/** How both sides reach Redis; a lost connection is tried again for ever. */
export function connectionTo(url: string): {
  url: string;
  maxRetriesPerRequest: null;
  retryStrategy: (times: number) => number;
} {
  return { url, maxRetriesPerRequest: null, retryStrategy: (times) => Math.min(1000, 50 * times) };
}

/** Makes sure that a Redis is there before anything waits for it. @throws InputError - nobody answers. */
export async function checkRedis(url: string): Promise<void> {
  const probe = new Redis(url, { lazyConnect: true, connectTimeout: 5000, retryStrategy: () => null });
  probe.on('error', () => {});
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    throw new InputError(`--redis ${url}: no Redis answers there (${(error as Error).message})`);
  } finally {
    probe.disconnect();
  }
}
