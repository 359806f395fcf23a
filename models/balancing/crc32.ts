/** Remainders of one byte under the reflected polynomial 0xEDB88320; never changed. */
const remainders = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  remainders[byte] = remainder;
}

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

/** Takes bytes into a running CRC-32. @param bytes - one character per byte, see `byteString`. */
export function crc32Update(state: number, bytes: string): number {
  let running = state;
  for (let index = 0; index < bytes.length; index++) running = crc32Byte(running, bytes.charCodeAt(index));
  return running;
}

/** Ends a running CRC-32. @returns the checksum as an unsigned 32-bit integer. */
export function crc32Finish(state: number): number {
  return (state ^ 0xffffffff) >>> 0;
}

/**
 * CRC-32 (IEEE 802.3, as in zlib): what nginx hashes a key with.
 *
 * @param bytes - one character per byte, see `byteString`.
 * @see source: nginx `src/core/ngx_crc32.h`; check value crc32("123456789") = 0xCBF43926.
 */
export function crc32(bytes: string): number {
  return crc32Finish(crc32Update(crc32Start, bytes));
}

/** The UTF-8 bytes of a text, one character (0 to 255) per byte; plain ASCII is returned as it is. */
export function byteString(text: string): string {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 127) return String.fromCharCode(...new TextEncoder().encode(text));
  }
  return text;
}
