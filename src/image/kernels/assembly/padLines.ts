import { BORDER, VECTOR } from '../layout';

/**
 * Copies `lines` lines of `length` bytes and repeats the bytes at their ends {@link BORDER} times. Lines are copied in whole vectors,
 * so up to 15 bytes after each are read.
 */
export function padLines(
  source: usize,
  sourceLine: usize,
  lines: usize,
  length: usize,
  target: usize,
  targetLine: usize,
): void {
  for (let y: usize = 0; y < lines; y++) {
    const start = target + BORDER;
    for (let x: usize = 0; x < length; x += VECTOR) v128.store(start + x, v128.load(source + x));
    const end = start + length;
    store<u16>(target, twice(load<u8>(start)));
    store<u16>(end, twice(load<u8>(end - 1)));
    source += sourceLine;
    target += targetLine;
  }
}

/** Two bytes of the same value. */
function twice(byte: u16): u16 {
  return byte * 0x101;
}
