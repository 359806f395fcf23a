import type { Step, StoreOperation } from '../stores/store-batch.ts';

/** Factors of a serialiser on the size of the attributes and on the time to serialise them. */
interface Serialiser {
  readonly size: number;
  readonly time: number;
}

/**
 * Serialisers by name, relative to Java's.
 * @see source: memcached-session-manager serializer-benchmark/result/bench.ods, the smallest graph (16.9 kB in Java):
 * kryo 14,721 of 16,856 bytes, 0.55 to 1.4 of the time; javolution 32,096 bytes, 1.7 to 2.5 of the time. xstream is not in it:
 * size as javolution's (both XML, assumed), time from the project's throughput page (large sessions: 52 against 214 requests/s).
 */
export const serialisers: Readonly<Record<'java' | 'kryo' | 'javolution' | 'xstream', Serialiser>> = {
  java: { size: 1, time: 1 },
  kryo: { size: 0.87, time: 1 },
  javolution: { size: 1.9, time: 2.1 },
  xstream: { size: 1.9, time: 4.1 },
};

/** Fields of a stored session besides its id and attributes. @see source: memcached-session-manager TranscoderService. */
const VALUE_HEADER_BYTES = 52;
/** A record of validity: maxInactiveInterval and two times. Measured 20 bytes. */
export const VALIDITY_BYTES = 20;
/** Value of a probe by ADD, and of a lock (`locked`). */
const PROBE_BYTES = 1;
const LOCK_BYTES = 6;
/** Length of `validity:`, `bak:`, `lock:`. */
const VALIDITY_KEY = 9;
const BAK_KEY = 4;
const LOCK_KEY = 5;
/** Length of the flags and of a time to live in seconds, as memcached-session-manager writes them by default. */
const FLAGS = 1;
const TTL = 4;
const SHORT_TTL = 1;

function digits(value: number): number {
  return String(value).length;
}

/**
 * Bytes of the operations of memcached-session-manager in memcached's text protocol, request and answer.
 * @see source: memcached 1.6 doc/protocol.txt; sums equal the captured ones within 0.6 % (test/validation/operations.test.ts).
 */
export class MemcachedSizes {
  private readonly attributes: number;

  /** @param attributes - bytes of the serialised attributes. */
  constructor(attributes: number) {
    this.attributes = attributes;
  }

  /** A stored session whose id, with the memcached in it, has `key` characters. */
  value(key: number): number {
    return VALUE_HEADER_BYTES + key + this.attributes;
  }

  private store(name: StoreOperation, key: number, value: number, ttl: number, answer: number): Step {
    return [name, 4 + key + 1 + FLAGS + 1 + ttl + 1 + digits(value) + 2 + value + 2, answer];
  }

  private load(name: StoreOperation, key: number, value: number): Step {
    return [name, 6 + key, 6 + key + 1 + FLAGS + 1 + digits(value) + 2 + value + 2 + 5];
  }

  /** GET of a key that nobody ever sets: `ping-n1`. */
  ping(): Step {
    return ['ping', 6 + 7, 5];
  }

  get(key: number, isBak: boolean): Step {
    return this.load(isBak ? 'get bak' : 'get', key + (isBak ? BAK_KEY : 0), this.value(key));
  }

  getValidity(key: number, isBak: boolean): Step {
    const name = isBak ? 'get bak validity' : 'get validity';
    return this.load(name, key + VALIDITY_KEY + (isBak ? BAK_KEY : 0), VALIDITY_BYTES);
  }

  set(key: number, isBak: boolean): Step {
    return this.store(isBak ? 'set bak' : 'set', key + (isBak ? BAK_KEY : 0), this.value(key), TTL, 8);
  }

  setValidity(key: number, isBak: boolean): Step {
    const name = isBak ? 'set bak validity' : 'set validity';
    return this.store(name, key + VALIDITY_KEY + (isBak ? BAK_KEY : 0), VALIDITY_BYTES, TTL, 8);
  }

  /** ADD that fails as long as the session is there. */
  probe(key: number, isBak: boolean): Step {
    return this.store(isBak ? 'add bak ping' : 'add ping', key + (isBak ? BAK_KEY : 0), PROBE_BYTES, SHORT_TTL, 12);
  }

  addLock(key: number): Step {
    return this.store('add lock', key + LOCK_KEY, LOCK_BYTES, SHORT_TTL, 8);
  }

  deleteLock(key: number): Step {
    return ['delete lock', 9 + key + LOCK_KEY, 9];
  }

  delete(key: number): Step {
    return ['delete', 9 + key, 9];
  }
}
