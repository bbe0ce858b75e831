import assert from 'node:assert/strict';
import { macsOf } from '../../src/graph/cost.js';
import { GraphError } from '../../src/graph/error.js';
import { vjp } from '../../src/graph/gradient.js';
import { cast } from '../../src/graph/ops/cast.js';
import { input, type Value } from '../../src/graph/value.js';
import { seeded } from '../../src/random/rng.js';
import type { DeviceKind } from '../../src/runtime/device.js';
import { zeros, type Tensor } from '../../src/tensor/tensor.js';
import { evaluate } from './evaluate.js';
import { draw, numbers, type OperatorCase } from './operatorCase.js';
import { Contraction, Reference } from './reference.js';

/** float32 carries 7 digits; sums of a dozen products and a chain of a few operators lose one or two of them. */
const TOLERANCE = 1e-5;
/** Compared to this, a value is small. */
const SMALL = 0.01;
/** The same for gradients on other devices: of x / x, two terms of size 1 cancel, and leave a unit in the last place, 1.2e-7. */
const CANCELLED = 0.02;
/** Differences of differences in float64 are good for 4 digits. */
const SECOND_TOLERANCE = 2e-4;
const STEP = 1e-5;
/** The rounding error of a second difference grows with the inverse square of its step. */
const WIDE_STEP = 3e-4;

/** One case with random inputs and random gradients of its outputs. */
interface Trial {
  readonly all: readonly Value[];
  readonly inputs: readonly Value[];
  readonly at: readonly Reference[];
  /** The outputs that carry a gradient, and their gradients. */
  readonly outputs: readonly Value[];
  readonly seeds: readonly Value[];
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Σ ⟨outputs, seeds⟩ by the reference. */
  readonly objective: (at: readonly Reference[]) => number;
  /** One random tensor per input, of its shape: a direction to differentiate along. */
  readonly direction: readonly Tensor[];
}

/**
 * Checks one call of an operator against its reference: outputs, dtypes, shapes and multiply-accumulates; its gradient
 * against central differences of the reference, for all inputs together and for each alone; and the second derivative
 * likewise, or that it is refused.
 */
export async function checkOperator(operator: string, one: OperatorCase): Promise<void> {
  const trial = trialOf(operator, one);
  const { all, inputs, outputs, feeds } = trial;
  checkShapes(one, trial);
  assertOutputs(one, trial, await evaluate(named('output', all), feeds));
  if (one.constant) {
    const none = inputs.map(() => undefined);
    const read = outputs.map((output) => (output.dtype === 'float32' ? output : cast(output, 'float32')));
    assert.deepEqual(vjp(read, trial.seeds, inputs), none, 'no gradient flows to any input');
    return;
  }
  await checkGradient(trial);
  await checkSecondGradient(trial, one.once ?? false);
}

/**
 * Checks one call of an operator on another device than the CPU: outputs and the gradient for all inputs together, in
 * one program, since compiling takes long.
 */
export async function checkOperatorOn(kind: DeviceKind, operator: string, one: OperatorCase): Promise<void> {
  const trial = trialOf(operator, one);
  const { all, inputs, outputs, seeds, feeds } = trial;
  const gradients = one.constant ? [] : vjp(outputs, seeds, inputs).map(defined);
  const actual = await evaluate({ ...named('output', all), ...named('together', gradients) }, feeds, { kind });
  assertOutputs(one, trial, actual);
  gradients.forEach((_, k) => {
    const grad = centralDifferences(trial.objective, trial.at, k, STEP);
    assertClose(actual[`together${k}`], grad, TOLERANCE, `gradient of input ${k}`, CANCELLED);
  });
}

function trialOf(operator: string, one: OperatorCase): Trial {
  const random = seeded(operator).fork(one.name);
  const values = one.inputs.map((operand, at) => draw(operand, random.fork('input').fork(at)));
  const inputs = values.map(({ dtype, shape }, at) => input(`input${at}`, dtype, shape));
  const at = values.map(({ shape, data }) => new Reference(shape, Float64Array.from(data, Number)));
  const applied = one.apply(inputs);
  const all = 'type' in applied ? [applied] : applied;
  const outputs = all.slice(0, all.length - (one.saved ?? 0));
  const seedValues = outputs.map(({ shape }, k) => draw(numbers(shape), random.fork('seed').fork(k)));
  const direction = values.map(({ shape }, k) => draw(numbers(shape), random.fork('direction').fork(k)));
  return {
    all,
    inputs,
    at,
    outputs,
    seeds: outputs.map(({ shape }, k) => input(`seed${k}`, 'float32', shape)),
    feeds: { ...named('input', values), ...named('seed', seedValues), ...named('direction', direction) },
    objective: (point) => {
      const results = [one.reference(point, new Contraction())].flat();
      return seedValues.reduce(
        (sum, seed, k) => sum + product(Float64Array.from(seed.data, Number), results[k].data),
        0,
      );
    },
    direction,
  };
}

