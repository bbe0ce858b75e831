import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { frontOf, searchFront } from './searchFront.js';
import type { ScoredCandidate, SearchMethod } from './searchLevel.js';

/** Candidates of these fitness values and MACs. */
function candidates(
  method: SearchMethod,
  ...list: readonly (readonly [fitness: number, macs: number])[]
): ScoredCandidate[] {
  return list.map(([fitness, macs], id) => ({
    id,
    method,
    generation: 0,
    path: [id],
    values: [fitness, -macs],
    measures: { macs, parameters: 7, memory: 3 },
    origin: { operator: 'random', parents: [] },
    stage: { kind: 'search', level: 'low' },
    blocks: [],
  }));
}

describe('the front of a search', () => {
  const found = candidates('nsga2', [0.5, 20], [0.8, 80], [0.75, 90], [0.8, 60]);
  const random = candidates('random', [0.9, 50]);

  test('has what NSGA-II found and nothing beats, the most accurate first', () => {
    assert.deepEqual(
      frontOf([...found, ...random]).map(({ id, method }) => [id, method]),
      [
        [3, 'nsga2'],
        [0, 'nsga2'],
      ],
    );
  });

  test('has a hypervolume relative to the box of its reference point, for each method', () => {
    const { networks, hypervolume, reference } = searchFront(['accuracy', 'macs'], [...found, ...random], {
      macs: 100,
      parameters: 10,
      memory: 5,
    });
    assert.deepEqual(networks, [
      { name: 'glit-3', fitness: 0.8, measures: { macs: 60, parameters: 7, memory: 3 } },
      { name: 'glit-0', fitness: 0.5, measures: { macs: 20, parameters: 7, memory: 3 } },
    ]);
    assert.deepEqual(reference, { macs: 100 });
    // Widths 0.4 and 0.4 of the axis of costs, by heights 0.8 and 0.5.
    assert.ok(Math.abs((hypervolume.nsga2 ?? NaN) - (0.4 * 0.8 + 0.4 * 0.5)) < 1e-12);
    assert.ok(Math.abs((hypervolume.random ?? NaN) - 0.5 * 0.9) < 1e-12);
  });
});
