import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Sfc32 } from './sfc32.js';
import { fillNormal } from './ziggurat.js';

const COUNT = 1_000_000;
const numbers = new Float32Array(COUNT);
fillNormal(numbers, new Sfc32([1, 2, 3, 4]));

/** Of the standard normal distribution: the share below x, to 1e-7, by Simpson's rule. */
function shareBelow(x: number): number {
  const steps = 1000;
  const density = (at: number): number => Math.exp(-0.5 * at * at) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(x);
  for (let step = 1; step < steps; step++) sum += (step % 2 === 1 ? 4 : 2) * density((x * step) / steps);
  return 0.5 + (sum * x) / (3 * steps);
}

describe('fillNormal', () => {
  test('has the moments of the standard normal distribution', () => {
    const mean = (power: number): number => numbers.reduce((sum, x) => sum + x ** power, 0) / COUNT;
    // Five standard errors: the variance of the mean of x^k is (E x^2k − (E x^k)²) / COUNT.
    assert.ok(Math.abs(mean(1)) < 5 * Math.sqrt(1 / COUNT));
    assert.ok(Math.abs(mean(2) - 1) < 5 * Math.sqrt(2 / COUNT));
    assert.ok(Math.abs(mean(3)) < 5 * Math.sqrt(15 / COUNT));
    assert.ok(Math.abs(mean(4) - 3) < 5 * Math.sqrt(96 / COUNT));
  });

  test('has its shares everywhere, in the layers, at their edges and in both tails', () => {
    const sorted = numbers.slice().sort();
    let at = 0;
    for (let x = -4.5; x <= 4.5; x += 0.125) {
      while (sorted[at] < x) at++;
      const expected = shareBelow(x);
      const error = Math.sqrt((expected * (1 - expected)) / COUNT);
      assert.ok(Math.abs(at / COUNT - expected) < 5 * error + 2 / COUNT, `${at / COUNT} below ${x}, not ${expected}`);
    }
  });

  test('is a function of the words', () => {
    const filled = (counter: number): Float32Array => {
      const target = new Float32Array(1000);
      fillNormal(target, new Sfc32([1, 2, 3, counter]));
      return target;
    };
    assert.deepEqual(filled(4), filled(4));
    assert.notDeepEqual(filled(4), filled(5));
  });
});
