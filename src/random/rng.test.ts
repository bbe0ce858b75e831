import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seeded } from './rng.js';
import type { Rng } from './rng.js';

const DRAWS = 20_000;

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

function correlation(first: readonly number[], second: readonly number[]): number {
  const product = mean(first.map((value, index) => value * (second[index] ?? 0))) - mean(first) * mean(second);
  return product / Math.sqrt(variance(first) * variance(second));
}

/** Pearson's statistic of counts that should all be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = mean(counts);
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

const first = (rng: Rng): number[] => draw(8, () => rng.uniform());

describe('fork', () => {
  test('does not depend on what was drawn before, in whatever way', () => {
    const fresh = seeded(7);
    const used = seeded(7);
    used.normal();
    used.permutation(100);
    used.fork('other').uniform();
    assert.deepEqual(first(used.fork('epoch').fork(3)), first(fresh.fork('epoch').fork(3)));
  });

  test('draws nothing from the parent', () => {
    const forked = seeded(7);
    forked.fork('child');
    assert.deepEqual(first(forked), first(seeded(7)));
  });

  test('same names same numbers, other names other numbers', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer()), fc.oneof(fc.string(), fc.integer()), (one, other) => {
        fc.pre(one !== other);
        assert.deepEqual(first(seeded(1).fork(one)), first(seeded(1).fork(one)));
        assert.notDeepEqual(first(seeded(1).fork(one)), first(seeded(1).fork(other)));
      }),
    );
  });

  test('the order of names matters', () => {
    assert.notDeepEqual(first(seeded(1).fork('a').fork('b')), first(seeded(1).fork('b').fork('a')));
  });

  test('parent, child and sibling are uncorrelated', () => {
    const parent = seeded('family');
    const streams = [parent, parent.fork(0), parent.fork(1), parent.fork('0'), parent.fork(0).fork(0)];
    const values = streams.map((stream) => draw(DRAWS, () => stream.uniform()));
    for (const [index, one] of values.entries()) {
      for (const other of values.slice(index + 1)) near(correlation(one, other), 0, 5 / Math.sqrt(DRAWS));
    }
  });

  test('the first numbers of consecutive children are uniform and uncorrelated', () => {
    const values = Array.from({ length: DRAWS }, (_, index) => seeded(3).fork(index).uniform());
    const counts = new Array<number>(20).fill(0);
    for (const value of values) counts[Math.floor(value * 20)] = (counts[Math.floor(value * 20)] ?? 0) + 1;
    assert.ok(chiSquare(counts) < 50, `chi square ${chiSquare(counts)}`);
    near(correlation(values.slice(1), values.slice(0, -1)), 0, 5 / Math.sqrt(DRAWS));
  });
});

describe('distributions', () => {
  test('seeds stand for the numbers that they always stood for', () => {
    const rng = seeded(0);
    assert.deepEqual(
      [rng.int(1000), rng.int(1000), rng.int(1000), seeded('glit').int(2 ** 32)],
      [512, 959, 170, 2731334876],
    );
  });

  test('uniform', () => {
    const rng = seeded('uniform');
    const values = draw(DRAWS, () => rng.uniform());
    assert.ok(values.every((value) => value >= 0 && value < 1));
    near(mean(values), 1 / 2, 0.01);
    near(variance(values), 1 / 12, 0.003);
  });

  test('int is uniform and stays below its bound', () => {
    const rng = seeded('int');
    const counts = new Array<number>(7).fill(0);
    for (const value of draw(DRAWS, () => rng.int(7))) counts[value] = (counts[value] ?? 0) + 1;
    assert.equal(counts.length, 7);
    assert.ok(chiSquare(counts) < 25, `chi square ${chiSquare(counts)}`);
    assert.equal(rng.int(1), 0);
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 33]) assert.throws(() => rng.int(bound), RangeError);
  });

  test('int has no bias for a bound that divides 2^32 badly', () => {
    const rng = seeded('large');
    const bound = 3 * 2 ** 30;
    near(mean(draw(DRAWS, () => (rng.int(bound) < 2 ** 30 ? 1 : 0))), 1 / 3, 0.015);
  });

  test('normal', () => {
    const rng = seeded('normal');
    const values = draw(DRAWS, () => rng.normal());
    near(mean(values), 0, 0.03);
    near(variance(values), 1, 0.05);
    near(mean(values.map((value) => value ** 4)), 3, 0.25);
    near(mean(values.map((value) => (Math.abs(value) < 1.959964 ? 1 : 0))), 0.95, 0.007);
    near(correlation(values.slice(1), values.slice(0, -1)), 0, 0.035);
  });

  test('truncatedNormal cuts at an absolute bound', () => {
    const rng = seeded('truncated');
    near(Math.sqrt(variance(draw(DRAWS, () => rng.truncatedNormal(0.02)))), 0.02, 0.0006);
    // Standard normal cut to [-2, 2]: variance 1 - 2·2·φ(2) / (2Φ(2) - 1).
    const cut = draw(DRAWS, () => rng.truncatedNormal(1));
    assert.ok(cut.every((value) => Math.abs(value) <= 2));
    near(variance(cut), 0.7737, 0.02);
    // Much wider than its bound, it is almost uniform, and just as fast.
    const wide = draw(DRAWS, () => rng.truncatedNormal(1000, 2));
    assert.ok(wide.every((value) => Math.abs(value) <= 2));
    near(variance(wide), 4 / 3, 0.03);
    // std = 4, bound 4: the wide method; the variance is 16 · (1 - 2·φ(1) / (2Φ(1) - 1)).
    near(variance(draw(DRAWS, () => rng.truncatedNormal(4.0001, 4))), 16 * 0.29112, 0.12);
    assert.throws(() => rng.truncatedNormal(1, 0), RangeError);
    assert.throws(() => rng.truncatedNormal(-1), RangeError);
  });

  test('beta has the mean and the variance of its parameters', () => {
    for (const [a, b] of [
      [0.8, 0.8],
      [1, 1],
      [2, 5],
      [0.2, 3],
    ] as const) {
      const rng = seeded('beta').fork(`${a} ${b}`);
      const values = draw(DRAWS, () => rng.beta(a, b));
      near(mean(values), a / (a + b), 0.012);
      near(variance(values), (a * b) / ((a + b) ** 2 * (a + b + 1)), 0.004);
    }
    const tiny = seeded('tiny');
    assert.ok(draw(1000, () => tiny.beta(1e-5, 1e-5)).every((value) => value >= 0 && value <= 1));
    assert.throws(() => seeded(0).beta(0, 1), RangeError);
  });

  test('permutation holds every number once, and each place gets each number equally often', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer(), (size, seed) => {
        const sorted = seeded(seed).permutation(size).sort();
        assert.deepEqual([...sorted], [...Array(size).keys()]);
      }),
    );
    const orders = new Map<string, number>();
    for (let index = 0; index < 6000; index++) {
      const order = seeded('orders').fork(index).permutation(3).join();
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    assert.equal(orders.size, 6);
    assert.ok(chiSquare([...orders.values()]) < 25);
  });

  test('shuffle works in place on lists, pick takes one of them', () => {
    const list = ['a', 'b', 'c', 'd'];
    const shuffled = seeded(5).shuffle(list);
    assert.equal(shuffled, list);
    assert.deepEqual([...list].sort(), ['a', 'b', 'c', 'd']);
    assert.ok(list.includes(seeded(1).pick(list)));
    assert.throws(() => seeded(1).pick([]), RangeError);
  });
});
