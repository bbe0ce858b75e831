import { sizeOf, type DType } from '../tensor/tensor.js';
import { argument, trace, typeInArm, type Arm, type TracedArm } from './arm.js';
import { lowerBranch } from './branchLowering.js';
import { GraphError } from './error.js';
import { vjp } from './gradient.js';
import { add } from './ops/add.js';
import { expand } from './ops/expand.js';
import { nodesOf } from './traverse.js';
import { constant, dtypeOf, formatType, sameType, Value, type Node, type ValueType } from './value.js';

/**
 * Runs one of K arms, chosen by `index` (int64, one element) at run time, and returns its outputs.
 *
 * Arms may differ in everything except the dtypes of their outputs. If they agree on an output's shape, it is an
 * ordinary value; otherwise its type is a {@link VariantType}, which other branches on the same index can use. A single
 * arm makes no branch: its body is built in place.
 *
 * The gradient is a branch on the same index. It computes nothing twice: the forward arms return the intermediates that
 * it needs through extra outputs, which {@link Node.gradient} adds on demand. The gradient of a captured value is an
 * ordinary value, zero if the arm that ran did not capture it. Graph inputs that only some arms capture, their own
 * parameters, are the exception: no zeros are made for arms that did not run. Their gradient is a variant, which arms
 * without that input fill with the gradient of one of their own parameters.
 */
export function branch(index: Value, arms: readonly Arm[]): readonly Value[] {
  if (arms.length === 0) throw new GraphError('a branch has no arms');
  if (index.dtype !== 'int64' || sizeOf(index.shape) !== 1) {
    throw new GraphError(`the index of a branch is ${formatType(index.type)} instead of one int64`);
  }
  if (arms.length === 1) return arms[0].body(...arms[0].captures);
  return record(
    index,
    arms.map((arm, at) => trace(index, arm, at)),
  );
}

/** `perArm`: from this slot on, outputs mean something different in every arm, even if their types agree. */
function record(index: Value, arms: readonly TracedArm[], perArm = Infinity): readonly Value[] {
  const outers = [...new Set(arms.flatMap((arm) => [...arm.bindings.values()]))];
  const outputs: Value[] = [];
  const node: Node = {
    operator: 'branch',
    attributes: { arms: arms.length },
    inputs: [index, ...outers],
    outputs,
    gradient: (grads, wanted) => [undefined, ...gradient(node, index, arms, outers, grads, wanted.slice(1))],
    isView: false,
    isElementwise: false,
    macs: () => {
      throw new GraphError('the cost of a branch depends on the arm that runs; build the chosen network instead');
    },
    lower: (emit, [indexName, ...outerNames], used) =>
      lowerBranch(emit, indexName, arms, new Map(outers.map((outer, at) => [outer, outerNames[at]])), outputs, used),
  };
  addOutputs(node, outputs, index, arms, perArm);
  return outputs;
}

/** Adds an output value to the node for every new slot of its arms. */
function addOutputs(node: Node, outputs: Value[], index: Value, arms: readonly TracedArm[], perArm = Infinity): void {
  const slots = Math.max(...arms.map((arm) => arm.outputs.length));
  for (let slot = outputs.length; slot < slots; slot++) {
    const dtype = arms.find((arm) => arm.outputs[slot] !== undefined)?.outputs[slot]?.dtype ?? 'float32';
    const types = arms.map((arm) => arm.outputs[slot]?.type ?? nothing(dtype));
    if (types.some((type) => dtypeOf(type) !== dtype)) {
      throw new GraphError(`output ${slot} of a branch has dtype ${types.map(dtypeOf).join(' or ')} in its arms`);
    }
    const agree = slot < perArm && types.every((other) => sameType(other, types[0]));
    const type = agree ? types[0] : { index, arms: types };
    outputs.push(new Value(type, { kind: 'node', node }));
  }
}

/** An arm's output in a slot that it does not use. */
function nothing(dtype: DType): ValueType {
  return { dtype, shape: [0] };
}

type Grads = readonly (Value | undefined)[];

function gradient(
  node: Node,
  index: Value,
  arms: readonly TracedArm[],
  outers: readonly Value[],
  grads: Grads,
  wanted: readonly boolean[],
): Grads {
  const targets = outers.filter((_, at) => wanted[at]);
  const captures = (arm: TracedArm, outer: Value): boolean => [...arm.bindings.values()].includes(outer);
  const isOwn = (outer: Value): boolean => outer.source.kind === 'input' && !arms.every((arm) => captures(arm, outer));
  const shared = targets.filter((outer) => !isOwn(outer));
  const ownSlots = slotsOf(targets.filter(isOwn), (outer) => arms.filter((arm) => captures(arm, outer)));

  const pulled = arms.map((arm, at) => {
    const { seeds, gradOf } = vjpOfArm(index, arm, at, grads, targets);
    const outputs: (Value | undefined)[] = shared.map(gradOf);
    for (const [outer, slot] of ownSlots) if (captures(arm, outer)) outputs[shared.length + slot] = gradOf(outer);
    // fill holes with undefined: the arm has no output there
    return { seeds, outputs: Array.from(outputs) };
  });
  const needs = arms.map((arm, at) => readByGradient(arm, pulled[at].outputs));
  const saved = saveIntermediates(
    node,
    index,
    arms,
    needs.map(({ intermediates }) => intermediates),
  );
  const backward = arms.map((arm, at): TracedArm => {
    // All arms keep capturing shared values, read or not, so that the gradient of the gradient has them too.
    const captured = [...arm.bindings].filter(([value, outer]) => needs[at].captured.has(value) || !isOwn(outer));
    const bindings = new Map<Value, Value>([...captured, ...saved[at], ...pulled[at].seeds]);
    return { bindings, outputs: pulled[at].outputs };
  });
  const results = record(index, backward, shared.length);
  return outers.map((outer) => {
    if (shared.includes(outer)) return results[shared.indexOf(outer)];
    const slot = ownSlots.get(outer);
    return slot === undefined ? undefined : results[shared.length + slot];
  });
}

