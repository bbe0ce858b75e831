import { int64, zeros } from '../tensor/tensor.js';
import type { TracedArm } from './arm.js';
import { constant, type Emitter, type Port, type Value } from './value.js';

/** A balanced tree of ONNX `If`s; one graph holds arms lower..upper-1. */
export function lowerBranch(
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
      const values = slots.map((slot) => arm.outputs[slot] ?? constant(zeros(outputs[slot].dtype, [0])));
      const names = inner.lower(values);
      return slots.map((slot, at) => {
        // An ONNX subgraph must compute its outputs itself, each under its own name.
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
