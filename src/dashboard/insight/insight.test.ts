import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SUPERNET } from '../../../test/support/journals.js';
import { paretoFront } from '../../search/pareto.js';
import type { RunStatus } from '../digest/digest.js';
import type { RunSummary } from '../messages.js';
import { choiceHistory } from './choices.js';
import { frontOf } from './front.js';
import { genealogyOf } from './genealogy.js';
import { importanceOf } from './importance.js';
import { runToShow } from './runToShow.js';
import { seriesSeconds } from './series.js';

describe('the importance of choices', () => {
  test('is that of an analysis of variance', () => {
    const groups = new Map([
      [1, [1, 2, 3]],
      [2, [2, 3, 2.5]],
      [4, [5, 6, 5.5, 4.5]],
    ]);
    const candidates = [...groups].flatMap(([kernel, values]) =>
      values.map((fitness) => ({ blocks: [{ kernel, ffnRatio: 4 }], fitness })),
    );
    const [importance, ...others] = importanceOf(candidates);
    assert.deepEqual(others, [], 'a field with one value says nothing');
    const all = [...groups.values()].flat();
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const squares = (values: readonly number[], centre: number): number =>
      values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
    const within = squares([1, 2, 3], 2) + squares([2, 3, 2.5], 2.5) + squares([5, 6, 5.5, 4.5], 5.25);
    const expected = (squares(all, mean) - within - (2 * within) / 7) / (squares(all, mean) + within / 7);
    assert.ok(Math.abs(importance.share - expected) < 1e-12);
    assert.deepEqual(
      importance.marginals.map(({ value, count }) => [value, count]),
      [
        [1, 3],
        [2, 3],
        [4, 4],
      ],
    );
    assert.ok(Math.abs((importance.marginals[0].error ?? NaN) - 1 / Math.sqrt(3)) < 1e-12);
  });

  test('is 0 where nothing differs, and counts blocks without a field', () => {
    const [importance] = importanceOf([
      { blocks: [{ globalHeads: 3 }], fitness: 0.5 },
      { blocks: [{ globalHeads: 3, kernel: 17 }], fitness: 0.5 },
    ]);
    assert.deepEqual([importance.share, importance.marginals.map(({ value }) => value)], [0, [undefined, 17]]);
    assert.deepEqual(importanceOf([]), []);
  });
});

test('fields that divide candidates alike count once', () => {
  const candidates = [0, 1, 2, 3].map((globalHeads) => ({
    blocks: [{ globalHeads, localHeads: 3 - globalHeads }],
    fitness: globalHeads / 10,
  }));
  assert.deepEqual(
    importanceOf(candidates).map(({ field }) => field),
    ['globalHeads'],
  );
});

test('the choices of the best are those of all generations so far', () => {
  const bred = (generation: number, fitness: number, kernel: number) => ({ generation, fitness, blocks: [{ kernel }] });
  const candidates = [bred(0, 0.5, 17), bred(0, 0.4, 31), bred(1, 0.6, 31), bred(1, 0.1, 45)];
  assert.deepEqual(choiceHistory(candidates, 'kernel', 2), {
    values: [17, 31, 45],
    generations: [0, 1],
    blocks: [
      {
        block: 0,
        counts: [
          [1, 1, 0],
          [1, 1, 0],
        ],
      },
    ],
  });
});

test('a genealogy has every ancestor once, and no others', () => {
  const of = (id: number, generation: number, ...parents: number[]) => ({ id, generation, parents });
  const candidates = [of(0, 0), of(1, 0), of(2, 0), of(3, 1, 0, 1), of(4, 1, 2), of(5, 2, 3, 0), of(6, 2, 4, 99)];
  const { members, lines } = genealogyOf(candidates[5], candidates);
  assert.deepEqual(
    members.map(({ id }) => id),
    [0, 1, 3, 5],
  );
  assert.equal(lines.length, 4);
  // Where memory was bounded, a parent may be unknown.
  assert.deepEqual(genealogyOf(candidates[6], candidates).lines.length, 2);
});

test('the front of fitness and cost is the Pareto front', () => {
  const point = fc.record({ fitness: fc.integer({ min: 0, max: 9 }), cost: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.uniqueArray(point, { selector: ({ fitness, cost }) => `${fitness} ${cost}` }), (points) => {
      const front = new Set(frontOf(points));
      const expected = paretoFront(points.map((each) => ({ ...each, values: [each.fitness, -each.cost] })));
      assert.deepEqual(
        points.filter((each) => front.has(each)).map(({ fitness, cost }) => [fitness, cost]),
        expected.map(({ fitness, cost }) => [fitness, cost]),
      );
    }),
  );
});

test('a series of trainings takes from its first start to its last end, side by side or not', () => {
  const record = (started: number, latest: number) => ({
    ...{ stage: SUPERNET, name: '', started, continued: started, latest, before: 0 },
    finished: { durationSeconds: latest - started, result: { steps: 1, waitingShare: 0 } },
  });
  assert.equal(seriesSeconds([record(10, 40), record(10, 44), record(41, 60)]), 50);
});

test('the run to show stays the same while it works', () => {
  const now = Date.UTC(2026, 0, 1);
  const run = (id: string, status: RunStatus, secondsAgo = 0): RunSummary => ({
    ...{ id, name: id, status },
    time: new Date(now - 1000 * secondsAgo).toISOString(),
  });
  assert.equal(runToShow([], '', now), undefined);
  assert.equal(runToShow([run('one', 'running'), run('two', 'running')], '', now), 'one');
  // The second has news first now.
  assert.equal(runToShow([run('two', 'running'), run('one', 'running', 1)], 'one', now), 'one');
  assert.equal(runToShow([run('two', 'running'), run('one', 'finished', 1)], 'one', now), 'two');
  assert.equal(runToShow([run('two', 'running'), run('one', 'running', 300)], 'one', now), 'two');
  assert.equal(runToShow([run('two', 'running')], 'gone', now), 'two');
});
