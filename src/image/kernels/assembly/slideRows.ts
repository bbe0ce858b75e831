import { cubicOfBytes } from './cubic';
import { PAIR, storePair, within } from './pair';

/**
 * Moves the rows of three planes of `size` × `size` bytes along themselves: what is at x afterwards was at x + `shifts`[row] before.
 * `source` is the place of the first row's pixel −1, in lines as `padLines` makes them. `shifts` holds a double for each row, `fills` one
 * for each channel, which comes in from outside. Up to a byte after each row of the result is overwritten.
 */
export function slideRows(
  source: usize,
  sourceLine: usize,
  sourcePlane: usize,
  size: usize,
  shifts: usize,
  fills: usize,
  target: usize,
  targetLine: usize,
  targetPlane: usize,
): void {
  const side = f64x2.splat(f64(size));
  const red = v128.load64_splat(fills);
  const green = v128.load64_splat(fills, 8);
  const blue = v128.load64_splat(fills, 16);
  for (let y: usize = 0; y < size; y++) {
    const shift = v128.load64_splat(shifts);
    let centre = f64x2(0.5, 1.5);
    for (let x: usize = 0; x < size; x += PAIR) {
      const position = f64x2.add(centre, shift);
      const inside = within(position, side);
      const place = f64x2.sub(position, f64x2.splat(0.5));
      const column = f64x2.floor(place);
      const fraction = f64x2.sub(place, column);
      const starts = i32x4.trunc_sat_f64x2_s_zero(v128.and(column, inside));
      const a = source + i32x4.extract_lane(starts, 0);
      const b = source + i32x4.extract_lane(starts, 1);
      const to = target + x;
      storePair(to, cubicOfBytes(a, b, fraction), inside, red);
      storePair(to + targetPlane, cubicOfBytes(a + sourcePlane, b + sourcePlane, fraction), inside, green);
      storePair(to + 2 * targetPlane, cubicOfBytes(a + 2 * sourcePlane, b + 2 * sourcePlane, fraction), inside, blue);
      centre = f64x2.add(centre, f64x2.splat(PAIR));
    }
    shifts += 8;
    source += sourceLine;
    target += targetLine;
  }
}
