// Sizes of messages against two measurements: the classes of Tomcat 10.1 serialised one by one, and frames captured
// between running nodes of Tomcat 10.1.60. Context `localhost#/app` (14 characters), map name of 18, IPv4.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ACK_BYTES,
  HEARTBEAT_BYTES,
  kindCode,
  messageKinds,
  SHUTDOWN_BYTES,
  sessionIdLength,
  TomcatSizes,
} from '../../models/messages.ts';

import { parseScenario } from '../../models/scenario/parse-scenario.ts';

fc.configureGlobal({ seed: 20_261_121 });

fc.configureGlobal({ seed: 20_261_121 });

interface Attribute {
  name: string;
  type: 'byte[]' | 'String' | 'Integer' | 'Long' | 'Boolean';
  bytes: number;
}

function sizes(attributes: Attribute[], tomcatVersion: '9.0' | '10.1' = '9.0', bytes = 0): TomcatSizes {
  return new TomcatSizes(parseScenario({ tomcatVersion, session: { attributes, bytes } }));
}

const one = (name: string, type: Attribute['type'], bytes: number): Attribute[] => [{ name, type, bytes }];
const plain = sizes(one('c', 'Integer', 0));

test('ids have 32 digits, and a dot and the name of the node where it has a route', () => {
  assert.is(sessionIdLength(0, false), 32);
  assert.is(sessionIdLength(0, true), 35);
  assert.is(sessionIdLength(8, true), 35);
  assert.is(sessionIdLength(9, true), 36);
  assert.is(sessionIdLength(1023, true), 38);
});

test('each kind has a code of its own, its place in the list', () => {
  assert.is(new Set(messageKinds).size, messageKinds.length);
  messageKinds.forEach((kind, place) => {
    assert.is(kindCode[kind], place);
  });
});

test('frames whose size hangs on nothing', () => {
  assert.is(HEARTBEAT_BYTES, 77);
  assert.is(SHUTDOWN_BYTES, 86);
  assert.is(ACK_BYTES, 21);
  assert.is(TomcatSizes.getAll, 484);
  assert.is(TomcatSizes.transferComplete, 519);
  assert.is(TomcatSizes.mapPing, 700);
});

test('session messages as the serialised classes have them, for ids of 32, 36 and 40 characters', () => {
  const measured = [
    { length: 32, created: 533, accessed: 533, expired: 531 },
    { length: 36, created: 541, accessed: 541, expired: 539 },
    { length: 40, created: 549, accessed: 549, expired: 547 },
  ];
  for (const { length, created, accessed, expired } of measured) {
    assert.is(plain.created(length), created);
    assert.is(plain.accessed(length), accessed);
    assert.is(plain.expired(length), expired);
  }
  assert.is(plain.idChanged(40), 619);
});

test('deltas of one attribute as the serialised classes have them, ids of 40 characters', () => {
  const measured: [Attribute[], number][] = [
    [one('counter', 'Integer', 0), 719],
    [one('l', 'Long', 0), 714],
    [one('s', 'String', 0), 639],
    [one('s', 'String', 100), 739],
    [one('s', 'String', 1000), 1639],
    [one('s', 'String', 10_000), 10_639],
    [one('b', 'byte[]', 0), 659],
    [one('b', 'byte[]', 100), 759],
    [one('b', 'byte[]', 1000), 1659],
    [one('b', 'byte[]', 10_000), 10_659],
  ];
  for (const [attributes, framed] of measured) {
    assert.is(sizes(attributes).writeDelta(40), framed, JSON.stringify(attributes));
  }
});

test('class descriptors once per delta, two bytes before each further action: three Integers', () => {
  const attributes = ['count1', 'count2', 'count3'].flatMap((name) => one(name, 'Integer', 0));
  const DELTA_OF_NOTHING = 571;
  assert.is(sizes(attributes).writeDelta(40) - DELTA_OF_NOTHING, 205);
});

test('the first request of a session: new, maxInactiveInterval, and an Integer that needs no descriptor any more', () => {
  const counter = sizes(one('counter', 'Integer', 0));
  assert.is(counter.createDelta(40, false), 802);
  assert.is(counter.createDelta(40, true), 832);
  assert.is(counter.readDelta(40), 571 + 121);
});

