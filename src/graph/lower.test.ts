import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile, evaluate } from '../../test/support/evaluate.js';
import { countNodes } from '../../test/support/onnxNodes.js';
import { readInitializers, readMetadata } from '../onnx/model.js';
import { float32, int64, sizeOf, tensor, zeros } from '../tensor/tensor.js';
import { gradients } from './gradient.js';
import { lower } from './lower.js';
import { branch } from './branch.js';
import { add } from './ops/add.js';
import { attention } from './ops/attention.js';
import { conv2d } from './ops/conv2d.js';
import { div } from './ops/div.js';
import { exp } from './ops/exp.js';
import { feedForward } from './ops/feedForward.js';
import { gather } from './ops/gather.js';
import { gemm } from './ops/gemm.js';
import { layerNorm } from './ops/layerNorm.js';
import { maxPool2d } from './ops/maxPool2d.js';
import { mul } from './ops/mul.js';
import { relu } from './ops/relu.js';
import { roll } from './ops/roll.js';
import { pad, slice } from './ops/slice.js';
import { reshape } from './ops/reshape.js';
import { mean, sum } from './ops/sum.js';
import { swish } from './ops/swish.js';
import { transpose } from './ops/transpose.js';
import { constant, input, type Value } from './value.js';

const x = input('x', 'float32', [2, 2]);
const FEEDS = { x: float32([2, 2], [1, 2, 3, 4]) };

/** A small transformer block on [B, 3, 4] with every kind of layout change of the batch. */
function block(tokens: Value): Value {
  const [batch] = tokens.shape;
  const weight = constant(
    float32(
      [4, 4],
      Array.from({ length: 16 }, (_, at) => Math.sin(at)),
    ),
  );
  const rows = reshape(layerNorm(tokens, constant(float32([4], [1, 2, 3, 4])), constant(zeros('float32', [4]))), [
    batch * 3,
    4,
  ]);
  const heads = reshape(transpose(reshape(gemm(rows, weight), [batch, 3, 2, 2]), [0, 2, 1, 3]), [batch * 2, 3, 2]);
  const mixed = reshape(attention(heads, heads, heads, 0.5), [batch, 2, 3, 2]);
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), [batch, 3, 4]);
  const shifted = slice(pad(add(tokens, joined), 1, 1, 0), 1, 0, 3);
  return mean(swish(shifted), [1]);
}

/** A convolutional network on [B, 2, 6, 6], plus the operators of a Swin Transformer. */
function convolutional(images: Value): Value {
  const weights = (shape: readonly number[]): Value =>
    constant(
      float32(
        shape,
        Array.from({ length: sizeOf(shape) }, (_, at) => Math.sin(at)),
      ),
    );
  const stem = relu(conv2d(images, weights([4, 2, 3, 3]), { padding: 1, bias: weights([4]) }));
  const grouped = conv2d(maxPool2d(stem, { kernel: 3, stride: 2, padding: 1 }), weights([4, 2, 1, 1]), { groups: 2 });
  const shifted = roll(grouped, [1, -1], [2, 3]);
  return mean(add(shifted, reshape(gather(weights([3, 3]), [0, 2, 2]), [1, 1, 3, 3])), [2, 3]);
}

/** `build` on an input [B, ...shape] gives the same with a free batch dimension as with a fixed one. */
async function checkOpenBatch(build: (x: Value) => Value, shape: readonly number[]): Promise<void> {
  for (const builtFor of [1, 2]) {
    const run = await compile({ y: build(input('x', 'float32', [builtFor, ...shape])) }, { freeBatch: true });
    for (const batch of [1, 3]) {
      const values = float32(
        [batch, ...shape],
        Array.from({ length: batch * sizeOf(shape) }, (_, at) => Math.cos(at)),
      );
      const { y } = await run({ x: values });
      const expected = await evaluate({ y: build(input('x', 'float32', values.shape)) }, { x: values });
      assert.deepEqual(y, expected.y, `batch ${batch} of a graph that was built for ${builtFor}`);
    }
  }
}

