import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { input } from '../graph/index.js';
import { seeded } from '../random/rng.js';
import { float32, sizeOf, type Tensor } from '../tensor/tensor.js';
import { evaluate } from '../../test/support/evaluate.js';
import { lengthOf, type Interval } from './box.js';
import { filled } from './initializer.js';
import { sharedVariables, type SharingModule } from './slices.js';
import { Scope } from './scope.js';

const interval = fc
  .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 1, max: 4 }))
  .map(([start, length]): Interval => ({ start, end: start + length }));
const slice = fc.record({ weight: fc.tuple(interval, interval, interval), mean: fc.tuple(interval) });

/** A module with a weight, whose shape has two axes for its three coordinates, and a buffer. */
function moduleOf({ weight, mean }: Readonly<Record<'weight' | 'mean', readonly Interval[]>>): SharingModule {
  const [rows, inRow, columns] = weight.map(lengthOf);
  return {
    declaration: Scope.declare((scope) => {
      scope.parameter('weight', [rows * inRow, columns], filled(0));
      scope.buffer('mean', mean.map(lengthOf), filled(0));
    }),
    axesOf: (name) => (name === 'weight' ? weight : mean),
  };
}

/** What an element is called by its coordinates, as a number. */
function valueAt(coordinates: readonly number[]): number {
  return coordinates.reduce((sum, each) => 16 * sum + each + 4, 1);
}

function valuesOf(axes: readonly Interval[]): number[] {
  const rows = axes.reduce<readonly (readonly number[])[]>(
    (found, axis) =>
      found.flatMap((row) => Array.from({ length: lengthOf(axis) }, (_, at) => [...row, axis.start + at])),
    [[]],
  );
  return rows.map(valueAt);
}

describe('shared variables', () => {
  test('give every module its slice, on the host and in a graph, and take new statistics back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(slice, { minLength: 1, maxLength: 4 }), async (slices) => {
        const modules = slices.map(moduleOf);
        const shared = sharedVariables('p.', modules);
        const state = new Map<string, Tensor<'float32'>>(
          shared.boxes.map(({ name, axes }) => [name, float32(axes.map(lengthOf), valuesOf(axes))]),
        );
        for (const [at, variables] of shared.slices.entries()) {
          const { weight, mean } = slices[at];
          const { declaration } = modules[at];
          const own = variables.inherited((name) => state.get(name) as Tensor<'float32'>);
          assert.deepEqual([...(own.get('weight')?.data ?? [])], valuesOf(weight));
          assert.deepEqual([...(own.get('mean')?.data ?? [])], valuesOf(mean));

          const packed = variables.groups.map((group) => group.pack(state));
          const [flat, statistics] = (['parameters', 'buffers'] as const).map((vector) => {
            const data = packed.flatMap((each) => [...each[vector].data]);
            return float32([data.length], data);
          });
          assert.equal(variables.size, flat.data.length);
          const scope = variables.open(
            input('flat', 'float32', flat.shape),
            input('statistics', 'float32', statistics.shape),
          );
          const [parameter] = declaration.parameters;
          const [buffer] = declaration.buffers;
          const opened = scope.parameter('weight', parameter.shape, filled(0));
          const read = scope.buffer('mean', buffer.shape, filled(0));
          scope.update('mean', read);
          const written = variables.collectUpdates(scope);
          assert.ok(written);
          const found = await evaluate({ weight: opened, mean: read, written }, { flat, statistics });
          assert.deepEqual([...found['weight'].data].map(Number), valuesOf(weight));
          assert.deepEqual([...found['mean'].data].map(Number), valuesOf(mean));
          assert.deepEqual([...found['written'].data].map(Number), [...statistics.data]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('are stored once, and a group belongs to the same modules as a whole', () => {
    fc.assert(
      fc.property(fc.array(slice, { minLength: 1, maxLength: 5 }), (slices) => {
        const { boxes, groups, slices: found } = sharedVariables('p.', slices.map(moduleOf));
        const elements = (axes: readonly Interval[]) => valuesOf(axes);
        const all = new Set(slices.flatMap(({ weight }) => elements(weight)));
        const stored = boxes.filter(({ variable }) => variable === 'weight').flatMap(({ axes }) => elements(axes));
        assert.deepEqual(new Set(stored), all);
        assert.equal(stored.length, all.size);
        assert.equal(
          groups.reduce((sum, { size }) => sum + size, 0),
          all.size,
        );
        slices.forEach(({ weight }, at) => assert.equal(found[at].size, sizeOf(weight.map(lengthOf))));
      }),
    );
  });

  test('start as the largest module does, wherever it stands', () => {
    const sized = (size: number): SharingModule => ({
      declaration: Scope.declare((scope) => void scope.parameter('weight', [size], filled(size))),
      axesOf: () => [{ start: 0, end: size }],
    });
    for (const sizes of [
      [2, 5, 3],
      [5, 2, 3],
      [3, 2, 5],
    ]) {
      const { groups } = sharedVariables('p.', sizes.map(sized));
      const values = groups.flatMap((group) => [...group.initialize(seeded('start')).parameters.data]);
      assert.deepEqual(values, [5, 5, 5, 5, 5]);
    }
  });

  test('are drawn from streams of their own names', () => {
    const module = moduleOf({ weight: [0, 1, 2].map(() => ({ start: 0, end: 2 })), mean: [{ start: 0, end: 1 }] });
    const { groups, boxes } = sharedVariables('p.', [module]);
    assert.deepEqual(boxes.map(({ name }) => name).sort(), ['p.0.mean', 'p.0.weight']);
    assert.equal(groups[0].initialize(seeded(1)).parameters.data.length, 8);
  });
});
