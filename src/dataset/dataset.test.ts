import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { holdOut } from './dataset.js';
import type { Dataset, SearchData } from './dataset.js';
import { emptyStore, isStored } from './source.js';
import type { EncodedSource, ImageSource } from './source.js';
import { warmerDisc, WARMER_DISC } from './warmerDisc.js';

const encoded: EncodedSource = {
  classes: ['a', 'b'],
  labels: Int32Array.from({ length: 30 }, (_, index) => index % 2),
  encoded: (index) => ({ file: `${index}.png` }),
};

function files(source: ImageSource): string[] {
  assert.ok(!isStored(source));
  return Array.from(source.labels, (_, index) => source.encoded(index).file);
}

describe('holdOut', () => {
  test('splits the training images with their labels', () => {
    const { classes, train, searchVal } = holdOut(encoded, { fraction: 0.2, rng: seeded(1) });
    assert.deepEqual(classes, encoded.classes);
    assert.deepEqual([train.labels.length, searchVal.labels.length], [24, 6]);
    assert.deepEqual([...files(train), ...files(searchVal)].sort(), files(encoded).sort());
    for (const part of [train, searchVal]) {
      assert.deepEqual(part.classes, encoded.classes);
      files(part).forEach((file, index) => {
        assert.equal(part.labels[index], parseInt(file) % 2, `${file} keeps its label`);
      });
      assert.equal(part.labels.filter((label) => label === 0).length, part.labels.length / 2);
    }
  });

  test('gives the same parts for the same seed and others for another', () => {
    const parts = (seed: number): string[] => files(holdOut(encoded, { count: 8, rng: seeded(seed) }).searchVal);
    assert.deepEqual(parts(1), parts(1));
    assert.notDeepEqual(parts(1), parts(2));
  });

  test('shares the memory of decoded images', () => {
    const { train } = warmerDisc(seeded(1), { ...WARMER_DISC, trainImages: 20, testImages: 10 });
    const { train: rest, searchVal } = holdOut(train, { fraction: 0.5, rng: seeded(2) });
    assert.ok(isStored(train) && isStored(rest) && isStored(searchVal));
    assert.equal(rest.store, train.store);
    assert.equal(searchVal.store, train.store);
    assert.deepEqual(
      [...rest.rows, ...searchVal.rows].sort((a, b) => a - b),
      [...train.rows],
    );
    searchVal.rows.forEach((row, index) => {
      assert.equal(searchVal.labels[index], train.labels[row]);
    });
  });

  test('gives the same parts whether or not some images could not be decoded', () => {
    const unreadable = [3, 8, 20];
    const places = Int32Array.from(encoded.labels.keys()).filter((index) => !unreadable.includes(index));
    const labels = places.map((index) => encoded.labels[index]);
    const store = emptyStore(places.length, 8);
    const decoded = { classes: encoded.classes, labels, store, rows: Int32Array.from(labels.keys()) };
    const size = { fraction: 0.2, rng: seeded(1) };
    const before = { labels: encoded.labels, places };
    const [wanted, found] = [holdOut(encoded, size), holdOut({ ...decoded, before }, size)];
    for (const part of ['train', 'searchVal'] as const) {
      const source = found[part];
      assert.ok(isStored(source));
      const names = Array.from(source.rows, (row) => `${places[row]}.png`);
      assert.deepEqual(
        names,
        files(wanted[part]).filter((name) => !unreadable.includes(parseInt(name))),
      );
      assert.deepEqual(
        [...source.labels],
        names.map((name) => parseInt(name) % 2),
      );
    }
    const few = { labels: encoded.labels, places: Int32Array.of(0, 1) };
    const two = { ...decoded, labels: Int32Array.of(0, 1), rows: Int32Array.of(0, 1), before: few };
    assert.throws(() => {
      for (let seed = 0; seed < 50; seed++) holdOut(two, { fraction: 0.5, rng: seeded(seed) });
    }, /too few images of class "[ab]" can be read/);
  });

  test('refuses a class with a single image', () => {
    const lonely = { ...encoded, labels: Int32Array.of(0, 0, 1) };
    assert.throws(() => holdOut(lonely, { fraction: 0.5, rng: seeded(1) }), UserError);
  });
});

describe('SearchData', () => {
  test('has no test split, neither in its type nor in the value', () => {
    const data = holdOut(encoded, { fraction: 0.2, rng: seeded(1) });
    assert.deepEqual(Object.keys(data).sort(), ['classes', 'searchVal', 'train']);
    for (const part of [data.train, data.searchVal]) {
      assert.deepEqual(Object.keys(part).sort(), ['classes', 'encoded', 'labels']);
    }
    // @ts-expect-error: the type has no test split.
    assert.equal(data.test, undefined);
    // @ts-expect-error: a search does not accept a whole data set, which has a test split.
    const wide = (whole: Dataset): SearchData => whole;
    assert.equal(typeof wide, 'function');
  });
});
