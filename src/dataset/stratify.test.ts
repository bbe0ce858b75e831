import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import type { Labelled } from './source.js';
import { stratify } from './stratify.js';

/** Class sizes, and labels of that many images in a random order. */
const labelled = (least: number): fc.Arbitrary<Labelled & { readonly sizes: readonly number[] }> =>
  fc
    .tuple(fc.array(fc.integer({ min: least, max: 40 }), { minLength: 1, maxLength: 6 }), fc.integer())
    .map(([sizes, seed]) => {
      const ordered = sizes.flatMap((size, label) => Array.from({ length: size }, () => label));
      const labels = seeded(seed).shuffle(Int32Array.from(ordered));
      return { classes: sizes.map((_, label) => `class ${label}`), labels, sizes };
    });

const ofEachClass = ({ classes, labels }: Labelled, indices: Int32Array): number[] =>
  classes.map((_, label) => indices.filter((index) => labels[index] === label).length);

const fraction = fc.double({ min: 0.001, max: 0.999, noNaN: true });

describe('stratify', () => {
  test('puts every index in exactly one part, in rising order, and every class in both', () => {
    fc.assert(
      fc.property(labelled(2), fraction, fc.integer(), (set, share, seed) => {
        const { rest, part } = stratify(set, { fraction: share }, seeded(seed));
        for (const indices of [rest, part]) assert.deepEqual(indices, indices.slice().sort());
        assert.deepEqual(
          [...rest, ...part].sort((a, b) => a - b),
          [...set.labels.keys()],
        );
        for (const count of [...ofEachClass(set, rest), ...ofEachClass(set, part)]) assert.ok(count >= 1);
      }),
    );
  });

  test('keeps the share of every class to within one image where one image a side does not forbid it', () => {
    fc.assert(
      fc.property(labelled(10), fc.double({ min: 0.1, max: 0.9, noNaN: true }), fc.integer(), (set, share, seed) => {
        const { part } = stratify(set, { fraction: share }, seeded(seed));
        const exact = part.length / set.labels.length;
        ofEachClass(set, part).forEach((count, label) => {
          assert.ok(Math.abs(count - exact * set.sizes[label]) <= 1, `${count} of ${set.sizes[label]} at ${exact}`);
        });
      }),
    );
  });

  test('gives the requested number', () => {
    fc.assert(
      fc.property(labelled(2), fraction, fc.integer(), (set, share, seed) => {
        const [classCount, total] = [set.classes.length, set.labels.length];
        const count = Math.round(classCount + share * (total - 2 * classCount));
        assert.equal(stratify(set, { count }, seeded(seed)).part.length, count);
        const { part } = stratify(set, { fraction: share }, seeded(seed));
        const wanted = Math.round(share * total);
        assert.equal(part.length, Math.min(total - classCount, Math.max(classCount, wanted)));
      }),
    );
  });

  test('gives the same parts for the same stream, however much was drawn from it', () => {
    fc.assert(
      fc.property(labelled(2), fraction, fc.integer(), (set, share, seed) => {
        const used = seeded(seed);
        used.uniform();
        assert.deepEqual(stratify(set, { fraction: share }, used), stratify(set, { fraction: share }, seeded(seed)));
      }),
    );
  });

  test('draws: other seeds give other parts, and each image is as likely as the next', () => {
    const set = { classes: ['a', 'b'], labels: Int32Array.from({ length: 40 }, (_, index) => index % 2) };
    const drawn = new Array<number>(40).fill(0);
    for (let seed = 0; seed < 400; seed++) {
      for (const index of stratify(set, { fraction: 0.25 }, seeded(seed)).part) drawn[index]++;
    }
    // 400 draws at 1/4: 100 ± 8.7; five deviations either way.
    for (const times of drawn) assert.ok(Math.abs(times - 100) < 44, `an image was drawn ${times} times of 400`);
  });

  test('takes little time for very many classes', () => {
    const labels = Int32Array.from({ length: 900_000 }, (_, index) => index % 100_000);
    const set = { classes: Array.from({ length: 100_000 }, (_, label) => String(label)), labels };
    const began = performance.now();
    assert.equal(stratify(set, { fraction: 0.2 }, seeded(1)).part.length, 180_000);
    assert.ok(performance.now() - began < 20_000);
  });

  test('names a class that is too small, in one line', () => {
    const one = { classes: ['many', 'single'], labels: Int32Array.of(0, 0, 1) };
    const none = { classes: ['many', 'absent'], labels: Int32Array.of(0, 0) };
    const split = (set: Labelled) => () => stratify(set, { fraction: 0.5 }, seeded(1));
    assert.throws(
      split(one),
      new UserError('class "single" has only one image; splitting needs two or more: add images or remove the class'),
    );
    assert.throws(
      split(none),
      new UserError('class "absent" has no image; splitting needs two or more: add images or remove the class'),
    );
  });

  test('refuses sizes that cannot be met', () => {
    const set = { classes: ['a', 'b'], labels: Int32Array.of(0, 0, 0, 1, 1) };
    for (const count of [0, 1, 4, 5, -1, 2.5, NaN, Infinity]) {
      assert.throws(() => stratify(set, { count }, seeded(1)), UserError);
    }
    for (const share of [0, 1, -0.1, 1.5, NaN]) {
      assert.throws(() => stratify(set, { fraction: share }, seeded(1)), UserError);
    }
    assert.throws(() => stratify(set, { count: 4 }, seeded(1)), {
      message: 'cannot hold out 4 of 5 images in 2 classes: ask for 2 to 3, so that each class has one on both sides',
    });
  });
});
