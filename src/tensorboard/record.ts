/**
 * A record of TensorFlow's TFRecord format: the length (64 bits), its checksum, the data, their checksum, all
 * little-endian. Source: TensorFlow, `tensorflow/core/lib/io/record_writer`.
 */
export function record(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return bytes;
}

/** CRC-32C, rotated and shifted, so that the checksum of data that contain checksums is still a good one. */
function maskedChecksum(data: Uint8Array): number {
  const checksum = crc32c(data);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** Remainders of every byte by Castagnoli's polynomial, bits reversed. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  return remainder;
});

/** The CRC-32C of data (RFC 3720). No well-kept library with types has this polynomial. */
export function crc32c(data: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of data) remainder = TABLE[(remainder ^ byte) & 0xff] ^ (remainder >>> 8);
  return (remainder ^ 0xffffffff) >>> 0;
}
