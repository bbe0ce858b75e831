import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from '../../../random/rng.js';
import type { Image } from '../../image.js';
import { FILL } from './movable.js';
import { rotate } from './rotate.js';
import { slide } from './slide.js';

// What the kernels compute, one value at a time.

function cubic([first, second, third, fourth]: readonly number[], fraction: number): number {
  const linear = third - first;
  const square = 2 * (first - second) + third - fourth;
  const cube = second - first + fourth - third;
  return second + fraction * (linear + fraction * (square + fraction * cube));
}

/** A tap along a line, from one pixel before `start`; beyond the ends the outermost pixels are repeated. */
const TAPS = [-1, 0, 1, 2] as const;
const within = (at: number, size: number): number => Math.max(0, Math.min(size - 1, at));
const toByte = (value: number): number => Math.trunc(Math.max(0, Math.min(255, value)));

function everyPixel({ size }: Image, value: (channel: number, y: number, x: number) => number): Image {
  const plane = size * size;
  const pixels = Uint8Array.from({ length: 3 * plane }, (_, at) =>
    value(Math.floor(at / plane), Math.floor(at / size) % size, at % size),
  );
  return { size, pixels };
}

function slowSlide(image: Image, lines: 'rows' | 'columns', shift: (line: number) => number): Image {
  const { size, pixels } = image;
  return everyPixel(image, (channel, y, x) => {
    const [line, place] = lines === 'rows' ? [y, x] : [x, y];
    const position = place + 0.5 + shift(line);
    if (position < 0 || position >= size) return FILL[channel];
    const start = Math.floor(position - 0.5);
    const taps = TAPS.map((tap) => {
      const from = within(start + tap, size);
      return pixels[channel * size * size + (lines === 'rows' ? line * size + from : from * size + line)];
    });
    return toByte(cubic(taps, position - 0.5 - start));
  });
}

function slowRotate(image: Image, degrees: number): Image {
  const { size, pixels } = image;
  const angle = -(((degrees % 360) + 360) % 360) * (Math.PI / 180);
  const cos = Number(Math.cos(angle).toFixed(15));
  const sin = Number(Math.sin(angle).toFixed(15));
  const centre = size / 2;
  const left = cos * -centre + sin * -centre + centre;
  const top = -sin * -centre + cos * -centre + centre;
  return everyPixel(image, (channel, y, x) => {
    const across = cos * (x + 0.5) + sin * (y + 0.5) + left;
    const down = -sin * (x + 0.5) + cos * (y + 0.5) + top;
    if (across < 0 || across >= size || down < 0 || down >= size) return FILL[channel];
    const column = Math.floor(across - 0.5);
    const row = Math.floor(down - 0.5);
    const rows = TAPS.map((tap) => {
      const from = (channel * size + within(row + tap, size)) * size;
      const taps = TAPS.map((next) => pixels[from + within(column + next, size)]);
      return cubic(taps, across - 0.5 - column);
    });
    return toByte(cubic(rows, down - 0.5 - row));
  });
}

/** Noise, in which no value follows from its neighbours; of `values` different values. */
const image = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.nat(), fc.constantFrom(2, 5, 256))
  .map(([size, seed, values]): Image => {
    const rng = seeded(seed);
    const step = 255 / (values - 1);
    return { size, pixels: Uint8Array.from({ length: 3 * size * size }, () => step * rng.int(values)) };
  });
/** Numbers about whole ones, where rounding decides which pixel is read, among others. */
const shift = fc.oneof(
  fc.double({ min: -60, max: 60, noNaN: true }),
  fc.constantFrom(0, 0.5, 1, -2, 1e-17, -1e-17, 1 - 2 ** -53, 7 + 2 ** -50, 1e6, -1e12),
);

describe('moving pixels, compared with one value at a time', () => {
  test('slides rows and columns to the last bit', () => {
    fc.assert(
      fc.property(image, fc.constantFrom('rows', 'columns'), shift, shift, (original, lines, by, slope) => {
        for (const each of [() => by, (line: number) => by + slope * (line + 0.5)]) {
          assert.deepEqual(slide(original, lines, each), slowSlide(original, lines, each));
        }
      }),
    );
  });

  test('rotates to the last bit', () => {
    const degrees = fc.oneof(fc.double({ min: -720, max: 720, noNaN: true }), fc.constantFrom(0, 45, 90, -180, 1e-12));
    fc.assert(
      fc.property(image, degrees, (original, by) => assert.deepEqual(rotate(original, by), slowRotate(original, by))),
    );
  });

  test('takes images of any size one after the other', () => {
    const rng = seeded(1);
    for (const size of [224, 3, 1500, 17, 224]) {
      const pixels = Uint8Array.from({ length: 3 * size * size }, () => rng.int(256));
      const whole = slide({ size, pixels }, 'rows', () => 0);
      assert.ok(Buffer.from(whole.pixels).equals(pixels), `${size}`);
    }
  });
});
