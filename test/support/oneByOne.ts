import type { Path } from '../../src/space/space.js';
import type { Problem } from '../../src/search/study.js';
import type { Score } from '../../src/search/trial.js';

/** A problem whose paths are scored one after another, each when its score is wanted. */
export interface OneByOne extends Problem {
  score(path: Path): Promise<Score>;
}

/** Completes a problem by its score of one path. */
export function oneByOne<T extends Omit<OneByOne, 'scores'>>(problem: T): T & OneByOne {
  return {
    ...problem,
    async *scores(paths) {
      for (const path of paths) yield await problem.score(path);
    },
  };
}
