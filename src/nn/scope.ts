import { GraphError, inModule, input, type Value } from '../graph/index.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/tensor.js';
import type { Initializer } from './initializer.js';

/** A parameter or buffer as a module declares it. */
export interface Variable {
  /** Path in the module tree, e.g. `attn.qkv.weight`; the names are those of the official state dict. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** False for a parameter of more than one axis that weight decay spares all the same, such as a position embedding. */
  readonly decay?: false;
}

/** What a module tree consists of, in the order of declaration. Buffers are state that no gradient reaches. */
export interface Declaration {
  readonly parameters: readonly Variable[];
  readonly buffers: readonly Variable[];
  /** The names of both in the order in which modules declare them. */
  readonly names: readonly string[];
}

/** What a scope does with a declared variable: record it, or look its value up. */
interface Store {
  parameter(variable: Variable): Value;
  buffer(variable: Variable): Value;
}

/** What a module hands out besides its result, by path. */
interface Recorded {
  /** New values of buffers; in training, the running statistics. */
  readonly updates: Map<string, Value>;
  /** Values that others may look at: feature maps, what Grad-CAM differentiates by. */
  readonly taps: Map<string, Value>;
}

/**
 * A module's place in the tree while its graph is built: it gives the module its parameters by name, and takes the new
 * values of its buffers and the values that others may look at.
 */
export class Scope {
  private constructor(
    private readonly store: Store,
    private readonly path: string,
    private readonly recorded: Recorded = { updates: new Map(), taps: new Map() },
  ) {}

  /** New values of buffers, by path, that were computed on the way. */
  get updates(): ReadonlyMap<string, Value> {
    return this.recorded.updates;
  }

  /** The values that modules have named, by path. */
  get taps(): ReadonlyMap<string, Value> {
    return this.recorded.taps;
  }

  /** The variables that `build` asks for. The graph that it builds is thrown away. */
  static declare(build: (scope: Scope) => unknown): Declaration {
    const parameters: Variable[] = [];
    const buffers: Variable[] = [];
    const names: string[] = [];
    const record = (list: Variable[]) => (variable: Variable) => {
      list.push(variable);
      names.push(variable.name);
      return input(variable.name, 'float32', variable.shape);
    };
    build(new Scope({ parameter: record(parameters), buffer: record(buffers) }, ''));
    return { parameters, buffers, names };
  }

  /** A scope whose variables have the given values, by path. */
  static over(values: ReadonlyMap<string, Value>): Scope {
    const find = ({ name, shape }: Variable): Value => {
      const value = values.get(name);
      if (value === undefined) throw new GraphError(`there is no value for the variable ${name}`);
      if (!sameShape(value.shape, shape)) {
        throw new GraphError(`${name} has shape ${formatShape(value.shape)}, but ${formatShape(shape)} is needed`);
      }
      return value;
    };
    return new Scope({ parameter: find, buffer: find }, '');
  }

  /** Builds a child module; what does not fit in it is reported with its path. */
  module<Result>(name: string, build: (scope: Scope) => Result): Result {
    return inModule(name, () => build(new Scope(this.store, `${this.path}${name}.`, this.recorded)));
  }

  parameter(name: string, shape: Shape, initializer: Initializer, options: Pick<Variable, 'decay'> = {}): Value {
    return this.store.parameter({ name: this.path + name, shape, initializer, ...options });
  }

  buffer(name: string, shape: Shape, initializer: Initializer): Value {
    return this.store.buffer({ name: this.path + name, shape, initializer });
  }

  /** Sets what a buffer holds after this pass. */
  update(name: string, value: Value): void {
    this.recorded.updates.set(this.path + name, value);
  }

  /** Names a value that others may look at. */
  tap(name: string, value: Value): void {
    this.recorded.taps.set(this.path + name, value);
  }
}
