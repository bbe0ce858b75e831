import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import type { Backbone, Block, Family } from '../family/family.js';

/** The choices of every block of a network. Plain, frozen data, made by {@link defineSpace}. */
export interface Space<K extends Block = Block> {
  readonly name: string;
  readonly family: Family<Backbone, K>;
  /** The choices at each block position; genes are indices into them. */
  readonly positions: readonly (readonly K[])[];
}

/** A route through a space: gene i is the index of the choice at position i, from 0. */
export type Path = readonly number[];

/** Checks and freezes a space. Throws a UserError when a position has no choices, duplicates, or an invalid one. */
export function defineSpace<K extends Block>(
  name: string,
  family: Family<Backbone, K>,
  positions: readonly (readonly K[])[],
): Space<K> {
  if (positions.length === 0)
    throw new UserError(`the space "${name}" has no choices; give it a block position with one`);
  for (const [position, choices] of positions.entries()) {
    const where = `position ${position} of the space "${name}"`;
    const known = new Set<string>();
    if (choices.length === 0) throw new UserError(`${where} has no choices; give it at least one`);
    for (const choice of choices) {
      const described = family.describeBlock(choice);
      const fault = family.blockFault(choice);
      if (fault !== undefined) throw new UserError(`${where}: ${described}: ${fault.field} ${fault.fact}`);
      if (known.has(described)) throw new UserError(`${where} has ${described} twice; remove one`);
      known.add(described);
    }
  }
  return Object.freeze({
    name,
    family,
    positions: Object.freeze(positions.map((choices) => Object.freeze([...choices]))),
  });
}

/** The blocks of a path. Throws a UserError when the path does not fit the space. */
export function blocksOf<K extends Block>(space: Space<K>, path: Path): K[] {
  if (path.length !== space.positions.length) {
    throw new UserError(
      `path ${pathKey(path)} has ${path.length} genes, but the space "${space.name}" has ${space.positions.length} positions`,
    );
  }
  return space.positions.map((choices, position) => {
    const chosen = choices[path[position] ?? -1];
    if (chosen === undefined) {
      throw new UserError(
        `path ${pathKey(path)}: gene ${position} is ${path[position]}, but the space "${space.name}" has choices 0 to ${choices.length - 1} there`,
      );
    }
    return chosen;
  });
}

/** The path to these blocks. Throws a UserError when they are not all among the choices. */
export function pathOf<K extends Block>(space: Space<K>, blocks: readonly K[]): Path {
  if (blocks.length !== space.positions.length) {
    throw new UserError(
      `${blocks.length} blocks are not a path of the space "${space.name}", which has ${space.positions.length} positions`,
    );
  }
  const describe = (block: K): string => space.family.describeBlock(block);
  return blocks.map((wanted, position) => {
    const index = (space.positions[position] ?? []).findIndex((choice) => describe(choice) === describe(wanted));
    if (index < 0) {
      throw new UserError(
        `block ${position} (${describe(wanted)}) is not among the choices of the space "${space.name}" there`,
      );
    }
    return index;
  });
}

/** A random path; genes are independent and uniform. */
export function samplePath(space: Space, rng: Rng): Path {
  return space.positions.map((choices) => rng.int(choices.length));
}

/** The number of paths. */
export function sizeOf(space: Space): bigint {
  return space.positions.reduce((size, choices) => size * BigInt(choices.length), 1n);
}

/** The decimal logarithm of the number of paths. */
export function log10SizeOf(space: Space): number {
  return space.positions.reduce((sum, choices) => sum + Math.log10(choices.length), 0);
}

/** The path as a short string, unique within its space, for maps and file names: `1-4-8`. */
export function pathKey(path: Path): string {
  return path.join('-');
}
