import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assertNear, checkChoice, type Choice, type ChoiceArm } from '../../test/support/choice.js';
import { compile, evaluate } from '../../test/support/evaluate.js';
import { countNodes, nestingOf } from '../../test/support/onnxNodes.js';
import { float32, int64, type Tensor } from '../tensor/tensor.js';
import { branch } from './branch.js';
import { macsOf } from './cost.js';
import { GraphError } from './error.js';
import { gradients, vjp } from './gradient.js';
import { lower } from './lower.js';
import { add } from './ops/add.js';
import { attention } from './ops/attention.js';
import { cast } from './ops/cast.js';
import { concat, split } from './ops/concat.js';
import { depthwiseConv1d } from './ops/depthwiseConv1d.js';
import { exp } from './ops/exp.js';
import { swish } from './ops/swish.js';
import { gemm } from './ops/gemm.js';
import { layerNorm } from './ops/layerNorm.js';
import { log } from './ops/log.js';
import { logSoftmax } from './ops/logSoftmax.js';
import { minimum } from './ops/minimum.js';
import { mul } from './ops/mul.js';
import { reshape } from './ops/reshape.js';
import { sigmoid } from './ops/sigmoid.js';
import { slice } from './ops/slice.js';
import { sum } from './ops/sum.js';
import { transpose } from './ops/transpose.js';
import { constant, input, type Value } from './value.js';

const index = input('index', 'int64', [1]);
const x = input('x', 'float32', [2, 2]);
const y = input('y', 'float32', [2, 2]);
const FEEDS = { x: float32([2, 2], [1, -2, 0.5, 3]), y: float32([2, 2], [0.25, 4, -1, 2]) };

function choose(arm: number): Readonly<Record<string, Tensor>> {
  return { ...FEEDS, index: int64([1], [arm]) };
}

function numbersOf(tensor: Tensor): readonly number[] {
  return Array.from(tensor.data, Number);
}

/** Networks of [3, 4] that differ in everything: inner widths, depth, what their gradients read, number of parameters. */
const ZOO: readonly ChoiceArm[] = [
  { own: [[4, 4]], body: ([a], [w]) => swish(gemm(a, w)) },
  {
    own: [[4, 6], [6], [6, 4]],
    body: ([a, b], [w1, c, w2]) => add(gemm(swish(gemm(a, w1, { bias: c })), w2), b),
  },
  { own: [], body: ([a]) => a },
  { own: [[4], [4]], body: ([a, b], [scale, shift]) => mul(layerNorm(a, scale, shift), sigmoid(b)) },
  {
    own: [
      [3, 4, 2],
      [4, 3],
    ],
    body: ([a], [q, w]) => {
      const queries = reshape(gemm(a, reshape(q, [4, 6])), [3, 3, 2]);
      const heads = reshape(attention(queries, exp(queries), queries, 0.7), [3, 6]);
      const images = reshape(transpose(a, [1, 0]), [4, 1, 3]);
      const local = reshape(depthwiseConv1d(images, w), [4, 3]);
      return add(gemm(heads, reshape(q, [6, 4])), transpose(local, [1, 0]));
    },
  },
  { own: [[4]], body: ([, b], [c]) => mul(logSoftmax(mul(b, c)), c) },
  { own: [[1]], body: ([a, b], [c]) => minimum(mul(a, c), add(b, c)) },
  {
    own: [[3, 1]],
    body: ([a, b], [c]) => {
      const [left, right] = split(concat([a, b], 1), 1, [3, 5]);
      return mul(add(sum(left, [1], { keepAxes: true }), slice(right, 1, 1, 5)), c);
    },
  },
  { own: [[3, 4]], body: (_, [w]) => log(add(exp(w), 1)) },
];

