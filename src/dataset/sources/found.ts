import { show, UserError } from '../../errors.js';
import type { Rng } from '../../random/rng.js';
import type { Dataset } from '../dataset.js';
import { select } from '../source.js';
import type { ImageSource } from '../source.js';
import { stratify } from '../stratify.js';

/** One split as stored on disk. */
export interface FoundSplit {
  readonly source: ImageSource;
  /** Its name in messages: a folder or a file. */
  readonly shown: string;
}

/** A data set as stored on disk. */
export interface FoundSet {
  readonly classes: readonly string[];
  readonly train: FoundSplit;
  /** Absent if the set has none. */
  readonly test?: FoundSplit;
  /** Notes for the user on how the set was read, one line each. */
  readonly notices: readonly string[];
}

const TEST_SHARE = 0.2;

/** The set with a test split: its own, or a fifth of each class, drawn by `rng`. */
export function withTest(name: string, { classes, train, test, notices }: FoundSet, rng: Rng): Dataset {
  if (test !== undefined) return { name, classes, train: train.source, test: test.source, notices };
  const { rest, part } = stratify(train.source, { fraction: TEST_SHARE }, rng);
  const notice = `${train.shown} has no test split: ${part.length} of its ${train.source.labels.length} images, drawn by the seed, are held out as test images`;
  return {
    name,
    classes,
    train: select(train.source, rest),
    test: select(train.source, part),
    notices: [notice, ...notices],
  };
}

/** The number of images of each class. */
export function countPerClass({ classes, labels }: ImageSource): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label]++;
  return counts;
}

/** Throws a UserError when a class has no image to learn it from. */
export function requireEachClass({ source, shown }: FoundSplit): void {
  const empty = countPerClass(source).indexOf(0);
  if (empty === -1) return;
  throw new UserError(`${shown} has no image of class ${show(source.classes[empty])}: add some or take the class out`);
}
