import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { checkMixing, cutMix, drawMix, fillMixed, type Mix, type Mixing } from './mixing.js';

/** DeiT's. */
const MIXING: Mixing = { mixup: 0.8, cutmix: 1, probability: 1, switchProbability: 0.5 };
const DRAWS = 4000;

function draws(mixing: Mixing, size = 32) {
  const rng = seeded('mixing');
  return Array.from({ length: DRAWS }, (_, at) => drawMix(mixing, size, rng.fork(at)));
}

/** Whether a count of `DRAWS` draws agrees with a probability, to five standard deviations. */
function agrees(count: number, probability: number): boolean {
  return Math.abs(count - DRAWS * probability) <= 5 * Math.sqrt(DRAWS * probability * (1 - probability)) + 1e-9;
}

describe('what is drawn for a batch', () => {
  test('is mixup or CutMix with the given shares', () => {
    for (const [probability, switchProbability] of [
      [1, 0.5],
      [0.3, 0.8],
      [1, 1],
      [1, 0],
      [0, 0.5],
    ]) {
      const drawn = draws({ ...MIXING, probability, switchProbability });
      const mixups = drawn.filter((mix) => mix !== undefined && mix.box === undefined).length;
      assert.ok(agrees(mixups, probability * (1 - switchProbability)), `${mixups} mixups`);
      // A λ next to 1 cuts nothing out of an image of 32 × 32: below 2² pixels, one batch in 256.
      const cuts = drawn.filter((mix) => mix?.box !== undefined).length;
      assert.ok(agrees(cuts, probability * switchProbability * (1 - 1 / 256)), `${cuts} CutMixes`);
    }
  });

  test('is the one of the two that is switched on, or nothing', () => {
    assert.ok(draws({ ...MIXING, mixup: 0 }).every((mix) => mix === undefined || mix.box !== undefined));
    assert.ok(draws({ ...MIXING, cutmix: 0 }).every((mix) => mix !== undefined && mix.box === undefined));
    assert.ok(draws({ ...MIXING, mixup: 0, cutmix: 0 }).every((mix) => mix === undefined));
  });

  test('is a function of the stream alone', () => {
    assert.deepEqual(draws(MIXING), draws(MIXING));
  });
});

describe('the box of CutMix', () => {
  test('lies in the image, and λ is the share outside of it', () => {
    const side = fc.integer({ min: 1, max: 64 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        fc.nat(),
        (height, width, drawn, y, x) => {
          const { lambda, box } = cutMix({ height, width }, drawn, { row: y % height, column: x % width });
          assert.ok(0 <= box.top && box.top <= box.bottom && box.bottom <= height);
          assert.ok(0 <= box.left && box.left <= box.right && box.right <= width);
          let inside = 0;
          for (let row = box.top; row < box.bottom; row++) inside += box.right - box.left;
          assert.ok(Math.abs(lambda - (1 - inside / (height * width))) < 1e-12);
          assert.ok(lambda >= drawn - 1e-12, 'cutting off and rounding down only make the box smaller');
        },
      ),
    );
  });
});

/** The images [count, 3, size, size], mixed. */
function mixed(images: Float32Array, size: number, mix: Mix | undefined): Float32Array {
  const length = 3 * size * size;
  const filled = new Float32Array(images.length);
  fillMixed(filled, size, mix, (place, { values }) => {
    values.set(images.subarray(place * length, (place + 1) * length));
  });
  return filled;
}

describe('a mixed batch', () => {
  const batchOf = (count: number, size: number): Float32Array =>
    Float32Array.from({ length: count * 3 * size * size }, (_, at) => (at * 37) % 256);

  test('of mixup is λ of each image and 1 − λ of its partner', () => {
    const before = batchOf(4, 2);
    const after = mixed(before, 2, { lambda: 0.25 });
    after.forEach((value, at) => {
      const [image, offset] = [Math.floor(at / 12), at % 12];
      assert.equal(value, 0.25 * before[at] + 0.75 * before[(3 - image) * 12 + offset]);
    });
  });

  test('of CutMix has the box of the partner and all else its own', () => {
    const before = batchOf(4, 4);
    const after = mixed(before, 4, { lambda: 0.75, box: { top: 1, bottom: 3, left: 2, right: 4 } });
    after.forEach((value, at) => {
      const [image, offset] = [Math.floor(at / 48), at % 48];
      const [row, column] = [Math.floor((offset % 16) / 4), offset % 4];
      const inside = row >= 1 && row < 3 && column >= 2;
      assert.equal(value, inside ? before[(3 - image) * 48 + offset] : before[at]);
    });
  });

  test('mixed back is the first one, for CutMix, also with an odd number of images', () => {
    for (const count of [1, 2, 5]) {
      const before = batchOf(count, 4);
      const mix = { lambda: 0.75, box: { top: 0, bottom: 2, left: 1, right: 3 } };
      assert.deepEqual(mixed(mixed(before, 4, mix), 4, mix), before);
    }
  });

  test('is what was put where it is not mixed, and has bytes as their numbers', () => {
    const size = 5;
    const length = 3 * size * size;
    const bytes = Uint8Array.from({ length: 3 * length }, (_, at) => (at * 7) % 256);
    const filled = new Float32Array(bytes.length);
    fillMixed(filled, size, undefined, (place, image) => {
      image.setBytes(bytes.subarray(place * length, (place + 1) * length));
    });
    assert.deepEqual(filled, Float32Array.from(bytes));
  });

  test('of an odd number of images leaves the middle one as it is', () => {
    const before = batchOf(3, 2);
    const after = mixed(before, 2, { lambda: 0.25 });
    assert.deepEqual(after.subarray(12, 24), before.subarray(12, 24));
    assert.notDeepEqual(after, before);
  });
});

test('parameters that make no sense are refused by name', () => {
  checkMixing(MIXING);
  for (const [name, value] of [
    ['mixup', -1],
    ['mixup', NaN],
    ['cutmix', Infinity],
    ['probability', 1.5],
    ['switchProbability', -0.1],
  ] as const) {
    assert.throws(
      () => {
        checkMixing({ ...MIXING, [name]: value });
      },
      (error) => error instanceof UserError && error.message.includes(name) && error.message.includes(String(value)),
    );
  }
});
