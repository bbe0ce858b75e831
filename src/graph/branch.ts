import { int64, zeros, type DType } from '../tensor/tensor.js';
import { GraphError } from './error.js';
import { pullBack } from './gradient.js';
import { nodesOf } from './traverse.js';
import {
  constant,
  sameType,
  Value,
  type Emitter,
  type Node,
  type Port,
  type TensorType,
  type VariantType,
} from './value.js';

/** One of the K computations of a branch: a function of outer values, which it must be given to use them. */
export interface Arm {
  readonly captures: readonly Value[];
  readonly body: (...captured: readonly Value[]) => readonly Value[];
}

/** A traced arm: what its inner values stand for outside, and its outputs (fewer than another arm's: undefined). */
interface TracedArm {
  readonly bindings: ReadonlyMap<Value, Value>;
  readonly outputs: (Value | undefined)[];
}

/**
 * Runs one of K arms, chosen by `index` (int64, one element) when the graph runs, and returns its outputs.
 *
 * Arms may differ in anything but the dtypes of their outputs. Where they agree on an output's shape it is an ordinary
 * value; where they do not, its type is a {@link VariantType}, for other branches on the same index to use. One arm alone
 * is no branch: its body is built in place.
 *
 * The gradient is a branch on the same index. It computes nothing twice: the intermediates that it needs leave the
 * forward arms through extra outputs, which {@link Node.gradient} adds when it is asked for. The gradient of a value that
 * all arms capture is an ordinary value; of one that only some arms capture (an arm's own parameters) it is a variant,
 * shared by all of them, that holds the gradient of the arm that ran.
 */
export function branch(index: Value, arms: readonly Arm[]): readonly Value[] {
  if (arms.length === 1) return arms[0].body(...arms[0].captures);
  return record(
    index,
    arms.map((arm, at) => trace(index, arm, at)),
  );
}

function trace(index: Value, { captures, body }: Arm, at: number): TracedArm {
  const inner = captures.map((outer) => argument(typeInArm(outer, index, at)));
  const outputs = body(...inner);
  const known = new Set(inner);
  for (const node of nodesOf(outputs, known)) {
    for (const value of node.inputs) {
      if (value.source.kind === 'input' || (value.source.kind === 'argument' && !known.has(value))) {
        throw new GraphError(`arm ${at} of a branch uses an outer value in ${node.operator} without capturing it`);
      }
    }
  }
  return { bindings: new Map(inner.map((value, position) => [value, captures[position]])), outputs: [...outputs] };
}

function argument(type: TensorType): Value {
  return new Value(type, { kind: 'argument' });
}

/** The type that `outer` has inside arm `at` of a branch on `index`. */
function typeInArm(outer: Value, index: Value, at: number): TensorType {
  if (!('arms' in outer.type)) return outer.type;
  if (outer.type.index !== index) {
    throw new GraphError('a value that depends on one branch is captured by a branch on another index');
  }
  return outer.type.arms[at];
}

function record(index: Value, arms: readonly TracedArm[]): readonly Value[] {
  const outers = [...new Set(arms.flatMap((arm) => [...arm.bindings.values()]))];
  const outputs: Value[] = [];
  const node: Node = {
    operator: 'branch',
    attributes: { arms: arms.length },
    inputs: [index, ...outers],
    outputs,
    gradient: (grads, wanted) => [undefined, ...gradient(node, index, arms, outers, grads, wanted.slice(1))],
    macs: () => {
      throw new GraphError('the cost of a branch depends on the arm that runs; build the chosen network instead');
    },
    lower: (emit, [indexName, ...outerNames], used) =>
      lower(emit, indexName, arms, namesOf(outers, outerNames), outputs, used),
  };
  addOutputs(node, outputs, index, arms);
  return outputs;
}

/** Gives the node an output value for every slot that its arms have and it has not yet. */
function addOutputs(node: Node, outputs: Value[], index: Value, arms: readonly TracedArm[]): void {
  const slots = Math.max(...arms.map((arm) => arm.outputs.length));
  for (let slot = outputs.length; slot < slots; slot++) {
    const dtype = arms.find((arm) => arm.outputs[slot] !== undefined)?.outputs[slot]?.dtype ?? 'float32';
    const types = arms.map((arm) => arm.outputs[slot]?.tensorType ?? nothing(dtype));
    if (types.some((type) => type.dtype !== dtype)) {
      throw new GraphError(
        `output ${slot} of a branch has dtype ${types.map((type) => type.dtype).join(' or ')} in its arms`,
      );
    }
    const type: TensorType | VariantType = types.every((other) => sameType(other, types[0]))
      ? types[0]
      : { index, arms: types };
    outputs.push(new Value(type, { kind: 'node', node }));
  }
}

/** What an arm returns in a slot that it has no use for. */
function nothing(dtype: DType): TensorType {
  return { dtype, shape: [0] };
}

