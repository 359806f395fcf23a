// Operations per request against the tables that were read from the sources of the products, and against the measured
// cells of memcached-session-manager: counts exactly, bytes within 2 %.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modes, quietScenario } from '../../experiments/operations/modes.ts';
import { countOperations, type RequestKind, requestKinds } from '../../experiments/operations/probe.ts';
import { operationRows } from '../../experiments/operations.ts';
import { msmMode, msmOperations } from '../../experiments/validation/msm-operations.ts';
import { readMeasured } from '../../experiments/validation/read-measured.ts';

type Counts = Record<string, number>;

/** The counted operations of a mode, without the probes of health, which depend on the time. */
function counts(strategy: string, mode: string, kind: RequestKind, nodes?: readonly number[]): Counts {
  const found = modes.find((one) => one.strategy === strategy && one.mode === mode);
  if (!found) throw new Error(`no mode ${strategy} ${mode}`);
  const { perRequest } = countOperations(quietScenario(found), kind, 20, nodes);
  return Object.fromEntries([...perRequest].filter(([name]) => name !== 'ping').sort());
}

function holds(strategy: string, mode: string, table: Partial<Record<RequestKind, Counts>>): void {
  for (const kind of requestKinds) {
    const expected = table[kind];
    if (expected === undefined) continue;
    const sorted = Object.fromEntries(Object.entries(expected).sort());
    assert.equal(counts(strategy, mode, kind), sorted, `${strategy} ${mode}: ${kind}`);
  }
}

test('memcached-sticky: one SET per change, nothing for a read, in-place changes found', () => {
  for (const mode of ['sessionBackupAsync=true', 'sessionBackupAsync=false']) {
    holds('memcached-sticky', mode, {
      'read-only': {},
      write: { set: 1 },
      create: { set: 1 },
      'mutate-without-setAttribute': { set: 1 },
      'touch-only': {},
      'no-session': {},
    });
    assert.equal(counts('memcached-sticky', mode, 'read-only', [0, 1]), { delete: 1, get: 1, set: 1 });
  }
});

test('memcached-nonsticky: six operations, two more with a lock', () => {
  const changed = { get: 1, 'get validity': 1, set: 1, 'set validity': 1, 'set bak': 1, 'set bak validity': 1 };
  const read = {
    get: 1,
    'get validity': 1,
    'set validity': 1,
    'add ping': 1,
    'add bak ping': 1,
    'set bak validity': 1,
  };
  const created = { set: 1, 'set validity': 1, 'set bak': 1, 'set bak validity': 1 };
  const lock = { 'add lock': 1, 'delete lock': 1 };
  const table = (more: Counts, moreOnRead: Counts): Partial<Record<RequestKind, Counts>> => ({
    'read-only': { ...read, ...moreOnRead },
    write: { ...changed, ...more },
    create: created,
    'mutate-without-setAttribute': { ...changed, ...more },
    'touch-only': { ...read, ...moreOnRead },
    'no-session': { ...read, ...moreOnRead },
  });
  holds('memcached-nonsticky', 'none', table({}, {}));
  holds('memcached-nonsticky', 'all', table(lock, lock));
  holds('memcached-nonsticky', 'uriPattern', table(lock, lock));
  holds('memcached-nonsticky', 'auto', table(lock, {}));
});

test('redisson: ten commands and one per attribute, whether or not the application asks', () => {
  const base = { HMSET: 3, PEXPIRE: 5, HSET: 2 };
  const create = { HMSET: 1, PEXPIRE: 3, HSET: 3 };
  holds('redisson', 'REDIS DEFAULT', {
    'read-only': { ...base, HGET: 1 },
    write: { ...base, HGET: 1, HSET: 3 },
    create,
    'mutate-without-setAttribute': { ...base, HGET: 1 },
    'touch-only': base,
    'no-session': base,
  });
  holds('redisson', 'REDIS AFTER_REQUEST', {
    'read-only': { ...base, HGET: 1, HMSET: 4, PEXPIRE: 6 },
    write: { ...base, HGET: 1, HMSET: 4, PEXPIRE: 6 },
    create: { HMSET: 2, PEXPIRE: 4, HSET: 2 },
    'no-session': { ...base, HMSET: 4, PEXPIRE: 6 },
  });
  const memory = { HMSET: 1, PEXPIRE: 3, HSET: 2, PUBLISH: 3 };
  holds('redisson', 'MEMORY DEFAULT', {
    'read-only': memory,
    write: { ...memory, HSET: 3, PUBLISH: 4 },
    create: { HMSET: 1, PEXPIRE: 3, HSET: 3, PUBLISH: 4 },
    'mutate-without-setAttribute': memory,
    'touch-only': memory,
    'no-session': {},
  });
  holds('redisson', 'MEMORY AFTER_REQUEST', {
    'read-only': { HMSET: 2, PEXPIRE: 4, HSET: 2, PUBLISH: 4 },
    write: { HMSET: 2, PEXPIRE: 4, HSET: 2, PUBLISH: 4 },
  });
});

