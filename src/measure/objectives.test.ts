import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MEASURES } from './measure.js';
import { costsAmong, OBJECTIVES, valuesOf } from './objectives.js';

describe('objectives', () => {
  test('are accuracy and every measure', () => {
    assert.deepEqual(OBJECTIVES, ['accuracy', ...MEASURES.map(({ key }) => key)]);
  });

  test('give values of which larger is better, the accuracy first', () => {
    const cost = { macs: 3e6, parameters: 2e5, memory: 1e6 };
    assert.deepEqual(valuesOf(['accuracy'], 0.75, cost), [0.75]);
    assert.deepEqual(valuesOf(['parameters', 'accuracy', 'macs'], 0.75, cost), [0.75, -2e5, -3e6]);
    assert.deepEqual(costsAmong(['parameters', 'accuracy', 'macs']), ['parameters', 'macs']);
  });
});