/** Assigns each value a slot that no other value of the same arm uses. */
function slotsOf(values: readonly Value[], armsOf: (value: Value) => readonly TracedArm[]): ReadonlyMap<Value, number> {
  const slots = new Map<Value, number>();
  for (const value of values) {
    const arms = armsOf(value);
    const rivals = [...slots].filter(([other]) => armsOf(other).some((arm) => arms.includes(arm)));
    const taken = new Set(rivals.map(([, slot]) => slot));
    let free = 0;
    while (taken.has(free)) free++;
    slots.set(value, free);
  }
  return slots;
}

/**
 * Differentiates arm `at`. `seeds` maps inner values to the gradients of the branch's outputs; `gradOf` gives the arm's
 * gradient for one of `targets`, zeros where none flows (undefined for a variant).
 */
function vjpOfArm(index: Value, arm: TracedArm, at: number, grads: Grads, targets: readonly Value[]) {
  const seeds = grads.map((grad) => grad && argument(typeInArm(grad, index, at)));
  const slots = [...arm.outputs.keys()].filter((slot) => arm.outputs[slot] !== undefined);
  const inner = [...arm.bindings].filter(([, outer]) => targets.includes(outer));
  const innerGrads = vjp(
    slots.map((slot) => arm.outputs[slot] as Value),
    slots.map((slot) => seeds[slot]),
    inner.map(([value]) => value),
    arm.bindings,
  );
  const gradOf = (outer: Value): Value | undefined => {
    // An outer value may stand behind several inner ones: captured twice, or captured and a seed.
    const parts = innerGrads.filter((_, position) => inner[position][1] === outer).filter((part) => part !== undefined);
    if (parts.length > 0) return parts.reduce(add);
    const type = typeInArm(outer, index, at);
    // Made when needed: an activation's zeros would be a large constant of the model.
    return 'arms' in type ? undefined : expand(constant(0), type.shape);
  };
  const bindings = seeds.flatMap((seed, slot) => (seed ? [[seed, grads[slot] as Value] as const] : []));
  return { seeds: bindings, gradOf };
}

/** The values of the forward arm that its gradient reads: captured values, and intermediates that it must return. */
function readByGradient(arm: TracedArm, results: Grads) {
  const forward = new Set(
    nodesOf(
      arm.outputs.filter((output) => output !== undefined),
      arm.bindings,
    ).flatMap((node) => node.outputs),
  );
  const captured = new Set<Value>();
  const intermediates = new Set<Value>();
  const seen = new Set<Value>();
  const stack = results.filter((result) => result !== undefined);
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (arm.bindings.has(value)) captured.add(value);
    if (value.source.kind !== 'node' || arm.bindings.has(value)) continue;
    // A reshape is free: repeat it instead of returning it, which would keep two names for one buffer.
    if (forward.has(value) && value.source.node.operator !== 'reshape') intermediates.add(value);
    else stack.push(...value.source.node.inputs);
  }
  return { captured, intermediates: [...intermediates] };
}

/**
 * Adds outputs to the forward branch for the intermediates of each arm, with slots shared among arms. Returns the outer
 * value of each intermediate.
 */
function saveIntermediates(
  node: Node,
  index: Value,
  arms: readonly TracedArm[],
  intermediates: readonly (readonly Value[])[],
): readonly (readonly (readonly [Value, Value])[])[] {
  const firstSlot = node.outputs.length;
  for (const arm of arms) while (arm.outputs.length < firstSlot) arm.outputs.push(undefined);
  const dtypes = [...new Set(intermediates.flat().map((value) => value.dtype))];
  for (const dtype of dtypes) {
    const ofType = arms.map((arm, at) =>
      intermediates[at].filter((value) => value.dtype === dtype && !arm.outputs.slice(0, firstSlot).includes(value)),
    );
    const slots = Math.max(...ofType.map((values) => values.length));
    arms.forEach((arm, at) => {
      for (let slot = 0; slot < slots; slot++) arm.outputs.push(ofType[at][slot]);
    });
  }
  addOutputs(node, node.outputs as Value[], index, arms);
  return arms.map((arm, at) =>
    intermediates[at].map((value) => [value, node.outputs[arm.outputs.indexOf(value)]] as const),
  );
}