test('redis-manager: GET and EXPIRE, SET when it changed', () => {
  const read = { GET: 1, EXPIRE: 1 };
  const write = { GET: 1, SET: 1, EXPIRE: 1 };
  const create = { SETNX: 1, SET: 1, EXPIRE: 1 };
  holds('redis-manager', 'DEFAULT', {
    'read-only': read,
    write,
    create,
    'mutate-without-setAttribute': write,
    'touch-only': read,
    'no-session': {},
  });
  holds('redis-manager', 'ALWAYS_SAVE_AFTER_REQUEST', {
    'read-only': write,
    write,
    create,
    'mutate-without-setAttribute': write,
    'touch-only': write,
    'no-session': {},
  });
  holds('redis-manager', 'SAVE_ON_CHANGE', {
    'read-only': read,
    write: { GET: 1, SET: 1, EXPIRE: 2 },
    create: { SETNX: 1, SET: 1, EXPIRE: 2 },
    'mutate-without-setAttribute': write,
    'touch-only': read,
    'no-session': {},
  });
});

test('spring-session: four commands per request that touches the session, two for a new one', () => {
  const touched = { HGETALL: 1, EXISTS: 1, HSET: 1, PEXPIREAT: 1 };
  for (const saveMode of ['ON_SET_ATTRIBUTE', 'ON_GET_ATTRIBUTE', 'ALWAYS']) {
    holds('spring-session', `ON_SAVE ${saveMode}`, {
      'read-only': touched,
      write: touched,
      create: { HSET: 1, PEXPIREAT: 1 },
      'mutate-without-setAttribute': touched,
      'touch-only': touched,
      'no-session': {},
    });
    const early = { HGETALL: 2, EXISTS: 2, HSET: 1, PEXPIREAT: 1 };
    holds('spring-session', `ON_SAVE ${saveMode} committed early`, { 'read-only': early, write: early });
  }
  holds('spring-session', 'IMMEDIATE ON_SET_ATTRIBUTE', {
    'read-only': touched,
    write: { HGETALL: 1, HSET: 2, PEXPIREAT: 2, EXISTS: 1 },
    'no-session': {},
  });
});

test('terracotta: one transaction per change, lock, recall and fault at another node', () => {
  for (const synchronous of [false, true]) {
    for (const locking of [false, true]) {
      const mode = `synchronousWrite=${synchronous} sessionLocking=${locking}`;
      holds('terracotta', mode, {
        'read-only': {},
        write: { transaction: 1 },
        create: { transaction: 1 },
        'mutate-without-setAttribute': {},
        'touch-only': {},
        'no-session': {},
      });
      assert.equal(counts('terracotta', mode, 'read-only', [0, 1]), { fault: 1, lock: 1, recall: 1 });
    }
  }
});

test('the script prints every strategy, mode and kind of request', () => {
  const rows = operationRows(['none', 'redis-manager']);
  assert.is(new Set(rows.map(({ strategy, mode }) => `${strategy} ${mode}`)).size, 4);
  assert.equal(
    rows.filter(({ strategy }) => strategy === 'none').map(({ request, operation }) => [request, operation]),
    requestKinds.map((kind) => [kind, '']),
  );
});

test('memcached-session-manager as measured: every operation, bytes within 2 %', () => {
  for (const file of readMeasured(new URL('../../experiments/validation/measured', import.meta.url).pathname)) {
    if (!file.name.startsWith('msm-ops-')) continue;
    const checks = msmOperations.check(file);
    assert.ok(checks.length > 40, file.name);
    const missed = checks.filter(({ ok }) => !ok).map(({ quantity, configuration }) => [quantity, configuration]);
    assert.equal(missed, []);
  }
});

test('the name of a configuration of memcached-session-manager is its options', () => {
  assert.equal(msmMode('sticky_async').options, { sessionBackupAsync: true, failoverNodes: ['n1'] });
  assert.equal(msmMode('sticky_sync').options, { sessionBackupAsync: false, failoverNodes: ['n1'] });
  assert.equal(msmMode('nonsticky_none').options, { sessionBackupAsync: false, lockingMode: 'none' });
  assert.equal(msmMode('nonsticky_auto_async').options, { sessionBackupAsync: true, lockingMode: 'auto' });
  assert.is(msmMode('nonsticky_all_kryo').options.transcoderFactoryClass, 'kryo');
});

test.run();
