import { GraphError, inModule, input, type Value } from '../graph/index.js';
import { formatShape, sameShape } from '../tensor/shape.js';
import type { Shape } from '../tensor/tensor.js';
import type { Initializer } from './initializer.js';

/** A parameter or buffer declared by a module. */
export interface Variable {
  /** Path in the module tree, e.g. `attn.qkv.weight`; the names are those of the official state dict. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** False for a parameter with more than one axis but without weight decay, such as a position embedding. */
  readonly decay?: false;
}

/** The variables of a module tree, in declaration order. Buffers are state without a gradient. */
export interface Declaration {
  readonly parameters: readonly Variable[];
  readonly buffers: readonly Variable[];
  /** The names of both, in declaration order. */
  readonly names: readonly string[];
}

/** What a scope does with a declared variable: record it, or look up its value. */
interface Store {
  parameter(variable: Variable): Value;
  buffer(variable: Variable): Value;
}

/** A module's outputs besides its result, by path. */
interface Recorded {
  /** New values of buffers; in training, the running statistics. */
  readonly updates: Map<string, Value>;
  /** Tapped values: feature maps, such as those for Grad-CAM. */
  readonly taps: Map<string, Value>;
}

/**
 * A module's position in the tree while its graph is built. It supplies the module's parameters by name, and collects
 * the new values of its buffers and its tapped values.
 */
export class Scope {
  private constructor(
    private readonly store: Store,
    private readonly path: string,
    private readonly recorded: Recorded = { updates: new Map(), taps: new Map() },
  ) {}

  /** New values of buffers, by path, computed during the build. */
  get updates(): ReadonlyMap<string, Value> {
    return this.recorded.updates;
  }

  /** The tapped values, by path. */
  get taps(): ReadonlyMap<string, Value> {
    return this.recorded.taps;
  }

  /** The variables that `build` declares. Its graph is discarded. */
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

  /** A scope with the given values of variables, by path. */
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

  /** Builds a child module; errors in it include its path. */
  module<Result>(name: string, build: (scope: Scope) => Result): Result {
    return inModule(name, () => build(new Scope(this.store, `${this.path}${name}.`, this.recorded)));
  }

  parameter(name: string, shape: Shape, initializer: Initializer, options: Pick<Variable, 'decay'> = {}): Value {
    return this.store.parameter({ name: this.path + name, shape, initializer, ...options });
  }

  buffer(name: string, shape: Shape, initializer: Initializer): Value {
    return this.store.buffer({ name: this.path + name, shape, initializer });
  }

  /** Sets a buffer's value after this pass. */
  update(name: string, value: Value): void {
    this.recorded.updates.set(this.path + name, value);
  }

  /** Taps a value under a name. */
  tap(name: string, value: Value): void {
    this.recorded.taps.set(this.path + name, value);
  }
}
