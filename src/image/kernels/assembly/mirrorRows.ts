import { VECTOR } from '../layout';

/**
 * Mirrors `rows` rows of `size` bytes. Up to 15 bytes before the first are read, and as many after the last are overwritten.
 */
export function mirrorRows(source: usize, size: usize, rows: usize, target: usize): void {
  for (let y: usize = 0; y < rows; y++) {
    let from = source + size;
    let to = target;
    while (from > source) {
      from -= VECTOR;
      v128.store(to, reversed(v128.load(from)));
      to += VECTOR;
    }
    source += size;
    target += size;
  }
}

function reversed(bytes: v128): v128 {
  return i8x16.swizzle(bytes, i8x16(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}
