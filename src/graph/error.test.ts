import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphError, inModule } from './error.js';
import { gemm } from './ops/gemm.js';
import { input } from './value.js';

test('a GraphError names the path of the module, the operator and both shapes', () => {
  const x = input('x', 'float32', [2, 3]);
  const w = input('w', 'float32', [4, 5]);
  const block = () => inModule('blocks.3', () => inModule('attn', () => inModule('qkv', () => gemm(x, w))));
  assert.throws(block, { name: 'GraphError', message: 'blocks.3.attn.qkv: gemm: cannot multiply [2, 3] by [4, 5]' });
});

test('inModule returns what was built and leaves other errors alone', () => {
  assert.equal(
    inModule('module', () => 7),
    7,
  );
  const failure = new RangeError('no graph matter');
  const build = () =>
    inModule('module', () => {
      throw failure;
    });
  assert.throws(build, (error) => error === failure);
});

test('a GraphError without a module is the bare fact', () => {
  const error = new GraphError('a fact');
  assert.equal(error.message, 'a fact');
  assert.ok(error instanceof Error);
  assert.equal(error.within('inner').within('outer').message, 'outer.inner: a fact');
  assert.equal(error.message, 'a fact');
});
