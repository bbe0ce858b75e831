import { UserError } from '../errors.js';
import type { Shape } from '../tensor/tensor.js';
import type { Shapes } from './family.js';

/** The shapes of a state, read by names that it must have; errors name its source, usually the file. */
export class StateShapes {
  /** `readable` is the advice where the state is of a network that the family doesn't read. */
  constructor(
    protected readonly shapes: Shapes,
    private readonly source: string,
    private readonly readable: string,
  ) {}

  /** The shape of this name; a UserError where there is none, or one of another number of axes. */
  of(name: string, axes: number): Shape {
    const shape = this.shapes.get(name);
    if (shape === undefined) throw this.fault(`has no ${name}`);
    if (shape.length !== axes) throw this.fault(`has ${name} of ${shape.length} axes instead of ${axes}`);
    return shape;
  }

  /** The error for something about the state that the family can't read; `next` says what to do. */
  fault(fact: string, next: string = this.readable): UserError {
    return new UserError(`${this.source} ${fact}; ${next}`);
  }
}
