import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SearchData } from '../../dataset/dataset.js';
import type { EncodedSource } from '../../dataset/source.js';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { halvesOf, type Half } from './halves.js';

/** Images that are known by their files, `sizes[label]` of each class. */
function imagesOf(prefix: string, sizes: readonly number[]): EncodedSource {
  const labels = sizes.flatMap((size, label) => Array<number>(size).fill(label));
  return {
    classes: sizes.map((_, label) => `class ${label}`),
    labels: Int32Array.from(labels),
    encoded: (index) => ({ file: `${prefix} ${index}` }),
  };
}

const dataOf = (sizes: readonly number[]): SearchData => {
  const searchVal = imagesOf('held out', sizes);
  return { classes: searchVal.classes, train: imagesOf('train', [4, 4, 4]), searchVal };
};

function filesOf({ searchVal }: SearchData): string[] {
  assert.ok('encoded' in searchVal);
  return Array.from(searchVal.labels, (_, index) => searchVal.encoded(index).file);
}

describe('the halves of the held-out images', () => {
  const data = dataOf([10, 7, 2]);
  const halves = halvesOf(data, seeded(1));

  test('share no image, and together are all of them', () => {
    const [a, b] = (['A', 'B'] as const).map((half: Half) => filesOf(halves[half]));
    assert.deepEqual(
      a.filter((file) => b.includes(file)),
      [],
    );
    assert.deepEqual([...a, ...b].sort(), filesOf(data).sort());
  });

  test('have half of every class, to within an image, and the same training images', () => {
    for (const half of ['A', 'B'] as const) {
      const { searchVal, train } = halves[half];
      [5, 3.5, 1].forEach((expected, label) => {
        const count = searchVal.labels.filter((each) => each === label).length;
        assert.ok(Math.abs(count - expected) <= 1 && count >= 1, `${count} of class ${label}`);
      });
      assert.equal(train, data.train);
    }
  });

  test('follow from the seed', () => {
    assert.deepEqual(filesOf(halvesOf(data, seeded(1)).A), filesOf(halves.A));
    assert.notDeepEqual(filesOf(halvesOf(data, seeded(2)).A), filesOf(halves.A));
  });

  test('need two images of each class', () => {
    assert.throws(
      () => halvesOf(dataOf([5, 1, 5]), seeded(1)),
      (error: unknown) =>
        error instanceof UserError && /class "class 1" has only one held-out image/.test(error.message),
    );
  });
});
