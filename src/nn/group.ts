import { concat, reshape, split, type Value } from '../graph/index.js';
import type { Rng } from '../random/rng.js';
import { sizeOf, tensor, type Tensor } from '../tensor/tensor.js';
import { Scope, type Declaration, type Variable } from './scope.js';

/** A group's flat vectors on the host. */
export interface FlatValues {
  readonly parameters: Tensor<'float32'>;
  readonly buffers: Tensor<'float32'>;
}

/** The variables of a module in a graph: a whole group, or slices of several. */
export interface FlatVariables {
  /** The groups that store them. Their vectors, one after another, are the flat vectors of these variables. */
  readonly groups: readonly ParameterGroup[];
  /** Elements of the flat parameter vector. */
  readonly size: number;
  /** The parameter vector as runs: their lengths, alternately with and without weight decay. */
  readonly decayRuns: readonly number[];
  /** A scope on flat vectors; variables without buffers need only the first. */
  open(parameters: Value, buffers?: Value): Scope;
  /** The flat vector of the buffers' new values; undefined when there are none. */
  collectUpdates(scope: Scope): Value | undefined;
  /** The variables by name, without a prefix, on the host; `find` gives those of a group by full name. */
  inherited<T extends Tensor>(find: (name: string) => T): ReadonlyMap<string, T>;
}

/**
 * Variables that are used, trained and stored together: one choice of one block, or everything that all paths share.
 *
 * In a training graph a group is two flat vectors, its parameters and its buffers. So a supernet feeds and updates a
 * handful of tensors per block, and the optimizer works on a few long vectors instead of many short ones. Parameters
 * with weight decay come first.
 */
export class ParameterGroup implements FlatVariables {
  readonly groups = [this];
  readonly parameters: readonly Variable[];
  readonly buffers: readonly Variable[];
  /** The names of all variables, without the prefix, in declaration order. */
  readonly names: readonly string[];
  /** Elements of the flat parameter vector, and how many of the first ones have weight decay. */
  readonly size: number;
  readonly decayedSize: number;
  /** Elements of the flat buffer vector. */
  readonly bufferSize: number;
  readonly decayRuns: readonly number[];

  constructor(
    /** Prefix of the variables in a state, e.g. `blocks.3.`; empty for the shared group. */
    readonly prefix: string,
    { parameters, buffers, names }: Declaration,
  ) {
    const decayed = parameters.filter(isDecayed);
    this.parameters = [...decayed, ...parameters.filter((variable) => !isDecayed(variable))];
    this.buffers = buffers;
    this.names = names;
    this.size = totalSize(parameters);
    this.decayedSize = totalSize(decayed);
    this.bufferSize = totalSize(buffers);
    this.decayRuns = [this.decayedSize, this.size - this.decayedSize];
  }

  /**
   * Initial values, float32 [size] and [bufferSize]: from `start` by full name, or drawn from a random stream named
   * after the variable.
   */
  initialize(rng: Rng, start: ReadonlyMap<string, Tensor<'float32'>> = new Map()): FlatValues {
    const draw = ({ name, shape, initializer }: Variable): Float32Array =>
      start.get(this.prefix + name)?.data ?? initializer(shape, rng.fork(this.prefix + name));
    return { parameters: joined(this.parameters.map(draw)), buffers: joined(this.buffers.map(draw)) };
  }

  /** A scope on flat vectors [size] and [bufferSize]; a group without buffers needs none. */
  open(parameters: Value, buffers?: Value): Scope {
    return Scope.over(this.views(parameters, buffers));
  }

  /** The variables in flat vectors by name, without the prefix. */
  views(parameters: Value, buffers?: Value): ReadonlyMap<string, Value> {
    return new Map([
      ...views(this.parameters, parameters),
      ...(buffers === undefined ? [] : views(this.buffers, buffers)),
    ]);
  }

  inherited<T extends Tensor>(find: (name: string) => T): ReadonlyMap<string, T> {
    return new Map([...this.parameters, ...this.buffers].map(({ name }) => [name, find(this.prefix + name)]));
  }

  /** The flat vector of the buffers' new values, [bufferSize]; undefined when the group has none. */
  collectUpdates(scope: Scope): Value | undefined {
    const updates = this.buffers.flatMap(({ name }) => scope.updates.get(name) ?? []);
    return updates.length === 0 ? undefined : concat(updates, 0);
  }

  /** The variables in flat host vectors by full name, as views. */
  unpack(parameters: Tensor<'float32'>, buffers: Tensor<'float32'>): Map<string, Tensor<'float32'>> {
    const named = new Map<string, Tensor<'float32'>>();
    for (const [variables, flat] of [
      [this.parameters, parameters],
      [this.buffers, buffers],
    ] as const) {
      let offset = 0;
      for (const { name, shape } of variables) {
        const end = offset + sizeOf(shape);
        named.set(this.prefix + name, tensor('float32', shape, flat.data.subarray(offset, end)));
        offset = end;
      }
    }
    return named;
  }

  /**
   * The flat host vectors of named variables. Throws a RangeError that names a variable that is missing or has a wrong
   * shape.
   */
  pack(named: ReadonlyMap<string, Tensor>): FlatValues {
    const find = ({ name, shape }: Variable): Float32Array => {
      const found = named.get(this.prefix + name);
      if (found === undefined) throw new RangeError(`${this.prefix}${name} is missing`);
      if (found.dtype !== 'float32' || found.shape.join() !== shape.join()) {
        throw new RangeError(
          `${this.prefix}${name} is ${found.dtype}[${found.shape.join(', ')}], float32[${shape.join(', ')}] is needed`,
        );
      }
      return found.data as Float32Array;
    };
    return { parameters: joined(this.parameters.map(find)), buffers: joined(this.buffers.map(find)) };
  }
}

/**
 * Whether weight decay applies. As in timm and DeiT, not to vectors, biases, and parameters that a module exempts, such
 * as the class token and the position embedding.
 */
export function isDecayed({ name, shape, decay }: Variable): boolean {
  return decay !== false && shape.length > 1 && !name.endsWith('.bias');
}

function totalSize(variables: readonly Variable[]): number {
  return variables.reduce((total, { shape }) => total + sizeOf(shape), 0);
}

function views(variables: readonly Variable[], flat: Value): [string, Value][] {
  if (variables.length === 0) return [];
  const parts = split(
    flat,
    0,
    variables.map(({ shape }) => sizeOf(shape)),
  );
  return variables.map(({ name, shape }, at) => [name, reshape(parts[at], shape)]);
}

function joined(parts: readonly Float32Array[]): Tensor<'float32'> {
  const flat = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    flat.set(part, offset);
    offset += part.length;
  }
  return tensor('float32', [flat.length], flat);
}
