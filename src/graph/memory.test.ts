import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { peakBytes } from './memory.js';
import { add } from './ops/add.js';
import { attention } from './ops/attention.js';
import { feedForward } from './ops/feedForward.js';
import { gemm } from './ops/gemm.js';
import { reshape } from './ops/reshape.js';
import { sigmoid } from './ops/sigmoid.js';
import { input, type Value } from './value.js';

const BYTES = 4;
const x = input('x', 'float32', [8, 4]);
const weight = (rows: number, columns: number): Value => input(`w${rows}x${columns}`, 'float32', [rows, columns]);
const elements = (output: Value, ...inputs: readonly Value[]): number => peakBytes(output, inputs) / BYTES;

describe('peak memory', () => {
  test('is that of the largest pair in a chain of products', () => {
    const wide = gemm(x, weight(4, 10));
    const narrow = gemm(wide, weight(10, 2));
    assert.equal(elements(wide, x), 32 + 80);
    assert.equal(elements(narrow, x), 32 + 80);
    assert.equal(elements(gemm(narrow, weight(2, 1)), x), 32 + 80);
  });

  test('keeps what is read later', () => {
    const first = gemm(x, weight(4, 4));
    const wide = gemm(gemm(first, weight(4, 10)), weight(10, 4));
    // x waits for the sum while the wide product is there.
    assert.equal(elements(wide, x), 32 + 80);
    assert.equal(elements(add(x, wide), x), 32 + 32 + 80);
  });

  test('counts neither views nor elementwise results of dead values', () => {
    assert.equal(elements(reshape(x, [4, 8]), x), 32);
    assert.equal(elements(sigmoid(sigmoid(x)), x), 32);
    const product = gemm(x, weight(4, 4));
    assert.equal(elements(sigmoid(reshape(product, [32])), x), 64);
    // The view keeps its memory alive, and a value that is read later is not written over.
    const view = reshape(product, [32]);
    assert.equal(elements(add(reshape(sigmoid(view), [8, 4]), product), x), 64);
  });

  test('counts the hidden layer twice and attention’s scores, though no other node reads them', () => {
    const bias = (size: number): Value => input(`b${size}`, 'float32', [size]);
    const output = feedForward(x, { weight: weight(16, 4), bias: bias(16) }, { weight: weight(4, 16), bias: bias(4) });
    assert.equal(elements(output, x), 32 + 2 * 8 * 16 + 32);
    const tokens = input('tokens', 'float32', [3, 10, 2]);
    assert.equal(elements(attention(tokens, tokens, tokens, 1), tokens), 60 + 60 + 300);
  });

  test('does not count parameters and what follows from them alone', () => {
    const scaled = add(weight(4, 4), weight(4, 4));
    assert.equal(elements(gemm(x, scaled), x), 64);
    assert.equal(peakBytes(scaled, [x]), 0);
  });
});