describe('a choice between arms trains like the chosen arm alone', () => {
  for (const count of [1, 2, 3, 4, 9]) {
    test(`${count} arms`, () =>
      checkChoice({
        shared: [
          [3, 4],
          [3, 4],
        ],
        arms: ZOO.slice(0, count),
      }));
  }

  test('arms of one kind and different widths', () =>
    checkChoice({
      shared: [[3, 4]],
      arms: [2, 5, 3, 7].map((width): ChoiceArm => {
        return {
          own: [
            [4, width],
            [width, 4],
          ],
          body: ([a], [up, down]) => gemm(sigmoid(gemm(a, up)), down),
        };
      }),
    }));

  test('arms of one kind and one width, whose parameters could be mistaken for each other', () =>
    checkChoice({
      shared: [[2, 3]],
      arms: [0, 1, 2].map((at): ChoiceArm => ({ own: [[3, 3]], body: ([a], [w]) => mul(swish(gemm(a, w)), at + 1) })),
    }));

  test('any arms', async () => {
    const stepOf = fc.constantFrom<(a: Value, shared: readonly Value[], own: readonly Value[]) => Value>(
      (a) => sigmoid(a),
      (a) => swish(a),
      (a) => reshape(exp(reshape(a, [6])), [2, 3]),
      (a, [b]) => mul(a, b),
      (a, [, c]) => add(a, c),
      (a, _, [w]) => gemm(a, w),
      (a, _, [, v]) => mul(v, a),
      (a, [b], [, v]) => layerNorm(a, v, sum(b, [0])),
      (a) => transpose(transpose(a, [1, 0]), [1, 0]),
      (_, [b]) => b,
      (_, __, [, v]) => mul(v, constant(float32([2, 1], [1, 2]))),
    );
    const arm = fc.array(stepOf, { maxLength: 5 }).map((steps): ChoiceArm => {
      return {
        own: [[3, 3], [3]],
        body: (shared, own) => steps.reduce((a, one) => one(a, shared, own), shared[0]),
      };
    });
    const choices = fc.array(arm, { minLength: 2, maxLength: 4 }).map((arms): Choice => {
      return {
        shared: [
          [2, 3],
          [2, 3],
        ],
        arms,
      };
    });
    await fc.assert(
      fc.asyncProperty(choices, (choice) => checkChoice(choice)),
      { numRuns: 40, seed: 1 },
    );
  });
});