describe('lowering', () => {
  test('of an open batch gives a model for every batch, built for whichever', async () => {
    await checkOpenBatch(block, [3, 4]);
    await checkOpenBatch(convolutional, [2, 6, 6]);
  });

  test('of a fixed batch refuses another', async () => {
    const run = await compile({ y: exp(x) });
    await assert.rejects(run({ x: zeros('float32', [3, 2]) }), /\[3, 2\]/);
  });

  test('gives the same bytes for the same graph', () => {
    const build = (): Uint8Array => {
      const tokens = input('tokens', 'float32', [2, 3, 4]);
      const index = input('index', 'int64', [1]);
      const arms = [block, (value: Value) => mean(exp(value), [1])].map((body) => ({
        captures: [tokens],
        body: (value: Value) => [body(value)],
      }));
      const [y] = branch(index, arms);
      const [grad] = gradients(sum(mul(y, y)), [tokens]);
      return lower({ y, grad }, { metadata: { classes: 'one,two' } });
    };
    assert.deepEqual(build(), build());
  });

  test('does not change what is lowered', () => {
    const y = swish(x);
    const before = lower({ y });
    const loss = sum(y);
    lower({ grad: gradients(loss, [x])[0] });
    assert.deepEqual(lower({ y }), before);
  });

  test('keeps the names of inputs and outputs, only those that are read', async () => {
    const unread = input('unread', 'float32', [1]);
    const run = await compile({ 'blocks.0.sum': add(x, x), loss: sum(x) });
    const results = await run({ ...FEEDS, unread: zeros('float32', unread.shape) });
    assert.deepEqual(Object.keys(results), ['blocks.0.sum', 'loss']);
    assert.deepEqual(results.loss, float32([], [10]));
  });

  test('passes inputs and constants through, and one value to several outputs', async () => {
    const y = exp(x);
    const results = await evaluate({ same: x, seven: constant(7), left: y, right: y }, FEEDS);
    assert.deepEqual(results.same, FEEDS.x);
    assert.deepEqual(results.seven, float32([], [7]));
    assert.deepEqual(results.left, results.right);
    assert.equal(countNodes(lower({ left: y, right: y })).Exp, 1);
  });

  test('keeps every dtype', async () => {
    const constants = {
      whole: int64([2], [-1, 2 ** 53 - 1]),
      small: tensor('int32', [2], Int32Array.of(-7, 2 ** 31 - 1)),
      byte: tensor('uint8', [3], Uint8Array.of(0, 128, 255)),
      truth: tensor('bool', [2], Uint8Array.of(1, 0)),
      real: float32([3], [Math.PI, -1e-38, 3e38]),
      nothing: zeros('float32', [0]),
    };
    const fed = Object.fromEntries(
      Object.entries(constants).map(([name, { dtype, shape }]) => [name, input(`fed ${name}`, dtype, shape)]),
    );
    const held = Object.fromEntries(
      Object.entries(constants).map(([name, value]) => [`held ${name}`, constant(value)]),
    );
    const feeds = Object.fromEntries(Object.entries(constants).map(([name, value]) => [`fed ${name}`, value]));
    const results = await evaluate({ ...fed, ...held }, feeds);
    for (const [name, value] of Object.entries(constants)) {
      assert.deepEqual(results[name], value);
      assert.deepEqual(results[`held ${name}`], value);
    }
  });

  test('shares equal small constants and keeps 0 and −0 apart', async () => {
    const quotients = await evaluate(
      { plus: div(constant(1), constant(0)), minus: div(constant(1), constant(-0)) },
      {},
    );
    assert.deepEqual([quotients.plus.data[0], quotients.minus.data[0]], [Infinity, -Infinity]);
    const many = Array.from({ length: 50 }, () => mul(x, 0.125)).reduce((a, b) => add(a, b));
    const few = Array.from({ length: 50 }, (_, at) => mul(x, at)).reduce((a, b) => add(a, b));
    assert.ok(lower({ many }).length < lower({ few }).length);
  });

  test('refuses two inputs or constants of one name, and an output that is called like an input', () => {
    const twin = input('x', 'float32', [2, 2]);
    assert.throws(() => lower({ y: add(x, twin) }), {
      name: 'GraphError',
      message: 'two different inputs or constants are called «x»',
    });
    const named = [constant(1, 'w'), constant(2, 'w')].map((value) => mul(x, value));
    assert.throws(() => lower({ y: add(named[0], named[1]) }), { message: /called «w»/ });
    assert.throws(() => lower({ x: exp(x) }), {
      name: 'GraphError',
      message: 'an input and an output are both called «x»',
    });
  });

  test('writes metadata that can be read back', () => {
    const metadata = { classes: '["Katze","犬"]', 'glit.architecture': 'a: 1\nb: 2', empty: '' };
    assert.deepEqual(readMetadata(lower({ y: exp(x) }, { metadata })), metadata);
    assert.deepEqual(readMetadata(lower({ y: exp(x) })), {});
  });

  test('keeps the names of constants, which are not shared, and computes the same with them', async () => {
    const build = (name?: string): Value => mul(add(x, constant(float32([2], [1, 2]), name)), constant(2));
    const twins = { one: build('first.weight'), two: build('second.weight') };
    const named = readInitializers(lower(twins));
    for (const name of ['first.weight', 'second.weight']) assert.deepEqual(named.get(name), float32([2], [1, 2]));
    assert.equal([...named.keys()].filter((name) => name.startsWith('constant_')).length, 1);
    const results = await evaluate({ ...twins, plain: build() }, FEEDS);
    assert.deepEqual(results.one, results.plain);
  });

  test('leaves constants in the arms of a branch without a name, where an arm may repeat another', async () => {
    const weight = constant(float32([2, 2], [1, 2, 3, 4]), 'weight');
    const arms = [add, mul].map((apply) => ({ captures: [x], body: (inner: Value) => [apply(inner, weight)] }));
    const [y] = branch(input('index', 'int64', [1]), arms);
    const { y: sum } = await evaluate({ y }, { ...FEEDS, index: int64([1], [0]) });
    assert.deepEqual(sum, float32([2, 2], [2, 4, 6, 8]));
  });

  test('writes the fast form of gelu unless the gradient reads the distribution', () => {
    const layer = { weight: x, bias: constant(zeros('float32', [2])) };
    const y = feedForward(x, layer, layer);
    assert.deepEqual(countNodes(lower({ y })), { Gemm: 2, Add: 2, Gelu: 1 });
    const trained = countNodes(lower({ y, grad: gradients(sum(y), [x])[0] }));
    assert.equal(trained.Gelu, undefined);
    assert.equal(trained.Erf, 1);
  });
});
