import { BYTES_AT_A_TIME } from '../layout';

/** Replaces each of `length` bytes by the byte at its value in `table`. Up to 7 bytes after the result are overwritten. */
export function replaceBytes(source: usize, length: usize, table: usize, target: usize): void {
  for (let at: usize = 0; at < length; at += BYTES_AT_A_TIME) {
    const from = source + at;
    const to = target + at;
    store<u8>(to, load<u8>(table + load<u8>(from)));
    store<u8>(to, load<u8>(table + load<u8>(from, 1)), 1);
    store<u8>(to, load<u8>(table + load<u8>(from, 2)), 2);
    store<u8>(to, load<u8>(table + load<u8>(from, 3)), 3);
    store<u8>(to, load<u8>(table + load<u8>(from, 4)), 4);
    store<u8>(to, load<u8>(table + load<u8>(from, 5)), 5);
    store<u8>(to, load<u8>(table + load<u8>(from, 6)), 6);
    store<u8>(to, load<u8>(table + load<u8>(from, 7)), 7);
  }
}
