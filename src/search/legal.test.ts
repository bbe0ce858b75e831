import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RARE } from '../../test/support/separable.js';
import { UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { highLevelSpace } from '../space/highLevel.js';
import { pathKey } from '../space/space.js';
import type { Path } from '../space/space.js';
import { drawLegal, findLegal } from './legal.js';

const LARGE = highLevelSpace({ depth: 12, heads: 3 });
const SMALL = highLevelSpace({ depth: 3, heads: 3 });
const sum = (path: Path): number => path.reduce((total, gene) => total + gene, 0);

describe('a legal draw', () => {
  test('is legal and new', () => {
    const seen = new Set<string>();
    const rng = seeded(1);
    for (let count = 0; count < 500; count++) {
      const path = drawLegal({ space: LARGE, isLegal: (each) => sum(each) <= 16 }, rng, { seen });
      assert.ok(sum(path) <= 16 && !seen.has(pathKey(path)));
      seen.add(pathKey(path));
    }
  });

  test('finds the only legal candidate of a small space, every time', () => {
    for (let seed = 0; seed < 50; seed++) {
      const path = drawLegal({ space: SMALL, isLegal: (each) => sum(each) === 0 }, seeded(seed));
      assert.deepEqual(path, [0, 0, 0]);
    }
  });

  test('is uniform over the legal candidates of a small space', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 3000; seed++) {
      const key = pathKey(drawLegal({ space: SMALL, isLegal: (each) => sum(each) <= 1 }, seeded(seed)));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    assert.equal(counts.size, 4);
    for (const count of counts.values()) assert.ok(Math.abs(count - 750) < 120, `${count}`);
  });

  test('goes on from a legal path where they are too rare to draw, until none is left', () => {
    const seen = new Set<string>();
    const rng = seeded(1);
    for (let count = 0; count < 91; count++) {
      const { path } = findLegal(RARE, rng, { seen, tries: 10 });
      assert.ok(path !== undefined && sum(path) <= 2 && !seen.has(pathKey(path)), `${count}`);
      seen.add(pathKey(path));
    }
    assert.deepEqual(findLegal(RARE, rng, { seen, tries: 10 }), { tried: 10, legal: 0 });
  });

  test('is about uniform over rare candidates, and the same for the same seed', () => {
    const rarest = { ...RARE, isLegal: (path: Path) => sum(path) <= 1 };
    const draw = (seed: number): string => pathKey(drawLegal(rarest, seeded(seed), { tries: 10 }));
    const counts = new Map<string, number>();
    assert.equal(draw(1), draw(1));
    for (let seed = 0; seed < 390; seed++) {
      const drawn = draw(seed);
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    assert.equal(counts.size, 13);
    for (const count of counts.values()) assert.ok(Math.abs(count - 30) < 22, `${count}`);
  });

  test('says what share was legal when there is nothing left', () => {
    const refused = (run: () => unknown, message: RegExp): void =>
      assert.throws(run, (error) => error instanceof UserError && message.test(error.message));
    refused(
      () => drawLegal({ space: LARGE, isLegal: () => false }, seeded(1)),
      /none of 10000 candidates of the space "high" is within the limit/,
    );
    refused(() => drawLegal({ space: LARGE, isLegal: () => false }, seeded(1), { tries: 7 }), /none of 7 /);
    refused(() => drawLegal({ space: SMALL, isLegal: () => false }, seeded(1)), /none of 64 /);
    refused(
      () => drawLegal({ space: SMALL, isLegal: (each) => sum(each) === 0 }, seeded(1), { seen: new Set(['0-0-0']) }),
      /1 of 64 candidates \(1\.6 %\) of the space "high" are within the limit/,
    );
  });

  test('counts what it looked at, without asking the budget about seen candidates', () => {
    const asked: Path[] = [];
    const isLegal = (path: Path): boolean => asked.push(path) > 0 && sum(path) === 0;
    const draw = findLegal({ space: SMALL, isLegal }, seeded(1), { seen: new Set(['0-0-0']) });
    assert.deepEqual(draw, { tried: 64, legal: 1 });
    assert.equal(asked.length, 63);
  });
});
