import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { block, describeBlock, LOW_LEVEL_DEFAULTS } from '../family/glit/block.js';
import { highLevelSpace } from './highLevel.js';
import { headSplits, jointSpace, nlpSpace, PAPER_GRID, paperLowLevel, releasedLowLevel } from './lowLevel.js';
import { SEARCH_SPACES } from './searchSpaces.js';
import { blocksOf, log10SizeOf, pathOf, sizeOf } from './space.js';

const TINY_GLOBAL_HEADS = [3, 0, 1, 3, 0, 1, 3, 1, 0, 3, 0, 3];
const TINY_PATH = [1, 4, 8, 4, 8, 8, 3, 6, 8, 4, 5, 8];

describe('the high level', () => {
  test('offers the four splits with the default low level', () => {
    const { positions } = highLevelSpace({ depth: 2, heads: 3 });
    for (const choices of positions) {
      assert.deepEqual(choices.map(describeBlock), [
        'L3 k31 e2 f4',
        'G1L2 k31 e2 d1 f4',
        'G2L1 k31 e2 d1 f4',
        'G3 d1 f4',
      ]);
    }
  });

  test('scales with the heads and takes other defaults', () => {
    const [choices] = highLevelSpace({ depth: 1, heads: 12, defaults: { expansion: 1, ffnRatio: 2 } }).positions;
    assert.deepEqual(choices?.map(describeBlock), [
      'L12 k31 e1 f2',
      'G4L8 k31 e1 d1 f2',
      'G8L4 k31 e1 d1 f2',
      'G12 d1 f2',
    ]);
  });

  test('needs heads in thirds and a block', () => {
    for (const heads of [0, 1, 4, 3.5]) assert.throws(() => highLevelSpace({ depth: 12, heads }), UserError);
    for (const depth of [0, -1, 1.5]) assert.throws(() => highLevelSpace({ depth, heads: 3 }), UserError);
  });
});

describe('the released low level', () => {
  const space = releasedLowLevel(headSplits(TINY_GLOBAL_HEADS, 3));

  test('decodes the published GLiT-Tiny', () => {
    assert.deepEqual(blocksOf(space, TINY_PATH).map(describeBlock), [
      'G3 d0.5 f4',
      'L3 k31 e2 f4',
      'G1L2 k31 e4 d1 f6',
      'G3 d1 f4',
      'L3 k45 e4 f4',
      'G1L2 k31 e4 d1 f6',
      'G3 d1 f2',
      'G1L2 k31 e4 d1 f2',
      'L3 k45 e4 f4',
      'G3 d1 f4',
      'L3 k31 e4 f4',
      'G3 d2 f6',
    ]);
  });

  test('has nine choices per block, rows before columns', () => {
    assert.equal(sizeOf(space), 9n ** 12n);
    assert.deepEqual(space.positions[1]?.map(describeBlock), [
      'L3 k17 e1 f4',
      'L3 k17 e2 f4',
      'L3 k17 e4 f4',
      'L3 k31 e1 f4',
      'L3 k31 e2 f4',
      'L3 k31 e4 f4',
      'L3 k45 e1 f4',
      'L3 k45 e2 f4',
      'L3 k45 e4 f4',
    ]);
    assert.equal(space.positions[2]?.[7] && describeBlock(space.positions[2][7]), 'G1L2 k31 e4 d1 f4');
    assert.equal(space.positions[0]?.[5] && describeBlock(space.positions[0][5]), 'G3 d1 f6');
  });

  test('takes the blocks that the high level found, of any head count', () => {
    const high = highLevelSpace({ depth: 4, heads: 6 });
    const low = releasedLowLevel(blocksOf(high, [3, 0, 1, 2]));
    assert.deepEqual(
      low.positions.map((choices) => choices[0] && describeBlock(choices[0])),
      ['G6 d0.5 f2', 'L6 k17 e1 f4', 'G2L4 k31 e1 d1 f2', 'G4L2 k31 e1 d1 f2'],
    );
  });

  test('takes other lists and other defaults', () => {
    const options = { grid: { kernels: [3, 5], expansions: [1] }, defaults: { ffnRatio: 3 } };
    const [choices] = releasedLowLevel(headSplits([0], 3), options).positions;
    assert.deepEqual(choices?.map(describeBlock), ['L3 k3 e1 f3', 'L3 k5 e1 f3']);
    assert.throws(() => releasedLowLevel(headSplits([0], 3), { grid: { kernels: [4] } }), /kernel is 4/);
    assert.throws(() => releasedLowLevel(headSplits([0], 3), { grid: { kernels: [] } }), /no choices/);
    assert.throws(() => releasedLowLevel(headSplits([4], 3)), /localHeads is -1/);
  });
});

describe('the other low levels', () => {
  test('the paper has every combination that applies', () => {
    const space = paperLowLevel(headSplits([0, 1, 2, 3], 3));
    assert.deepEqual(
      space.positions.map((choices) => choices.length),
      [27, 81, 81, 9],
    );
    assert.equal(sizeOf(space), 27n * 81n * 81n * 9n);
  });

  test('the paper holds everything that was released', () => {
    const splits = headSplits(TINY_GLOBAL_HEADS, 3);
    const blocks = blocksOf(releasedLowLevel(splits), TINY_PATH);
    const space = paperLowLevel(splits);
    assert.deepEqual(blocksOf(space, pathOf(space, blocks)), blocks);
  });

  test('nlp has attention only', () => {
    const space = nlpSpace({ depth: 12, heads: 3 });
    assert.equal(space.name, 'nlp');
    assert.equal(sizeOf(space), 9n ** 12n);
    assert.ok(space.positions.flat().every((choice) => choice.localHeads === 0 && choice.kernel === undefined));
    assert.equal(nlpSpace({ depth: 1, heads: 4, grid: { dkRatios: [1] } }).positions[0]?.length, 3);
  });

  test('high has the first of two levels only', () => {
    const settings = { depth: 4, heads: 6, grid: PAPER_GRID, defaults: { ...LOW_LEVEL_DEFAULTS, kernel: 17 } };
    const high = SEARCH_SPACES.high.first(settings);
    const both = SEARCH_SPACES.released.first(settings);
    assert.deepEqual(high.space, both.space);
    assert.equal(high.name, both.name);
    assert.ok(!('next' in high));
    assert.deepEqual(SEARCH_SPACES.high.joint(settings), high.space);
  });

  test('joint holds both levels of every split', () => {
    assert.equal(jointSpace(releasedLowLevel, { depth: 2, heads: 3 }).positions[0]?.length, 4 * 9);
    const space = jointSpace(paperLowLevel, { depth: 12, heads: 3 });
    assert.equal(space.positions[0]?.length, 27 + 81 + 81 + 9);
    assert.ok(log10SizeOf(space) < 12 * Math.log10(324), 'fewer than 324 a block, since not every part applies');
    const blocks = space.positions.map(() => block({ globalHeads: 2, localHeads: 1, kernel: 17 }));
    assert.deepEqual(blocksOf(space, pathOf(space, blocks)), blocks);
  });
});