test('messages of the replicated map as the serialised classes have them', () => {
  assert.is(plain.proxy(40), 796);
  assert.is(plain.removed(40), 502);
  assert.is(plain.retrieve(40), 608);
});

test('frames captured on Tomcat 10.1.60: ids of 35 characters with a route, of 32 without', () => {
  const counter = sizes(one('c', 'Integer', 0), '10.1');
  assert.is(counter.created(35), 539);
  assert.is(counter.createDelta(35, true), 811);
  assert.is(counter.writeDelta(35), 768);
  assert.is(counter.readDelta(35), 677);
  assert.is(counter.idChanged(35), 604);
  assert.is(counter.created(35) - counter.created(32), 6);
  assert.is(counter.writeDelta(35) - counter.writeDelta(32), 9);
  assert.is(counter.backup(35, 0), 1370);
  assert.is(counter.proxy(35), 791);
  assert.is(counter.backupCreateDelta(35, true), 1050);
});

test('captured: byte[P] costs 714 + P in a delta, 953 + P to a backup, whatever P', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (bytes) => {
      const payload = sizes(one('p', 'byte[]', bytes), '10.1');
      assert.is(payload.writeDelta(35), 714 + bytes);
      assert.is(payload.backupDelta(35, true), 953 + bytes);
    }),
  );
});

test('Tomcat 9.0 records nothing for a read, 10.1 the new flag: 68 bytes and a separator more in each delta', () => {
  const attributes = one('p', 'byte[]', 100);
  assert.is(sizes(attributes, '10.1').writeDelta(35) - sizes(attributes, '9.0').writeDelta(35), 70);
  assert.is(sizes(attributes, '10.1').createDelta(35, true), sizes(attributes, '9.0').createDelta(35, true));
});

test('any attributes: the formula is the sum over actions, told by hand', () => {
  const kind = fc.constantFrom(
    'byte[]' as const,
    'String' as const,
    'Integer' as const,
    'Long' as const,
    'Boolean' as const,
  );
  const attribute = fc.record({
    name: fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'abcdefgh') }),
    type: kind,
    bytes: fc.integer({ min: 0, max: 5000 }),
  });
  const first = { Integer: 77, Long: 78, Boolean: 43 };
  fc.assert(
    fc.property(fc.array(attribute, { minLength: 1, maxLength: 6 }), (attributes) => {
      let actions = 0;
      attributes.forEach(({ name, type, bytes }, place) => {
        actions += 11 + name.length + (place > 0 ? 2 : 0);
        if (type === 'byte[]') actions += 23 + bytes;
        else if (type === 'String') actions += 3 + bytes;
        else actions += attributes.findIndex((other) => other.type === type) === place ? first[type] : 10;
      });
      assert.is(sizes(attributes).writeDelta(40), 571 + 53 + actions);
    }),
  );
});

test('the state of a joining node grows by the sessions and their bytes', () => {
  const state = sizes(one('c', 'Integer', 0), '10.1', 1080);
  assert.is(state.stateTransfer(101, 101, 40) - state.stateTransfer(1, 1, 40), 100 * (125 + 1080));
  assert.is(state.mapState(0, 0, 35), 619);
});

test('the state as captured between running nodes of 10.1.60', () => {
  const empty = sizes(one('c', 'Integer', 0), '10.1', 0);
  assert.is(empty.stateTransfer(0, 0, 32), 599);
  // 200 sessions of a counter and byte[1000], all made at the donor: 25 bytes of names and references each.
  const whole = sizes(one('c', 'Integer', 0), '10.1', 1025);
  const DESCRIPTORS_OF_ATTRIBUTES = 23;
  assert.is(whole.stateTransfer(200, 200, 32) + DESCRIPTORS_OF_ATTRIBUTES, 229_116);
  assert.is(whole.stateTransfer(200, 200, 35) + DESCRIPTORS_OF_ATTRIBUTES, 229_716);
  assert.is(empty.mapState(1000, 1000, 35), 176_181);
  assert.is(empty.mapState(10_000, 10_000, 35), 1_751_181);
  assert.is(empty.mapState(200, 0, 35), 18_096);
});

test.run();
