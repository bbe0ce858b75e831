import { broadcastAxes, sameShape } from '../tensor/shape.js';
import { zeros } from '../tensor/tensor.js';
import { GraphError } from './error.js';
import { add } from './ops/add.js';
import { reshape } from './ops/reshape.js';
import { sum } from './ops/sum.js';
import { nodesOf } from './traverse.js';
import { constant, type Value } from './value.js';

/**
 * The gradient of a scalar with respect to each of `parameters`, as values of the same graph. A parameter that the
 * scalar does not depend on gets zeros.
 */
export function gradients(scalar: Value, parameters: readonly Value[]): readonly Value[] {
  if (scalar.shape.length !== 0)
    throw new GraphError(`only a scalar has a gradient, not a value of rank ${scalar.shape.length}`);
  return vjp([scalar], [constant(1)], parameters).map(
    (gradient, index) => gradient ?? constant(zeros('float32', parameters[index].shape)),
  );
}

/**
 * Reverse mode (vector-Jacobian product): the gradient of Σ ⟨outputs, seeds⟩ with respect to each of `targets`;
 * undefined where nothing flows. Broadcasting is undone here, once for all operators. Values in `known` are constants:
 * nothing flows past them.
 */
export function vjp(
  outputs: readonly Value[],
  seeds: readonly (Value | undefined)[],
  targets: readonly Value[],
  known?: { has(value: Value): boolean },
): readonly (Value | undefined)[] {
  const nodes = nodesOf(outputs, known);
  const active = new Set<Value>(targets);
  for (const { inputs, outputs: results } of nodes) {
    if (inputs.some((value) => active.has(value))) {
      for (const result of results) active.add(result);
    }
  }

  const gradientOf = new Map<Value, Value>();
  const accumulate = (value: Value, gradient: Value): void => {
    const before = gradientOf.get(value);
    gradientOf.set(value, before === undefined ? gradient : addGradients(before, gradient));
  };
  outputs.forEach((output, index) => {
    const seed = seeds[index];
    if (seed !== undefined) accumulate(output, seed);
  });
  for (const node of [...nodes].reverse()) {
    const grads = node.outputs.map((output) => gradientOf.get(output));
    const wanted = node.inputs.map((value) => active.has(value));
    if (!wanted.includes(true) || grads.every((gradient) => gradient === undefined)) continue;
    const inputGradients = node.gradient(grads, wanted);
    node.inputs.forEach((value, index) => {
      const gradient = inputGradients[index];
      if (wanted[index] && gradient !== undefined) accumulate(value, unbroadcast(gradient, value));
    });
  }
  return targets.map((target) => gradientOf.get(target));
}

/** Sums a gradient over the axes along which `value` was broadcast. */
function unbroadcast(gradient: Value, value: Value): Value {
  if ('arms' in gradient.type || sameShape(gradient.shape, value.shape)) return gradient;
  return reshape(sum(gradient, broadcastAxes(value.shape, gradient.shape)), value.shape);
}

function addGradients(a: Value, b: Value): Value {
  if ('arms' in a.type || 'arms' in b.type) {
    throw new GraphError(
      'an input that only some arms of a branch capture is used elsewhere too; capture it in all arms',
    );
  }
  return add(a, b);
}
