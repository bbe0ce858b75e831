import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import { pathKey, samplePath, sizeOf } from '../space/space.js';
import type { Path, Space } from '../space/space.js';
import type { Limits } from './types.js';

/** Random paths looked at before a limit counts as out of reach. */
const TRIES = 10_000;

/** Settings of a legal draw. */
export interface DrawOptions {
  /** Keys of paths that must not be drawn. */
  readonly seen?: ReadonlySet<string>;
  /** Paths looked at, at most. A space that has no more than these is looked at as a whole, so nothing is missed. */
  readonly tries?: number;
}

/** The outcome of a search for a legal path: the path, if there was one, and what was looked at on the way. */
export interface Draw {
  readonly path?: Path;
  readonly tried: number;
  readonly accepted: number;
}

/** Looks for a random path that `accept` allows and that is not among `seen`; all such paths are equally likely. */
export function findLegal(limits: Limits, rng: Rng, options: DrawOptions = {}): Draw {
  const { seen, tries = TRIES } = options;
  let tried = 0;
  let accepted = 0;
  for (const path of randomPaths(limits.space, rng, tries)) {
    tried += 1;
    const isSeen = seen?.has(pathKey(path)) ?? false;
    // What was seen had been accepted, and asking the budget may cost something.
    if (!isSeen && !limits.accept(path)) continue;
    accepted += 1;
    if (!isSeen) return { path, tried, accepted };
  }
  return { tried, accepted };
}

/** As {@link findLegal}, for callers that need a path: throws a UserError that says what share was acceptable. */
export function drawLegal(limits: Limits, rng: Rng, options: DrawOptions = {}): Path {
  const draw = findLegal(limits, rng, options);
  if (draw.path !== undefined) return draw.path;
  const { name } = limits.space;
  if (draw.accepted === 0) {
    throw new UserError(
      `none of ${draw.tried} candidates of the space "${name}" is within the limit; raise the limit or choose another space`,
    );
  }
  const share = `${draw.accepted} of ${draw.tried} candidates (${((100 * draw.accepted) / draw.tried).toPrecision(2)} %)`;
  throw new UserError(
    `${share} of the space "${name}" are within the limit and all were drawn before; raise the limit or ask for fewer`,
  );
}

/** A small space as a whole in random order, or else `tries` independent samples. */
function* randomPaths(space: Space, rng: Rng, tries: number): Generator<Path> {
  const size = sizeOf(space);
  if (size <= BigInt(tries)) {
    for (const index of rng.permutation(Number(size))) yield pathAt(space, index);
  } else {
    for (let index = 0; index < tries; index++) yield samplePath(space, rng);
  }
}

/** The path of the given number, when all are counted with the first gene fastest. */
function pathAt(space: Space, index: number): Path {
  let rest = index;
  return space.positions.map((choices) => {
    const gene = rest % choices.length;
    rest = Math.floor(rest / choices.length);
    return gene;
  });
}