/** What needs no device. */
function checkShapes(one: OperatorCase, { all, at }: Trial): void {
  const products = new Contraction();
  const expected = [one.reference(at, products)].flat();
  assert.equal(all.length, expected.length, 'number of outputs');
  assert.equal(macsOf(all), products.count, 'multiply-accumulates');
  all.forEach(({ shape }, k) => assert.deepEqual(shape, expected[k].shape, `inferred shape of output ${k}`));
}

function assertOutputs(one: OperatorCase, { all, at }: Trial, actual: Readonly<Record<string, Tensor>>): void {
  const expected = [one.reference(at, new Contraction())].flat();
  all.forEach(({ dtype }, k) => {
    assert.equal(actual[`output${k}`].dtype, dtype, `dtype of output ${k}`);
    assertClose(actual[`output${k}`], expected[k], TOLERANCE, `output ${k}`);
  });
}

async function checkGradient({ inputs, at, outputs, seeds, feeds, objective }: Trial): Promise<void> {
  const together = vjp(outputs, seeds, inputs).map(defined);
  const alone = inputs.map((target) => defined(vjp(outputs, seeds, [target])[0]));
  const actual = await evaluate({ ...named('together', together), ...named('alone', alone) }, feeds);
  inputs.forEach(({ shape }, k) => {
    const grad = centralDifferences(objective, at, k, STEP);
    assert.deepEqual(together[k].shape, shape, `inferred shape of the gradient of input ${k}`);
    assertClose(actual[`together${k}`], grad, TOLERANCE, `gradient of input ${k}`);
    assertClose(actual[`alone${k}`], grad, TOLERANCE, `gradient of input ${k}, wanted alone`);
  });
}

/** The gradient of ⟨gradient, direction⟩: the Hessian times the direction. */
async function checkSecondGradient(trial: Trial, refused: boolean): Promise<void> {
  const { inputs, at, outputs, seeds, feeds, objective, direction } = trial;
  const differentiate = () =>
    vjp(
      vjp(outputs, seeds, inputs).map(defined),
      direction.map(({ shape }, k) => input(`direction${k}`, 'float32', shape)),
      inputs,
    );
  if (refused) {
    assert.throws(differentiate, GraphError, 'a second derivative is refused');
    return;
  }
  const second = differentiate();
  const flowing = Object.entries(named('second', second)).filter(
    (entry): entry is [string, Value] => entry[1] !== undefined,
  );
  const actual = flowing.length === 0 ? {} : await evaluate(Object.fromEntries(flowing), feeds);
  const towards = direction.map(({ data }) => Float64Array.from(data, Number));
  const derivativeAlong = (point: readonly Reference[]): number => {
    const shifted = (step: number) =>
      point.map(({ shape, data }, k) => {
        return new Reference(
          shape,
          data.map((x, element) => x + step * towards[k][element]),
        );
      });
    return (objective(shifted(WIDE_STEP)) - objective(shifted(-WIDE_STEP))) / (2 * WIDE_STEP);
  };
  inputs.forEach((_, k) => {
    const expected = centralDifferences(derivativeAlong, at, k, WIDE_STEP);
    const found = second[k] === undefined ? zeros('float32', at[k].shape) : actual[`second${k}`];
    assertClose(found, expected, SECOND_TOLERANCE, `second derivative by input ${k}`);
  });
}

/** The derivative of `objective` by every element of argument `k`, by central differences. */
function centralDifferences(
  objective: (at: readonly Reference[]) => number,
  at: readonly Reference[],
  k: number,
  step: number,
): Reference {
  const valueAt = (element: number, change: number): number => {
    const data = at[k].data.slice();
    data[element] += change;
    return objective(at.with(k, new Reference(at[k].shape, data)));
  };
  const grad = at[k].data.map((_, element) => (valueAt(element, step) - valueAt(element, -step)) / (2 * step));
  return new Reference(at[k].shape, grad);
}

/** Compares to within `tolerance` of the largest element, plus a little for values that should be 0: `tolerance` of `small`. */
function assertClose(actual: Tensor, expected: Reference, tolerance: number, what: string, small = SMALL): void {
  assert.deepEqual(actual.shape, expected.shape, `shape of ${what}`);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const found = Array.from(actual.data, Number);
  found.forEach((value, element) => {
    const error = Math.abs(value - expected.data[element]);
    // `!(… <= …)` also catches NaN
    if (!(error <= tolerance * (largest + small))) {
      assert.fail(`${what}: [${found.join(', ')}] instead of [${expected.data.join(', ')}]`);
    }
  });
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at], 0);
}

function defined(value: Value | undefined): Value {
  assert.ok(value, 'a gradient flows to every input');
  return value;
}

function named<T>(prefix: string, values: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(values.map((value, at) => [`${prefix}${at}`, value]));
}
