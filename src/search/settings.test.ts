import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { evolutionSettings, type EvolutionSettings } from './settings.js';

describe('settings', () => {
  test("are SPOS's by default and scale with the population", () => {
    const whole = { population: 50, generations: 20, parents: 10, crossover: 25, mutation: 25, probability: 0.1 };
    assert.deepEqual(evolutionSettings(), whole);
    const small = { population: 7, generations: 3, parents: 2, crossover: 3, mutation: 3, probability: 0.1 };
    assert.deepEqual(evolutionSettings({ population: 7, generations: 3 }), small);
    assert.equal(evolutionSettings({ population: 10, mutation: 8 }).crossover, 2);
    assert.equal(evolutionSettings({ population: 10, crossover: 9 }).mutation, 1);
  });

  test('that cannot work are refused by name', () => {
    const refused: [Partial<EvolutionSettings>, RegExp][] = [
      [{ population: 0 }, /population is 0; use a whole number of at least 1/],
      [{ generations: 1.5 }, /generations is 1.5/],
      [{ parents: 0 }, /parents is 0/],
      [{ mutation: -1 }, /mutation is -1/],
      [{ population: 10, mutation: 6, crossover: 6 }, /crossover 6 \+ mutation 6 exceed the population of 10/],
      [{ population: 10, mutation: 11 }, /exceed/],
      [{ probability: 1.1 }, /probability is 1.1/],
      [{ probability: NaN }, /probability is NaN/],
    ];
    for (const [given, message] of refused) {
      assert.throws(
        () => evolutionSettings(given),
        (error) => error instanceof UserError && message.test(error.message),
      );
    }
  });
});
