import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '../random/rng.js';
import { fitParts, type Observation } from './fit.js';

describe('latencies fitted to networks', () => {
  const truth = [1, 2, 5, 0.5];
  const trunk = 3;
  const network = (...parts: readonly number[]): Observation => ({
    parts: [...parts, trunk],
    milliseconds: [...parts, trunk].reduce((sum, part) => sum + truth[part], 0),
    weight: 1,
  });

  test('are the true ones where networks are sums of parts', () => {
    const rng = seeded('fit');
    const random = Array.from({ length: 40 }, () =>
      network(...Array.from({ length: 1 + rng.int(4) }, () => rng.int(3))),
    );
    fitParts(random, 4).forEach((value, part) => assert.ok(Math.abs(value - truth[part]) < 0.01, `${part}: ${value}`));
  });

  test('predict networks even where networks of one depth leave the split to the trunk open', () => {
    const equal = [0, 1, 2].map((part) => network(part, part, part));
    const fitted = fitParts(equal, 4);
    const { parts, milliseconds } = network(0, 1, 2);
    const predicted = parts.reduce((sum, part) => sum + fitted[part], 0);
    assert.ok(Math.abs(predicted / milliseconds - 1) < 0.01, `${predicted}`);
  });

  test('follow the heavier of two observations that disagree', () => {
    const [light, heavy] = [
      { parts: [0], milliseconds: 1, weight: 0.01 },
      { parts: [0], milliseconds: 2, weight: 1 },
    ];
    const [value] = fitParts([light, heavy], 1);
    assert.ok(value > 1.9 && value < 2, `${value}`);
  });
});
