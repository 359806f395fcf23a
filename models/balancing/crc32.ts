/** Remainders of one byte under the reflected polynomial 0xEDB88320; never changed. */
const remainders = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  remainders[byte] = remainder;
}

const encoder = new TextEncoder();

/** State of a CRC-32 before its first byte. */
export const crc32Start = 0xffffffff;

/**
 * Takes one byte into a running CRC-32.
 *
 * @param state - `crc32Start` or what an earlier call returned.
 * @param byte - 0 to 255, both inclusive.
 */
export function crc32Byte(state: number, byte: number): number {
  return remainders[(state ^ byte) & 0xff] ^ (state >>> 8);
}

/** Takes the UTF-8 bytes of a text into a running CRC-32; plain ASCII allocates nothing. */
export function crc32Update(state: number, text: string): number {
  let running = state;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127) return crc32Bytes(state, encoder.encode(text));
    running = crc32Byte(running, code);
  }
  return running;
}

/** Takes a run of bytes into a running CRC-32. */
export function crc32Bytes(state: number, bytes: Uint8Array): number {
  let running = state;
  for (let index = 0; index < bytes.length; index++) running = crc32Byte(running, bytes[index]);
  return running;
}

/** Ends a running CRC-32. @returns the checksum as an unsigned 32-bit integer. */
export function crc32Finish(state: number): number {
  return (state ^ 0xffffffff) >>> 0;
}

/**
 * CRC-32 (IEEE 802.3, as in zlib) of the UTF-8 bytes of a text: what nginx hashes a key with.
 *
 * @see source: nginx `src/core/ngx_crc32.h`; check value crc32("123456789") = 0xCBF43926.
 */
export function crc32(text: string): number {
  return crc32Finish(crc32Update(crc32Start, text));
}
