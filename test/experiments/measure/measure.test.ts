// The measuring of a real cluster, as far as it needs none: captures, frames, requests, configuration, bad input.
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryIo } from '../../../experiments/lib/io.ts';
import { packetsIn } from '../../../experiments/measure/capture.ts';
import { framesIn, typeOf } from '../../../experiments/measure/frames.ts';
import { serverXml } from '../../../experiments/measure/tomcat-config.ts';
import { queryOf } from '../../../experiments/measure/traffic-cells.ts';
import { main } from '../../../experiments/measure-tomcat.ts';

/** A frame of Tribes with a message in it. */
function frame(message: Buffer): Buffer {
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const address = Buffer.alloc(77);
  const parts = [Buffer.alloc(12), number(16), Buffer.alloc(16), number(77), address, number(message.length), message];
  const data = Buffer.concat(parts);
  return Buffer.concat([Buffer.from('FLT2002'), number(data.length), data, Buffer.from('TLF2003')]);
}

interface Sent {
  from: number;
  to: number;
  fromPort: number;
  toPort: number;
  sequence: number;
  payload: Buffer;
}

/** A capture of TCP segments, one per millisecond. */
function capture(sent: readonly Sent[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4);
  const parts = sent.map(({ from, to, fromPort, toPort, sequence, payload }, at) => {
    const packet = Buffer.alloc(16 + 14 + 20 + 32);
    const length = 14 + 20 + 32 + payload.length;
    packet.writeUInt32LE(1, 0);
    packet.writeUInt32LE(at * 1000, 4);
    packet.writeUInt32LE(length, 8);
    packet.writeUInt32LE(length, 12);
    packet.writeUInt16BE(0x0800, 16 + 12);
    const ip = packet.subarray(30);
    ip[0] = 0x45;
    ip.writeUInt16BE(length - 14, 2);
    ip[9] = 6;
    ip.set([10, 77, 0, from + 1], 12);
    ip.set([10, 77, 0, to + 1], 16);
    ip.writeUInt16BE(fromPort, 20);
    ip.writeUInt16BE(toPort, 22);
    ip.writeUInt32BE(sequence, 24);
    ip[32] = 8 << 4;
    return Buffer.concat([packet, payload]);
  });
  return Buffer.concat([head, ...parts]);
}

/** The classes and fields of a session message up to its event type. */
function sessionMessage(type: number): Buffer {
  const fields = Buffer.from([0x78, 0x70, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, type]);
  return Buffer.concat([Buffer.from([0xac, 0xed]), Buffer.from('ha.session.SessionMessageImpl'), fields]);
}

test('frames are found in segments that come out of order, again, or with the end of one and the start of the next', () => {
  const [first, second] = [frame(sessionMessage(13)), frame(sessionMessage(1))];
  const all = Buffer.concat([first, second]);
  const cuts = [0, 50, first.length + 10, all.length];
  const segment = (at: number): Sent => ({
    ...{ from: 0, to: 1, fromPort: 50_000, toPort: 4000 },
    sequence: 1000 + cuts[at],
    payload: all.subarray(cuts[at], cuts[at + 1]),
  });
  const frames = framesIn(packetsIn(capture([segment(0), segment(2), segment(1), segment(1)])));
  assert.equal(
    frames.map(({ type, bytes, from, to, isAck }) => ({ type, bytes, from, to, isAck })),
    [
      { type: 'SESSION-DELTA', bytes: first.length, from: 0, to: 1, isAck: false },
      { type: 'SESSION-MODIFIED', bytes: second.length, from: 0, to: 1, isAck: false },
    ],
  );
});

test('a capture that ends in the middle of a packet gives the packets before it', () => {
  const sent = { from: 0, to: 1, fromPort: 4000, toPort: 50_000, sequence: 1, payload: Buffer.from('abc') };
  const file = capture([sent, { ...sent, sequence: 4 }]);
  assert.is(packetsIn(file).length, 2);
  const [packet] = packetsIn(file.subarray(0, file.length - 1));
  assert.is(packetsIn(file.subarray(0, file.length - 1)).length, 1);
  assert.is(packet.payload.toString(), 'abc');
  assert.is(packet.ethernetBytes, 69);
  assert.is(packet.from, 0);
  assert.is(packet.to, 1);
});

test('messages are named by their event type; the probe of a failure detector has none', () => {
  assert.is(typeOf(sessionMessage(15)), 'SESSION-ID-CHANGED');
  assert.is(typeOf(sessionMessage(99)), 'SESSION-UNKNOWN');
  const map = Buffer.concat([Buffer.from('MapMessage'), Buffer.from([0x78, 0x70, 0, 0, 0, 0, 5])]);
  assert.is(typeOf(Buffer.concat([Buffer.from([0xac, 0xed]), map])), 'MSG_STATE');
  assert.is(typeOf(Buffer.alloc(64)), 'PROBE');
});

test('a kind of request becomes the parameters of the servlet', () => {
  const queries = Object.entries({
    create: 'c',
    'create+1000': 'c&p=1000',
    counter: 'c',
    pay10000: 'p=10000',
    'counter+1000': 'c&p=1000',
    readonly: 'r',
    rr_readonly: 'r',
    mutate_noset: 'm',
    nosession_cookie: '',
    nosession_nocookie: '',
  });
  for (const [cell, query] of queries) assert.is(queryOf(cell), query, cell);
});

test('a node has its options, its address and, where it is asked for, its route', () => {
  const config = { manager: 'delta', sendOptions: 6, jvmRoute: true, frequencyMs: 400, dropTimeMs: 2500 } as const;
  const xml = serverXml(config, 1, '10.77.0.2');
  for (const part of ['channelSendOptions="6"', 'jvmRoute="n2"', 'frequency="400"', 'dropTime="2500"', 'DeltaManager'])
    assert.ok(xml.includes(part), part);
  const backup = serverXml({ ...config, manager: 'backup', jvmRoute: false }, 0, '10.77.0.1');
  for (const part of ['channelSendOptions="8"', 'mapSendOptions="6"']) assert.ok(backup.includes(part), part);
  assert.not(backup.includes('jvmRoute='));
});

test('the servlet has every parameter that is sent', () => {
  const source = readFileSync(new URL('../../../experiments/measure/StateServlet.java', import.meta.url), 'utf8');
  for (const name of ['c', 'p', 's', 'm']) assert.ok(source.includes(`getParameter("${name}")`), name);
});

test('bad input is one line, and nothing is started', async () => {
  const cases: [string[], RegExp][] = [
    [['--nodes', '1'], /--nodes 1: a whole number from 2 to 8/],
    [['--only', 'trafic'], /did you mean traffic/],
    [['--send-options', '99'], /--send-options 99/],
    [['--qick'], /did you mean --quick/],
  ];
  for (const [argv, expected] of cases) {
    const io = memoryIo();
    assert.is(await main(argv, io), 2);
    assert.match(io.stderr, expected);
    assert.is(io.stderr.trim().split('\n').length, 1);
  }
});

test.run();
