import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TINY_ARCHITECTURE, TINY_BACKBONE } from '../../test/support/tinyNetworks.js';
import { glitArchitecture } from '../family/glit/architecture.js';
import { block } from '../family/glit/block.js';
import { chooseBlock } from './block.js';

const attention = block({ globalHeads: 3, localHeads: 0 });
const convolution = block({ globalHeads: 0, localHeads: 3 });

describe('the block that is explained', () => {
  test('is the last with heads of both kinds', () => {
    assert.equal(chooseBlock(TINY_ARCHITECTURE, 'best.onnx'), 1);
    const mixed = block({ globalHeads: 1, localHeads: 2, kernel: 3 });
    const blocks = [mixed, attention, mixed, convolution];
    assert.equal(chooseBlock(glitArchitecture({ backbone: TINY_BACKBONE, blocks }), 'best.onnx'), 2);
  });

  test('is the last if none has both kinds, or the requested one', () => {
    for (const blocks of [
      [attention, attention],
      [attention, convolution],
    ]) {
      const architecture = glitArchitecture({ backbone: TINY_BACKBONE, blocks });
      assert.equal(chooseBlock(architecture, 'best.onnx'), 1);
      assert.equal(chooseBlock(architecture, 'best.onnx', 1), 0);
    }
  });

  test('has both halves where other blocks have them, or the error says which', () => {
    assert.equal(chooseBlock(TINY_ARCHITECTURE, 'best.onnx', 2), 1);
    assert.throws(() => chooseBlock(TINY_ARCHITECTURE, 'best.onnx', 1), {
      name: 'UserError',
      message: /^block 1 of best\.onnx \(L3 .*\) has no global half; blocks with both: 2$/,
    });
    assert.throws(() => chooseBlock(TINY_ARCHITECTURE, 'best.onnx', 3), {
      message: /^block 3 of best\.onnx \(G3 .*\) has no local half/,
    });
  });

  test('is one of the network, or the error says how many there are', () => {
    for (const wanted of [0, 4, 1.5]) {
      assert.throws(() => chooseBlock(TINY_ARCHITECTURE, 'best.onnx', wanted), {
        name: 'UserError',
        message: `best.onnx has no block ${wanted}; give a number from 1 to 3`,
      });
    }
  });
});
