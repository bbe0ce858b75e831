import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import { pathKey, samplePath, sizeOf } from '../space/space.js';
import type { Path, Space } from '../space/space.js';

/** The paths of a search, and the test for legal ones. */
export interface LegalPaths {
  readonly space: Space;
  /** Whether a path is within the budget. Deterministic; may be called more than once for a path. */
  isLegal(path: Path): boolean;
}

/** Random paths to try before giving up. */
const TRIES = 10_000;

/** Settings of a legal draw. */
export interface DrawOptions {
  /** Keys of paths that must not be drawn. */
  readonly seen?: ReadonlySet<string>;
  /** The most paths to try. A space with no more paths than this is tried completely, so none is missed. */
  readonly tries?: number;
}

/**
 * The outcome of a search for a legal path: the path, if there is one, and how many paths were tried and were legal.
 */
export interface Draw {
  readonly path?: Path;
  readonly tried: number;
  readonly legal: number;
}

/** Finds a random legal path that is not in `seen`; all such paths are equally likely. */
export function findLegal(searched: LegalPaths, rng: Rng, options: DrawOptions = {}): Draw {
  const { seen, tries = TRIES } = options;
  let tried = 0;
  let legal = 0;
  for (const path of randomPaths(searched.space, rng, tries)) {
    tried += 1;
    const isSeen = seen?.has(pathKey(path)) ?? false;
    // Seen paths are legal, and isLegal may be expensive.
    if (!isSeen && !searched.isLegal(path)) continue;
    legal += 1;
    if (!isSeen) return { path, tried, legal };
  }
  return { tried, legal };
}

/** Like {@link findLegal}, but throws a UserError with the share of legal paths if there is no new one. */
export function drawLegal(searched: LegalPaths, rng: Rng, options: DrawOptions = {}): Path {
  const draw = findLegal(searched, rng, options);
  if (draw.path !== undefined) return draw.path;
  const { name } = searched.space;
  if (draw.legal === 0) {
    throw new UserError(
      `none of ${draw.tried} candidates of the space "${name}" is within the limit; raise the limit or choose another space`,
    );
  }
  const share = `${draw.legal} of ${draw.tried} candidates (${((100 * draw.legal) / draw.tried).toPrecision(2)} %)`;
  throw new UserError(
    `${share} of the space "${name}" are within the limit and all were drawn before; raise the limit or ask for fewer`,
  );
}

/** All of a small space in random order, else `tries` independent samples. */
function* randomPaths(space: Space, rng: Rng, tries: number): Generator<Path> {
  const size = sizeOf(space);
  if (size <= BigInt(tries)) {
    for (const index of rng.permutation(Number(size))) yield pathAt(space, index);
  } else {
    for (let index = 0; index < tries; index++) yield samplePath(space, rng);
  }
}

/** The path with this number, counting with the first gene fastest. */
function pathAt(space: Space, index: number): Path {
  let rest = index;
  return space.positions.map((choices) => {
    const gene = rest % choices.length;
    rest = Math.floor(rest / choices.length);
    return gene;
  });
}
