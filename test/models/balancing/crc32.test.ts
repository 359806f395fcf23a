import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { byteString, crc32, crc32Byte, crc32Finish, crc32Start, crc32Update } from '../../../models/balancing/crc32.ts';

test('the check value of the catalogue and other published ones', () => {
  assert.is(crc32('123456789'), 0xcbf43926);
  assert.is(crc32(''), 0);
  assert.is(crc32('The quick brown fox jumps over the lazy dog'), 0x414fa339);
});

test('in parts as at once', () => {
  const parts = crc32Update(crc32Byte(crc32Update(crc32Start, '10.0.0.1'), 0), '8080');
  assert.is(crc32Finish(parts), 0xc24347c9);
});

test('text is hashed as UTF-8', () => {
  assert.is(byteString('plain'), 'plain');
  assert.is(byteString('ü€'), '\xc3\xbc\xe2\x82\xac');
  assert.is(crc32(byteString('ü')), 0x63d969d5);
});

test.run();
