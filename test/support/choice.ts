import assert from 'node:assert/strict';
import { branch } from '../../src/graph/branch.js';
import { vjp } from '../../src/graph/gradient.js';
import { lower } from '../../src/graph/lower.js';
import { concat } from '../../src/graph/ops/concat.js';
import { mul } from '../../src/graph/ops/mul.js';
import { reshape } from '../../src/graph/ops/reshape.js';
import { sigmoid } from '../../src/graph/ops/sigmoid.js';
import { sub } from '../../src/graph/ops/sub.js';
import { sum } from '../../src/graph/ops/sum.js';
import { constant, input, type Value } from '../../src/graph/value.js';
import { seeded } from '../../src/random/rng.js';
import { int64, sizeOf, zeros, type Shape, type Tensor } from '../../src/tensor/tensor.js';
import { compile, evaluate } from './evaluate.js';
import { countNodes } from './onnxNodes.js';
import { draw, numbers } from './operatorCase.js';

/** A choice between networks with the same shared values, each with its own parameters. */
export interface Choice {
  readonly shared: readonly Shape[];
  readonly arms: readonly ChoiceArm[];
}

export interface ChoiceArm {
  readonly own: readonly Shape[];
  readonly body: (shared: readonly Value[], own: readonly Value[]) => Value;
}

type Outputs = Readonly<Record<string, Value>>;

/** One training step: loss, gradients of the shared values, and the updated parameters. */
function step(result: Value, shared: readonly Value[], parameters: readonly Value[], moved: Move): Outputs {
  const loss = sum(mul(sigmoid(result), result));
  const grads = vjp([loss], [constant(1)], [...shared, ...parameters]).map(
    (grad, at) => grad ?? constant(zeros('float32', [...shared, ...parameters][at].shape)),
  );
  const gradients: Outputs = Object.fromEntries(shared.map((_, at) => [`gradient${at}`, grads[at]]));
  return { result, loss, updated: moved(grads.slice(shared.length)), ...gradients };
}

type Move = (grads: readonly Value[]) => Value;

/** Plain gradient descent; the parameters of an arm as one vector. */
function descended(parameters: readonly Value[], grads: readonly Value[]): Value {
  const flat = parameters.map((value, at): Value => reshape(sub(value, mul(grads[at], 0.1)), [sizeOf(value.shape)]));
  return flat.length === 0 ? constant(zeros('float32', [1])) : concat(flat, 0);
}

/** The training step of one arm alone, without any branch. */
export function staticStep({ shared, arms }: Choice, chosen: number): Outputs {
  const inputs = sharedInputs(shared);
  const own = ownInputs(arms[chosen], chosen);
  return step(arms[chosen].body(inputs, own), inputs, own, (grads) => descended(own, grads));
}

/** The training step of a branch over all arms: the parameters are moved by a second branch on the same index. */
export function branchedStep({ shared, arms }: Choice): Outputs {
  const index = input('index', 'int64', [1]);
  const inputs = sharedInputs(shared);
  const own = arms.map(ownInputs);
  const [result] = branch(
    index,
    arms.map(({ body }, at) => ({
      captures: [...inputs, ...own[at]],
      body: (...inner) => [body(inner.slice(0, inputs.length), inner.slice(inputs.length))],
    })),
  );
  return step(result, inputs, own.flat(), (grads) => {
    let start = 0;
    const perArm = own.map((values) => grads.slice(start, (start += values.length)));
    const update = arms.map((_, at) => ({
      captures: [...own[at], ...perArm[at]],
      body: (...inner: readonly Value[]) => [descended(inner.slice(0, own[at].length), inner.slice(own[at].length))],
    }));
    return branch(index, update)[0];
  });
}

function sharedInputs(shapes: readonly Shape[]): readonly Value[] {
  return shapes.map((shape, at) => input(`shared${at}`, 'float32', shape));
}

function ownInputs({ own }: ChoiceArm, arm: number): readonly Value[] {
  return own.map((shape, at) => input(`arm${arm}.${at}`, 'float32', shape));
}

/**
 * Checks that the training step of a choice equals, for every index, that of the chosen arm alone, and that the
 * branches contain only the nodes of the arms: nothing is computed twice for the gradient.
 */
export async function checkChoice(choice: Choice, seed: string | number = 'choice'): Promise<void> {
  const random = seeded(seed);
  const feeds: Record<string, Tensor> = {};
  for (const { source, shape } of [...sharedInputs(choice.shared), ...choice.arms.flatMap(ownInputs)]) {
    if (source.kind === 'input') feeds[source.name] = draw(numbers(shape), random.fork(source.name));
  }
  const branched = branchedStep(choice);
  const run = await compile(branched);
  for (const chosen of choice.arms.keys()) {
    const expected = await evaluate(staticStep(choice, chosen), feeds);
    const actual = await run({ ...feeds, index: int64([1], [chosen]) });
    for (const [name, tensor] of Object.entries(expected)) {
      assertNear(actual[name], tensor, `${name} with arm ${chosen} of ${choice.arms.length}`);
    }
  }
  assertNoRepetition(choice, branched);
}

/** Nodes that name, route, fill or reinterpret values: a branch needs more of them than its arms alone. */
const FREE = new Set(['If', 'Less', 'Identity', 'Reshape', 'Expand']);

function assertNoRepetition(choice: Choice, branched: Outputs): void {
  const alone = choice.arms.map((_, chosen) => countNodes(lower(staticStep(choice, chosen))));
  // The nodes outside the branch, which every single arm's step contains once.
  const identity: ChoiceArm = { own: [], body: ([first]) => first };
  const outside = countNodes(lower(staticStep({ ...choice, arms: [identity] }, 0)));
  for (const [type, count] of Object.entries(countNodes(lower(branched)))) {
    if (FREE.has(type)) continue;
    const inArms = alone.reduce((total, nodes) => total + (nodes[type] ?? 0) - (outside[type] ?? 0), 0);
    const needed = inArms + (outside[type] ?? 0);
    assert.ok(count <= needed, `${count} ${type} nodes, where the arms alone have ${needed}`);
  }
}

export function assertNear(actual: Tensor, expected: Tensor, what: string, tolerance = 1e-5): void {
  assert.deepEqual(actual.shape, expected.shape, `shape of ${what}`);
  const found = Array.from(actual.data, Number);
  const wanted = Array.from(expected.data, Number);
  const largest = Math.max(0.01, ...wanted.map(Math.abs));
  found.forEach((value, at) => {
    if (!(Math.abs(value - wanted[at]) <= tolerance * largest)) {
      assert.fail(`${what}: [${found.join(', ')}] instead of [${wanted.join(', ')}]`);
    }
  });
}
