import { input, type Value } from '../graph/index.js';
import type { FlatVariables, ParameterGroup } from '../nn/group.js';
import type { Phase } from '../nn/phase.js';
import { Scope, type Declaration } from '../nn/scope.js';
import type { Box } from '../nn/slices.js';
import type { Shape } from '../tensor/tensor.js';

/** A block or a part of one, of which one option runs. */
export interface Branch {
  readonly position: number;
  readonly options: readonly Option[];
  /** The option of every choice of the block. */
  readonly optionOf: readonly number[];
}

/** One of the things that a branch may run. */
export interface Option {
  readonly variables: FlatVariables;
  /** From the block's values so far, at first its input, makes those that replace the first ones. */
  readonly build: (scope: Scope, values: readonly Value[], phase: Phase) => readonly Value[];
}

/** A block of a network under construction. */
export interface DefinedBlock {
  readonly groups: readonly ParameterGroup[];
  readonly branches: readonly Branch[];
  readonly boxes: readonly Box[];
  /** The shape of its output, for one image. */
  readonly shape: Shape;
}

/** Defines the block at a position for the shape of its input. */
export type BlockDefinition = (position: number, given: Shape) => DefinedBlock;

/** A module's declarations and output shapes, for these input shapes. */
export function declared(
  given: readonly Shape[],
  build: (scope: Scope, values: readonly Value[]) => readonly Value[],
): { readonly declaration: Declaration; readonly shapes: readonly Shape[] } {
  let shapes: readonly Shape[] = [];
  const declaration = Scope.declare((scope) => {
    shapes = build(
      scope,
      given.map((shape, at) => input(`x${at}`, 'float32', shape)),
    ).map(({ shape }) => shape);
  });
  return { declaration, shapes };
}
