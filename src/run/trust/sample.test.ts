import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { highLevelSpace } from '../../space/highLevel.js';
import { pathKey, samplePath, type Path } from '../../space/space.js';
import { sampleCandidates } from './sample.js';
import type { RecordedCandidate } from '../levels/searchedLevel.js';

const SPACE = highLevelSpace({ depth: 6, heads: 3 });
const sum = (path: Path): number => path.reduce((total, gene) => total + gene, 0);
const LEGAL = { space: SPACE, isLegal: (path: Path): boolean => sum(path) <= 10 };

/** Different legal paths; the index of each decides its fitness. */
function recordedPaths(count: number, seed: number): readonly RecordedCandidate[] {
  const paths = new Map<string, Path>();
  for (let draw = 0; paths.size < count; draw++) {
    const path = samplePath(SPACE, seeded(seed).fork(draw));
    if (LEGAL.isLegal(path)) paths.set(pathKey(path), path);
  }
  return [...paths.values()].map((path, index) => ({ path, fitness: ((index * 37) % 101) / 101 }));
}

describe('the candidates of a check', () => {
  test('are different, legal, half from the search and half new', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 30 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer(),
        (count, known, seed) => {
          const recorded = recordedPaths(known, seed);
          const keys = new Set(recorded.map(({ path }) => pathKey(path)));
          const sampled = sampleCandidates(LEGAL, recorded, count, seeded(seed));
          assert.equal(new Set(sampled.map(({ path }) => pathKey(path))).size, count);
          for (const { path, from } of sampled) {
            assert.ok(LEGAL.isLegal(path));
            assert.equal(keys.has(pathKey(path)), from === 'search');
          }
          const searched = sampled.filter(({ from }) => from === 'search').length;
          assert.equal(searched, Math.min(known, Math.ceil(count / 2)));
          assert.deepEqual(sampleCandidates(LEGAL, recorded, count, seeded(seed)), sampled);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of the search are spread over its fitness: one from each eighth', () => {
    const recorded = recordedPaths(40, 1);
    const ascending = recorded.map(({ fitness }) => fitness).sort((one, other) => one - other);
    const fitnessOf = new Map(recorded.map(({ path, fitness }) => [pathKey(path), fitness]));
    const sampled = sampleCandidates(LEGAL, recorded, 16, seeded(2)).filter(({ from }) => from === 'search');
    const ranks = sampled.map(({ path }) => ascending.indexOf(fitnessOf.get(pathKey(path)) ?? NaN));
    assert.deepEqual(
      ranks.map((rank) => Math.floor(rank / 5)),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
  });

  test('come from the search where it has scored all that there are, and are refused beyond', () => {
    const recorded = recordedPaths(9, 3);
    const keys = new Set(recorded.map(({ path }) => pathKey(path)));
    const few = { space: SPACE, isLegal: (path: Path): boolean => keys.has(pathKey(path)) };
    assert.equal(sampleCandidates(few, recorded, 9, seeded(4)).filter(({ from }) => from === 'search').length, 9);
    assert.throws(
      () => sampleCandidates(few, recorded, 10, seeded(4)),
      (error: unknown) =>
        error instanceof UserError && /10 candidates are more than .* 9; ask for 9/.test(error.message),
    );
  });
});
