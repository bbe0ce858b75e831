import { GraphError } from './error.js';
import { nodesOf } from './traverse.js';
import { Value, type ValueType } from './value.js';

/** One of the K computations of a branch: a function of the outer values that it captures. */
export interface Arm {
  readonly captures: readonly Value[];
  readonly body: (...captured: readonly Value[]) => readonly Value[];
}

/** An arm after its body was called. */
export interface TracedArm {
  /** The outer value of each inner value that the body received. */
  readonly bindings: ReadonlyMap<Value, Value>;
  /** By output slot of the branch; undefined (or missing at the end) where only other arms have an output. */
  readonly outputs: (Value | undefined)[];
}

/**
 * Calls the body of arm `at` of a branch on `index`. Throws a GraphError when it uses a value that it did not capture.
 */
export function trace(index: Value, { captures, body }: Arm, at: number): TracedArm {
  const inner = captures.map((outer) => argument(typeInArm(outer, index, at)));
  const outputs = body(...inner);
  const bindings = new Map(inner.map((value, position) => [value, captures[position]]));
  const check = (value: Value, use: string): void => {
    if (value.source.kind === 'input' || (value.source.kind === 'argument' && !bindings.has(value))) {
      throw new GraphError(`arm ${at} of a branch ${use} without capturing it`);
    }
  };
  for (const node of nodesOf(outputs, bindings)) {
    for (const value of node.inputs) check(value, `uses an outer value in ${node.operator}`);
  }
  for (const value of outputs) check(value, 'returns an outer value');
  return { bindings, outputs: [...outputs] };
}

/** A value that stands for an outer one inside an arm. */
export function argument(type: ValueType): Value {
  return new Value(type, { kind: 'argument' });
}

/** The type of `outer` inside arm `at` of a branch on `index`. */
export function typeInArm(outer: Value, index: Value, at: number): ValueType {
  if (!('arms' in outer.type)) return outer.type;
  if (outer.type.index !== index) {
    throw new GraphError('a value that depends on one branch is captured by a branch on another index');
  }
  if (at >= outer.type.arms.length) {
    throw new GraphError(`a value that depends on a branch of ${outer.type.arms.length} arms is captured by arm ${at}`);
  }
  return outer.type.arms[at];
}