describe('the outputs of a branch', () => {
  test('are passed on from anywhere: captured, constant, one value twice, other dtypes', async () => {
    const outputs = branch(index, [
      { captures: [x, index], body: (a, i) => [a, a, i, cast(i, 'float32')] },
      {
        captures: [y],
        body: (b) => [
          constant(float32([2, 2], [1, 2, 3, 4])),
          sigmoid(b),
          constant(int64([1], [7])),
          constant(float32([1], [9])),
        ],
      },
    ]);
    const run = await compile(Object.fromEntries(outputs.map((output, at) => [`output${at}`, output])));
    const first = await run(choose(0));
    assert.deepEqual(first, {
      output0: FEEDS.x,
      output1: FEEDS.x,
      output2: int64([1], [0]),
      output3: float32([1], [0]),
    });
    const second = await run(choose(1));
    assert.deepEqual(second.output0, float32([2, 2], [1, 2, 3, 4]));
    assert.deepEqual(second.output2, int64([1], [7]));
    assert.deepEqual(second.output3, float32([1], [9]));
  });

  test('have a shape of the arm that ran', async () => {
    const [output] = branch(index, [
      { captures: [x], body: (a) => [a] },
      { captures: [x], body: (a) => [reshape(a, [4])] },
      { captures: [x], body: (a) => [sum(a)] },
    ]);
    const run = await compile({ output });
    assert.deepEqual((await run(choose(0))).output.shape, [2, 2]);
    assert.deepEqual((await run(choose(1))).output.shape, [4]);
    assert.deepEqual((await run(choose(2))).output, float32([], [2.5]));
  });

  test('may be fewer in some arms, with a gradient through those that are there', async () => {
    const first = input('first', 'float32', [2, 2]);
    const arms = [
      { captures: [x], body: (a: Value) => [sigmoid(exp(a))] },
      { captures: [x, first], body: (a: Value, b: Value) => [exp(sigmoid(a)), swish(mul(a, b)), exp(b)] },
      { captures: [x], body: (a: Value) => [swish(a), sum(exp(a))] },
    ];
    const [output, second, third] = branch(index, arms);
    const [grad, own] = vjp([output], [y], [x, first]);
    assert.ok(grad && own);
    const updated = branch(
      index,
      arms.map((_, at) =>
        at === 1 ? { captures: [own], body: (g: Value) => [g] } : { captures: [], body: () => [constant(1)] },
      ),
    )[0];
    const run = await compile({ output, grad, updated, second, third });
    for (const [at, { captures, body }] of arms.entries()) {
      const alone = body(...(captures as [Value, Value]));
      const expected = await evaluate(
        { output: alone[0], grad: vjp([alone[0]], [y], [x])[0] ?? x },
        { ...FEEDS, first: FEEDS.y },
      );
      const actual = await run({ ...choose(at), first: FEEDS.y });
      assertNear(actual.output, expected.output, `output of arm ${at}`);
      assertNear(actual.grad, expected.grad, `gradient of arm ${at}`);
      assert.deepEqual(actual.second.shape, [[0], [2, 2], []][at]);
      assert.deepEqual(actual.third.shape, [[0], [2, 2], [0]][at]);
    }
  });

  test('are computed by the chosen arm alone', async () => {
    // With a free batch dimension, the second arm needs an even number of elements, known only at run time.
    const [narrow, path] = [input('narrow', 'float32', [2, 3]), input('path', 'int64', [2])];
    const [output] = branch(slice(path, 0, 0, 1), [
      { captures: [narrow], body: (a) => [mul(a, 2)] },
      { captures: [narrow], body: (a) => [reshape(reshape(a, [3, 2]), [2, 3])] },
    ]);
    const run = await compile({ output }, { freeBatch: true });
    const odd = float32([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const { output: doubled } = await run({ narrow: odd, path: int64([3], [0, 1, 1]) });
    assert.deepEqual(numbersOf(doubled), [2, 4, 6, 8, 10, 12, 14, 16, 18]);
    await assert.rejects(run({ narrow: odd, path: int64([3], [1, 0, 0]) }), /Reshape/);
  });
});

describe('the gradient of a branch', () => {
  test('reaches a value that is captured twice as a whole', async () => {
    const [output] = branch(index, [
      { captures: [x, x], body: (a, b) => [mul(a, exp(b))] },
      { captures: [x, y, x], body: (a, b, c) => [mul(mul(a, b), c)] },
    ]);
    const run = await compile({ grad: gradients(sum(output), [x])[0] });
    const xs = numbersOf(FEEDS.x);
    assertNear(
      (await run(choose(0))).grad,
      float32(
        [2, 2],
        xs.map((a) => (1 + a) * Math.exp(a)),
      ),
      'x·eˣ',
    );
    assertNear(
      (await run(choose(1))).grad,
      float32(
        [2, 2],
        xs.map((a, at) => 2 * a * FEEDS.y.data[at]),
      ),
      'x²·y',
    );
  });

  test('of parameters that some arms share holds each in a slot of its own', async () => {
    const [p, q, r] = ['p', 'q', 'r'].map((name) => input(name, 'float32', [2]));
    const arms = [
      { captures: [x, p, q], body: (a: Value, b: Value, c: Value) => [add(mul(a, b), exp(c))] },
      { captures: [x, q, r], body: (a: Value, c: Value, d: Value) => [mul(mul(a, sigmoid(c)), d)] },
      { captures: [x, r, p], body: (a: Value, d: Value, b: Value) => [add(mul(a, mul(d, 3)), exp(mul(b, a)))] },
    ];
    const grads = vjp([sum(branch(index, arms)[0])], [constant(1)], [p, q, r]).map((grad) => grad ?? p);
    const [dp, dq, dr] = grads;
    const used = [
      [dp, dq],
      [dq, dr],
      [dr, dp],
    ];
    const collected = branch(
      index,
      used.map((captures) => ({ captures, body: (a, b) => [concat([a, b], 0)] })),
    )[0];
    const run = await compile({ collected });
    const feeds = { p: float32([2], [0.5, -1]), q: float32([2], [1.5, 2]), r: float32([2], [-0.25, 0.75]) };
    for (const [at, { captures, body }] of arms.entries()) {
      const [, second, third] = captures;
      const alone = gradients(sum(body(captures[0], second, third)[0]), [second, third]);
      const expected = await evaluate({ collected: concat(alone, 0) }, { ...FEEDS, ...feeds });
      assertNear((await run({ ...choose(at), ...feeds })).collected, expected.collected, `gradients of arm ${at}`);
    }
  });

  test('of an arm’s own parameter cannot be used where the arm is unknown, even if all arms agree on its shape', () => {
    const [p, q] = ['p', 'q'].map((name) => input(name, 'float32', [2]));
    const arms = [p, q].map((own) => ({ captures: [x, own], body: (a: Value, b: Value) => [mul(a, b)] }));
    const loss = sum(branch(index, arms)[0]);
    for (const grad of gradients(loss, [p, q]))
      assert.throws(() => mul(grad, 2), /GraphError: this value's type depends on which arm of a branch ran/);
    assert.throws(
      () => gradients(add(loss, sum(p)), [p]),
      /GraphError: an input that only some arms .* capture is used elsewhere/,
    );
    assert.throws(() => gradients(add(loss, sum(branch(index, arms)[0])), [p]), /capture it in all arms/);
  });

  test('of a computed value is zero where the arm that ran did not capture it', async () => {
    const z = sigmoid(y);
    const bodies = [(a: Value, b: Value) => mul(a, b), (a: Value) => exp(a)];
    const [output] = branch(index, [
      { captures: [x, z], body: (a, b) => [bodies[0](a, b)] },
      { captures: [x, y], body: (a, b) => [bodies[1](a, b)] },
      { captures: [y, x], body: (b, a) => [mul(bodies[0](a, b), b)] },
    ]);
    const run = await compile({ grad: gradients(sum(output), [z])[0], whole: gradients(sum(output), [x])[0] });
    assert.deepEqual((await run(choose(0))).grad, FEEDS.x);
    assert.deepEqual(numbersOf((await run(choose(1))).grad), [0, 0, 0, 0]);
    assert.deepEqual(numbersOf((await run(choose(2))).grad), [0, 0, 0, 0]);
  });

  test('adds up over branches and other uses of a value', async () => {
    const other = input('other', 'int64', [1]);
    const first = [(a: Value) => exp(a), (a: Value) => mul(a, a), (a: Value) => a];
    const second = [(a: Value, b: Value) => mul(a, sigmoid(b)), (a: Value) => swish(a)];
    const network = (one: (a: Value) => Value, two: (a: Value, b: Value) => Value) =>
      sum(add(mul(two(one(x), x), one(y)), mul(x, 0.5)));
    const choice =
      (at: Value, bodies: readonly ((a: Value, b: Value) => Value)[]) =>
      (a: Value, b = a) =>
        branch(
          at,
          bodies.map((body) => ({ captures: [a, b], body: (...inner) => [body(inner[0], inner[1])] })),
        )[0];
    const run = await compile({ grad: gradients(network(choice(index, first), choice(other, second)), [x])[0] });
    for (const i of first.keys()) {
      for (const j of second.keys()) {
        const alone = await evaluate({ grad: gradients(network(first[i], second[j]), [x])[0] }, FEEDS);
        const { grad } = await run({ ...choose(i), other: int64([1], [j]) });
        assertNear(grad, alone.grad, `arms ${i} and ${j}`);
      }
    }
  });

  test('flows through a value that has another shape in every arm', async () => {
    const widths = [[4], [2, 2], [1, 4, 1]];
    const [hidden] = branch(
      index,
      widths.map((shape) => ({ captures: [x], body: (a) => [reshape(exp(a), shape)] })),
    );
    const [output] = branch(
      index,
      widths.map((_, at) => ({ captures: [hidden], body: (h) => [reshape(mul(sigmoid(h), at + 1), [2, 2])] })),
    );
    const run = await compile({ grad: gradients(sum(output), [x])[0] });
    for (const at of widths.keys()) {
      const alone = await evaluate({ grad: gradients(sum(mul(sigmoid(exp(x)), at + 1)), [x])[0] }, FEEDS);
      assertNear((await run(choose(at))).grad, alone.grad, `arm ${at}`);
    }
  });

  test('can be taken twice, of several outputs, and again of itself', async () => {
    const bodies = [
      (a: Value, b: Value) => [exp(mul(a, b)), mul(mul(a, a), a)],
      (a: Value, b: Value) => [mul(mul(a, a), b), sigmoid(mul(a, b))],
    ];
    const [left, right] = branch(
      index,
      bodies.map((body) => ({ captures: [x, y], body })),
    );
    const outputsOf = (one: Value, two: Value) => {
      const [grad] = gradients(sum(one), [x]);
      const [both] = gradients(add(sum(mul(one, y)), sum(two)), [x]);
      const [curvature, mixed] = gradients(sum(mul(grad, y)), [x, y]);
      return { grad, other: gradients(sum(two), [x])[0], both, curvature, mixed };
    };
    const run = await compile(outputsOf(left, right));
    for (const [at, body] of bodies.entries()) {
      const [one, two] = body(x, y);
      const expected = await evaluate(outputsOf(one, two), FEEDS);
      const actual = await run(choose(at));
      for (const name of Object.keys(expected)) assertNear(actual[name], expected[name], `${name} of arm ${at}`);
    }
  });

  test('reaches into branches of an arm, whose intermediates differ in shape and number', async () => {
    const inner = input('inner', 'int64', [1]);
    const leaves: readonly ((a: Value, b: Value) => Value)[] = [
      (a, b) => mul(exp(a), sigmoid(b)),
      (a, b) => reshape(swish(reshape(mul(a, b), [4])), [2, 2]),
      (a) => slice(gemm(a, exp(concat([a, a], 1)), { transposeA: true }), 1, 1, 3),
    ];
    const nested = (at: Value, a: Value, b: Value) =>
      branch(
        at,
        leaves.map((leaf) => ({ captures: [a, b], body: (c, d) => [leaf(c, d)] })),
      )[0];
    const outer = [
      (pick: (a: Value, b: Value) => Value, a: Value, b: Value) => mul(sigmoid(pick(exp(a), b)), a),
      (_: (a: Value, b: Value) => Value, a: Value, b: Value) => mul(exp(a), b),
      (pick: (a: Value, b: Value) => Value, a: Value, b: Value) => add(pick(mul(a, b), a), b),
    ];
    const [output] = branch(
      index,
      outer.map((body) => ({ captures: [x, y, inner], body: (a, b, at) => [body((c, d) => nested(at, c, d), a, b)] })),
    );
    const step = (value: Value) => {
      const [dx, dy] = gradients(sum(mul(value, value)), [x, y]);
      return { value, dx, dy };
    };
    const run = await compile(step(output));
    for (const [at, body] of outer.entries()) {
      for (const [below, leaf] of leaves.entries()) {
        const expected = await evaluate(step(body(leaf, x, y)), FEEDS);
        const actual = await run({ ...choose(at), inner: int64([1], [below]) });
        for (const name of Object.keys(expected))
          assertNear(actual[name], expected[name], `${name} of arms ${at}, ${below}`);
      }
    }
  });
});

describe('a branch refuses', () => {
  const whole = { captures: [x], body: (a: Value) => [a] };

  test('outer values that an arm did not capture', () => {
    assert.throws(() => branch(index, [whole, { captures: [], body: () => [mul(x, 2)] }]), {
      name: 'GraphError',
      message: 'arm 1 of a branch uses an outer value in mul without capturing it',
    });
    assert.throws(() => branch(index, [{ captures: [], body: () => [x] }, whole]), {
      name: 'GraphError',
      message: 'arm 0 of a branch returns an outer value without capturing it',
    });
    const nested = (a: Value, i: Value) =>
      branch(i, [
        { captures: [], body: () => [exp(a)] },
        { captures: [a], body: (b) => [b] },
      ]);
    assert.throws(
      () => branch(index, [whole, { captures: [x, index], body: nested }]),
      /arm 0 of a branch uses an outer value in exp/,
    );
  });

  test('no arms, an index that is not one int64, arms that disagree on a dtype', () => {
    assert.throws(() => branch(index, []), { name: 'GraphError', message: 'a branch has no arms' });
    assert.throws(() => branch(x, [whole, whole]), {
      message: 'the index of a branch is float32[2, 2] instead of one int64',
    });
    assert.throws(() => branch(input('path', 'int64', [3]), [whole, whole]), /index of a branch is int64\[3\]/);
    assert.throws(() => branch(index, [whole, { captures: [x], body: (a) => [cast(a, 'int64')] }]), {
      message: 'output 0 of a branch has dtype float32 or int64 in its arms',
    });
  });

  test('to let out a value whose type depends on the arm', () => {
    const flat = { captures: [x], body: (a: Value) => [reshape(a, [4])] };
    const [variant] = branch(index, [whole, flat]);
    const captured = { captures: [variant], body: (a: Value) => [exp(a)] };
    assert.throws(
      () => exp(variant),
      /GraphError: .*depends on which arm of a branch ran \(float32\[2, 2\] \| float32\[4\]\); use it inside an arm/,
    );
    assert.throws(
      () => branch(input('other', 'int64', [1]), [captured, captured]),
      /captured by a branch on another index/,
    );
    assert.throws(() => branch(index, [captured, captured, captured]), /branch of 2 arms is captured by arm 2/);
  });

  test('to state one cost for all arms', () => {
    const [output] = branch(index, [whole, whole]);
    assert.throws(() => macsOf([output]), GraphError);
  });
});

test('a branch is lowered to a balanced tree with only the outputs that are read', () => {
  const bodies = Array.from({ length: 9 }, (_, at) => ({
    captures: [x],
    body: (a: Value) => [exp(mul(a, at)), log(a)],
  }));
  const [output] = branch(index, bodies);
  const counts = countNodes(lower({ output }));
  assert.equal(counts.If, 8);
  assert.equal(nestingOf(lower({ output })), 4);
  assert.equal(counts.Exp, 9);
  assert.equal(counts.Log, undefined);
});

test('a branch outputs what its gradient reads once, and no reshapes', () => {
  const body = (a: Value) => [sum(mul(reshape(exp(a), [4]), reshape(exp(a), [4])))];
  const [loss] = branch(index, [
    { captures: [x], body },
    { captures: [x], body: (a) => [sum(exp(a))] },
  ]);
  const { source } = loss;
  assert.ok(source.kind === 'node');
  assert.equal(source.node.outputs.length, 1);
  gradients(loss, [x]);
  // the loss and the two exponentials of the first arm; that of the second shares a slot with one of them
  assert.equal(source.node.outputs.length, 3);
  gradients(loss, [x]);
  assert.equal(source.node.outputs.length, 3);
});
