import { GraphError } from './error.js';
import { formatType, Value, type Emitter, type Node, type TensorType } from './value.js';

/** The definition of an operator: its shape rule, gradient, cost and lowering. */
export interface OperatorRule<Attributes> {
  readonly name: string;
  /** Set if ONNX has the operator only for float32 (or gives it another meaning for integers). */
  readonly float32Only?: true;
  /**
   * How many of the last outputs exist only for the gradient to read. Default 0. They carry no gradient themselves, so
   * a gradient that reads them cannot be differentiated again.
   */
  readonly saved?: number;
  /** Set if the output has the elements of the first input in the same order, so it needs no memory of its own. */
  readonly view?: true;
  /** Set if every element of the output depends on the inputs' elements there, so it can take over an input's memory. */
  readonly elementwise?: true;
  /** Output types from input types. Throws a GraphError that says what does not fit. */
  infer(inputs: readonly TensorType[], attributes: Attributes): readonly TensorType[];
  /**
   * The gradient of each input, given those of the outputs. A result may have a wider (broadcast) shape than its input;
   * reverse mode sums it back. `undefined`: no gradient flows to that input.
   */
  gradient(call: GradientCall<Attributes>): readonly (Value | undefined)[];
  /** Multiply-accumulates of one call. Default 0. */
  macs?(inputs: readonly TensorType[], outputs: readonly TensorType[], attributes: Attributes): number;
  /** Writes the call as ONNX nodes and returns the names of its outputs. */
  lower(emit: Emitter, call: LoweringCall<Attributes>): readonly string[];
}

export interface GradientCall<Attributes> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** The gradient of each output; undefined where none flows. At least one is defined. */
  readonly grads: readonly (Value | undefined)[];
  /** Which inputs need a gradient; the rule can skip the others. */
  readonly wanted: readonly boolean[];
}

export interface LoweringCall<Attributes> {
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly attributes: Attributes;
  /** Which outputs are read; a lowering can skip the others (their names are ignored). */
  readonly used: readonly boolean[];
}

/** An operator: calling it checks the inputs and records a node. */
export interface Operator<Attributes> {
  readonly rule: OperatorRule<Attributes>;
  (inputs: readonly Value[], attributes: Attributes): readonly Value[];
}

/** Makes an operator from its rule. Invalid calls fail at the call site. */
export function defineOperator<Attributes extends object>(rule: OperatorRule<Attributes>): Operator<Attributes> {
  const apply = (inputs: readonly Value[], attributes: Attributes): readonly Value[] => {
    const inputTypes = inputs.map((value) => value.tensorType);
    const strange = rule.float32Only && inputTypes.find(({ dtype }) => dtype !== 'float32');
    if (strange) throw new GraphError(`${rule.name}: takes float32, not ${formatType(strange)}`);
    let outputTypes: readonly TensorType[];
    try {
      outputTypes = rule.infer(inputTypes, attributes);
    } catch (error) {
      if (error instanceof RangeError || error instanceof GraphError) {
        throw new GraphError(`${rule.name}: ${error.message}`);
      }
      throw error;
    }
    const outputs: Value[] = [];
    const node: Node = {
      operator: rule.name,
      attributes,
      inputs,
      outputs,
      gradient: (grads, wanted) => {
        if (grads.slice(grads.length - (rule.saved ?? 0)).some((grad) => grad !== undefined)) {
          throw new GraphError(`${rule.name}: its gradient cannot be differentiated again`);
        }
        return rule.gradient({ inputs, outputs, attributes, grads, wanted });
      },
      isView: rule.view ?? false,
      isElementwise: rule.elementwise ?? false,
      macs: () => rule.macs?.(inputTypes, outputTypes, attributes) ?? 0,
      lower: (emit, names, used) => rule.lower(emit, { inputs: names, inputTypes, outputTypes, attributes, used }),
    };
    for (const type of outputTypes) outputs.push(new Value(type, { kind: 'node', node }));
    return outputs;
  };
  return Object.assign(apply, { rule });
}

/** The `gradient` of an operator on integers or booleans: nothing flows. */
export function noGradient({ inputs }: { readonly inputs: readonly Value[] }): readonly undefined[] {
  return inputs.map(() => undefined);
}
