import { COUNTS } from '../layout';

/** From the counts of one value to those of the next. */
const STEP = 4 * COUNTS;

/**
 * Adds to `counts`, 32-bit numbers [256, {@link COUNTS}], how often each value occurs among `length` bytes, a multiple of
 * {@link COUNTS}. The sums over the second axis are the histogram.
 */
export function countBytes(source: usize, length: usize, counts: usize): void {
  for (let at: usize = 0; at < length; at += COUNTS) {
    const from = source + at;
    let place = counts + STEP * load<u8>(from);
    store<u32>(place, load<u32>(place) + 1);
    place = counts + STEP * load<u8>(from, 1);
    store<u32>(place, load<u32>(place, 4) + 1, 4);
    place = counts + STEP * load<u8>(from, 2);
    store<u32>(place, load<u32>(place, 8) + 1, 8);
    place = counts + STEP * load<u8>(from, 3);
    store<u32>(place, load<u32>(place, 12) + 1, 12);
  }
}
