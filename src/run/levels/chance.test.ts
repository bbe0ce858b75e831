import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chanceWatch } from './chance.js';

/** Half of the images belong to class 0, so a guess is right for half. */
const LABELS = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 0 : 1 + (at % 5)));

/** The warnings during a training of `steps` steps of 128 images, of which this share is classified correctly. */
function warnings(steps: number, share: (step: number) => number, from = 1): readonly string[] {
  const told: string[] = [];
  const watch = chanceWatch({ labels: LABELS, steps }, (message) => void told.push(message));
  for (let step = from; step <= steps; step++) watch({ step, images: 128, correct: Math.round(128 * share(step)) });
  return told;
}

describe('a supernet that learns nothing', () => {
  test('is reported once, after a tenth of its steps, with what to change', () => {
    assert.deepEqual(
      warnings(1000, () => 0.5),
      [
        'after 100 of 1000 steps the supernet classifies 50.0 % of its images, and a guess 50.0 %: ' +
          'it has learned nothing; change --learning-rate, or give it more steps or --entangled',
      ],
    );
    assert.equal(warnings(1000, (step) => (step > 100 ? 0.9 : 0.45)).length, 1);
  });

  test('is not one that is better than a guess by then', () => {
    assert.deepEqual(
      warnings(1000, (step) => (step < 50 ? 0.3 : 0.6)),
      [],
    );
    // What it forgets later is not for this to say.
    assert.deepEqual(
      warnings(1000, (step) => (step > 100 ? 0.3 : 0.6)),
      [],
    );
  });

  test('has until half of its steps where a tenth has few images', () => {
    // The later half of a tenth has 1280 images, the second quarter 6400.
    const [told, ...others] = warnings(200, () => 0.5);
    assert.match(told, /^after 100 of 200 steps the supernet classifies 50\.0 % of its images, and a guess 50\.0 %: /);
    assert.deepEqual(others, []);
    assert.deepEqual(
      warnings(200, (step) => (step < 80 ? 0.5 : 0.7)),
      [],
    );
  });

  test('is told at half of its steps when it is continued after a tenth', () => {
    assert.match(
      warnings(1000, () => 0.5, 101).join('\n'),
      /^after 500 of 1000 steps the supernet .*nothing; change --learning-rate/,
    );
  });

  test('is not told from few images', () => {
    assert.deepEqual(
      warnings(150, () => 0.2),
      [],
    );
  });
});
