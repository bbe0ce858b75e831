import type { Rng } from '../random/rng.js';
import { samplePath, type Path, type Space } from '../space/space.js';

/** What a supernet's training step trains. */
export interface PathOfStep {
  readonly path: Path;
  /** The exponent on the falling part of the learning rate: below 1 it falls later, above 1 earlier. */
  readonly decay: number;
}

/** The paths of a supernet's training, one per optimizer step, counted from 0. A function of the seed and the step. */
export type PathSchedule = (step: number) => PathOfStep;

/** A uniformly drawn path per step (SPOS). */
export function uniformPaths(space: Space, rng: Rng): PathSchedule {
  return (step) => ({ path: samplePath(space, rng.fork(step)), decay: 1 });
}

/**
 * Each choice of a position once in every K steps, in random order (FairNAS, Chu et al., 2021). Positions with
 * different K go through their choices independently, so that every position is fair by itself.
 */
export function fairPaths(space: Space, rng: Rng): PathSchedule {
  return (step) => ({
    path: space.positions.map(({ length }, position) => {
      const round = rng.fork(position).fork(Math.floor(step / length));
      return round.permutation(length)[step % length];
    }),
    decay: 1,
  });
}

/**
 * Paths that reach the ends of the space: the step draws a number of choices, 1 to all positions, and every position takes
 * one of these. Genes that are independent make nearly all networks average ones: networks that are alike in all blocks,
 * such as one of convolutions only, get no training and are ranked too low. Every gene is still uniform by itself.
 *
 * A choice is a place in 0 to 1, so that it means about the same at positions with different numbers of choices.
 */
export function spreadPaths(space: Space, rng: Rng): PathSchedule {
  const { positions } = space;
  return (step) => {
    const stream = rng.fork(step);
    const places = Array.from({ length: 1 + stream.int(positions.length) }, () => stream.uniform());
    return { path: positions.map(({ length }) => Math.floor(stream.pick(places) * length)), decay: 1 };
  };
}

/**
 * Lets the learning rate of large paths fall later and that of small ones earlier, since uniform sampling trains large
 * subnets too little. `sizeOf` gives a path's size, from 0 for the smallest of the space to 1 for the largest; the
 * exponent goes from 2^strength to 2^-strength, and is 1 in the middle.
 *
 * The idea is that of Jeon et al., "Subnet-Aware Dynamic Supernet Training for NAS" (2025); the formula is ours.
 */
export function sizedDecay(paths: PathSchedule, sizeOf: (path: Path) => number, strength: number): PathSchedule {
  return (step) => {
    const { path } = paths(step);
    return { path, decay: 2 ** (strength * (1 - 2 * sizeOf(path))) };
  };
}