function gradient(
  node: Node,
  index: Value,
  arms: readonly TracedArm[],
  outers: readonly Value[],
  grads: readonly (Value | undefined)[],
  wanted: readonly boolean[],
): readonly (Value | undefined)[] {
  const targets = outers.filter((_, at) => wanted[at]);
  const innerOf = (arm: TracedArm, outer: Value): Value | undefined =>
    [...arm.bindings].find(([, bound]) => bound === outer)?.[0];
  const shared = targets.filter((outer) => arms.every((arm) => innerOf(arm, outer) !== undefined));

  const slots = grads.flatMap((grad, slot) => (grad === undefined ? [] : [{ grad, slot }]));
  const pulled = arms.map((arm, at) => {
    const own = targets.filter((outer) => !shared.includes(outer) && innerOf(arm, outer) !== undefined);
    const seeds = slots.map(({ grad }) => argument(typeInArm(grad, index, at)));
    const seeded = slots.flatMap(({ slot }, position) => {
      const output = arm.outputs[slot];
      return output === undefined ? [] : [{ output, seed: seeds[position] }];
    });
    const inner = [...shared, ...own].map((outer) => innerOf(arm, outer) as Value);
    const results = pullBack(
      seeded.map(({ output }) => output),
      seeded.map(({ seed }) => seed),
      inner,
    );
    return {
      own,
      outputs: results.map((result, position) => result ?? constant(zeros('float32', inner[position].shape))),
      seedOf: new Map(seeds.map((seed, position) => [seed, slots[position].grad])),
    };
  });

  const needs = arms.map((arm, at) => readByGradient(arm, pulled[at].outputs));
  const saved = saveIntermediates(
    node,
    index,
    arms,
    needs.map(({ intermediates }) => intermediates),
  );
  const backward = arms.map((arm, at): TracedArm => {
    const bindings = new Map<Value, Value>(saved[at]);
    for (const captured of needs[at].captured) bindings.set(captured, arm.bindings.get(captured) as Value);
    for (const [seed, grad] of pulled[at].seedOf) bindings.set(seed, grad);
    return { bindings, outputs: [...pulled[at].outputs] };
  });
  const results = record(index, backward);
  return outers.map((outer) => {
    const position = shared.indexOf(outer);
    if (position >= 0) return results[position];
    const slot = pulled.map(({ own }) => own.indexOf(outer)).find((at) => at >= 0);
    return slot === undefined ? undefined : results[shared.length + slot];
  });
}

/** The values of the forward arm that its gradient reads: captured ones, and intermediates that it must hand out. */
function readByGradient(arm: TracedArm, results: readonly Value[]) {
  const forward = new Set(
    nodesOf(
      arm.outputs.filter((output) => output !== undefined),
      arm.bindings,
    ).flatMap((node) => node.outputs),
  );
  const captured = new Set<Value>();
  const intermediates = new Set<Value>();
  const seen = new Set<Value>();
  const stack = [...results];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (arm.bindings.has(value)) captured.add(value);
    if (value.source.kind !== 'node' || arm.bindings.has(value)) continue;
    // A reshape is free: it is repeated rather than handed out, which would keep two names for one buffer.
    if (forward.has(value) && value.source.node.operator !== 'reshape') intermediates.add(value);
    else stack.push(...value.source.node.inputs);
  }
  return { captured, intermediates: [...intermediates] };
}

/**
 * Adds outputs to the forward branch for the intermediates of each arm, one slot serving all arms, and returns which
 * outer value holds which intermediate.
 */
function saveIntermediates(
  node: Node,
  index: Value,
  arms: readonly TracedArm[],
  intermediates: readonly (readonly Value[])[],
): readonly (readonly (readonly [Value, Value])[])[] {
  const firstSlot = node.outputs.length;
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

function namesOf(values: readonly Value[], names: readonly string[]): ReadonlyMap<Value, string> {
  return new Map(values.map((value, at) => [value, names[at]]));
}

/** A balanced tree of ONNX `If`s, arms lower..upper-1 of it in one graph. */
function lower(
  emit: Emitter,
  index: string,
  arms: readonly TracedArm[],
  outerNames: ReadonlyMap<Value, string>,
  outputs: readonly Value[],
  used: readonly boolean[],
): readonly string[] {
  const slots = [...outputs.keys()].filter((slot) => used[slot]);

  const leaf =
    (arm: TracedArm) =>
    (inner: Emitter): readonly Port[] => {
      const values = slots.map((slot) => arm.outputs[slot] ?? constant(zeros(dtypeOf(outputs[slot]), [0])));
      const names = inner.lower(values);
      return slots.map((slot, at) => {
        // An output of an ONNX subgraph must be computed in it, and by a name of its own.
        const passedOn =
          values[at].source.kind !== 'node' || arm.bindings.has(values[at]) || names.indexOf(names[at]) !== at;
        return { name: passedOn ? inner.node('Identity', [names[at]])[0] : names[at], type: outputs[slot].type };
      });
    };
  const tree =
    (from: number, to: number) =>
    (inner: Emitter): readonly Port[] => {
      const names = choose(inner, from, to);
      return slots.map((slot, at) => ({ name: names[at], type: outputs[slot].type }));
    };
  const subgraph = (inner: Emitter, from: number, to: number) => {
    if (to - from > 1) return inner.subgraph(`arms${from}to${to - 1}`, new Map(), tree(from, to));
    const bindings = new Map(
      [...arms[from].bindings].map(([value, outer]) => [value, outerNames.get(outer) as string]),
    );
    return inner.subgraph(`arm${from}`, bindings, leaf(arms[from]));
  };
  const choose = (inner: Emitter, from: number, to: number): readonly string[] => {
    const middle = (from + to) >> 1;
    const [isLower] = inner.node('Less', [index, inner.constant(int64([1], [middle]))]);
    return inner.node('If', [isLower], {
      attributes: {
        then_branch: { graph: subgraph(inner, from, middle) },
        else_branch: { graph: subgraph(inner, middle, to) },
      },
      outputs: slots.length,
    });
  };

  const names = choose(emit, 0, arms.length);
  return outputs.map((_, slot) => names[slots.indexOf(slot)] ?? '');
}

function dtypeOf(value: Value): DType {
  return 'arms' in value.type ? value.type.arms[0].dtype : value.type.dtype;
}
