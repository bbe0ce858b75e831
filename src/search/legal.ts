import { UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import { pathKey, samplePath, sizeOf } from '../space/space.js';
import type { Path, Space } from '../space/space.js';
import { mutate } from './mutation.js';

/** The paths of a search, and the test for legal ones. */
export interface LegalPaths {
  readonly space: Space;
  /** Whether a path is within the budget. Deterministic; may be called more than once for a path. */
  isLegal(path: Path): boolean;
  /**
   * A legal path whose key is not in `except`, found without chance; undefined if there is none. Draws need it where legal
   * paths are too rare to meet; without it, they give up there.
   */
  anyLegal?(except: ReadonlySet<string>): Path | undefined;
}

/** Random paths to try before the directed search. */
const TRIES = 10_000;

/** Steps of the walk after it. */
const STEPS = 2000;

/** Settings of a legal draw. */
export interface DrawOptions {
  /** Keys of paths that must not be drawn. */
  readonly seen?: ReadonlySet<string>;
  /** The most paths to try at random. A space with no more paths than this is tried completely, so none is missed. */
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

/**
 * Finds a random legal path that is not in `seen`; all such paths are equally likely. Where they are too rare to be drawn,
 * a random walk from one that a directed search found makes them about equally likely, and only if there is none left does
 * the result lack a path.
 */
export function findLegal(searched: LegalPaths, rng: Rng, options: DrawOptions = {}): Draw {
  const { seen = new Set(), tries = TRIES } = options;
  let tried = 0;
  let legal = 0;
  for (const path of randomPaths(searched.space, rng, tries)) {
    tried += 1;
    const isSeen = seen.has(pathKey(path));
    // Seen paths are legal, and isLegal may be expensive.
    if (!isSeen && !searched.isLegal(path)) continue;
    legal += 1;
    if (!isSeen) return { path, tried, legal };
  }
  const start = isSmall(searched.space, tries) ? undefined : searched.anyLegal?.(seen);
  return start === undefined ? { tried, legal } : { path: walkFrom(start, searched, rng, seen), tried, legal };
}

/**
 * The last path of a random walk among legal paths that is not in `seen`; the first, `start`, is not. A step redraws about
 * two genes and is taken if it leads to a legal path. It is as likely as the step back, so the walk visits all legal paths
 * equally often in the long run (Metropolis et al., 1953).
 */
function walkFrom(start: Path, searched: LegalPaths, rng: Rng, seen: ReadonlySet<string>): Path {
  const probability = Math.min(1, 2 / start.length);
  let found = start;
  for (let step = 0, at = start; step < STEPS; step++) {
    const next = mutate(searched.space, at, rng, probability);
    const isSeen = seen.has(pathKey(next));
    if (!isSeen && !searched.isLegal(next)) continue;
    at = next;
    if (!isSeen) found = next;
  }
  return found;
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
  if (isSmall(space, tries)) {
    for (const index of rng.permutation(Number(sizeOf(space)))) yield pathAt(space, index);
  } else {
    for (let index = 0; index < tries; index++) yield samplePath(space, rng);
  }
}

function isSmall(space: Space, tries: number): boolean {
  return sizeOf(space) <= BigInt(tries);
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
