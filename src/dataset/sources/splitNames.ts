import path from 'node:path';
import { UserError } from '../../errors.js';

/** A split of a data set, named by its files or folders. */
export type SplitName = 'train' | 'val' | 'test';

const WORDS: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  trainval: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  test: 'test',
  testing: 'test',
};

/** The split among the words of a name: `train` in `imagenet-train-0001.tar`. */
export function splitOfName(name: string): SplitName | undefined {
  for (const word of name.toLowerCase().split(/[^a-z]+/)) {
    const split = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (split !== undefined) return split;
  }
  return undefined;
}

/** The split that a whole name stands for: `valid`, but not `valid-apples`. */
export function splitNamed(name: string): SplitName | undefined {
  const word = name.toLowerCase();
  return Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
}

/** A file's split by its own name, else by the nearest folder that names one. */
function splitOfPath(relative: string): SplitName | undefined {
  const names = relative.split(path.sep).reverse();
  for (const name of names) {
    const split = splitOfName(name);
    if (split !== undefined) return split;
  }
  return undefined;
}

/** Files of a set by split. */
export interface SplitFiles {
  /** Paths, sorted by UTF-16 code units. */
  readonly train: readonly string[];
  readonly val: readonly string[];
  readonly test: readonly string[];
}

/** Settings of {@link splitFiles}. */
export interface SplitOptions {
  /** Whether only all images count, not their split. */
  readonly whole?: boolean | undefined;
}

/**
 * Sorts `files`, relative to `folder`, into splits by their names or folders. If no file names a split, or if the set is to
 * be read as a `whole` and all name the same one, all are training files. Throws a UserError when only some name one, when
 * none are for training, or when the files form several sets.
 */
export function splitFiles(folder: string, files: readonly string[], { whole = false }: SplitOptions): SplitFiles {
  const splits: Record<SplitName, string[]> = { train: [], val: [], test: [] };
  const without: string[] = [];
  for (const file of [...files].sort()) (splitsOf(splits, file) ?? without).push(path.join(folder, file));
  requireOneSet(folder, files);
  const [unnamed] = without;
  if (without.length === files.length) return { ...splits, train: without };
  if (unnamed !== undefined) {
    throw new UserError(
      `${unnamed} does not name its split, though other files of ${folder} do: put it in train/ or test/, or start its name that way`,
    );
  }
  const [first, ...others] = Object.values(splits).filter((each) => each.length > 0);
  if (whole && others.length === 0) return { train: first, val: [], test: [] };
  if (splits.train.length === 0) {
    const found = splits.test[0] ?? splits.val[0];
    throw new UserError(`${folder} has ${found} but no training files: name files train-... or put them in train/`);
  }
  return splits;
}

function splitsOf(splits: Record<SplitName, string[]>, file: string): string[] | undefined {
  const split = splitOfPath(file);
  return split === undefined ? undefined : splits[split];
}

/** Several sets, such as the configurations of a Hugging Face repository, lie in folders that name no split. */
function requireOneSet(folder: string, files: readonly string[]): void {
  const sets = new Set(
    files.map((file) =>
      path
        .dirname(file)
        .split(path.sep)
        .filter((name) => splitOfName(name) === undefined && name !== 'data')
        .join(path.sep),
    ),
  );
  if (sets.size < 2) return;
  const names = [...sets].sort().map((name) => path.join(folder, name));
  throw new UserError(`${folder} holds several sets: give the folder of one, ${names.slice(0, 5).join(' or ')}`);
}
