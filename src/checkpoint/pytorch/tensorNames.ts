import { show } from '../../errors.js';
import { Malformed } from './malformed.js';
import { Namespace, TensorView, type Pickled } from './values.js';

/** A tensor and the keys and positions that lead to it from the checkpoint's top. */
export interface NamedView {
  readonly path: readonly string[];
  readonly view: TensorView;
}

/** Checkpoints nest a handful of levels. */
const DEEPEST = 64;
/** A list that holds itself or another many times over would never end; a real checkpoint is far below this. */
const MOST_VISITS = 10_000_000;

/**
 * All tensors below a value: in dictionaries under their keys, in lists under their positions. A tensor that is in two
 * places is told twice. Throws Malformed when values are nested too deeply, hold themselves, or repeat endlessly.
 */
export function namedViews(root: Pickled): NamedView[] {
  const found: NamedView[] = [];
  let visits = 0;
  const visit = (value: Pickled, path: readonly string[]): void => {
    if (++visits > MOST_VISITS) throw new Malformed(`it holds more than ${MOST_VISITS} values`);
    if (value instanceof TensorView) {
      found.push({ path, view: value });
      return;
    }
    if (path.length > DEEPEST) throw new Malformed(`its values are nested more than ${DEEPEST} levels deep`);
    for (const [key, child] of childrenOf(value)) visit(child, [...path, key]);
  };
  visit(root, []);
  return found;
}

function* childrenOf(value: Pickled): Generator<[string, Pickled], void, undefined> {
  if (value instanceof Map) for (const [key, child] of value) yield [nameOf(key), child];
  else if (value instanceof Namespace) for (const [key, child] of value.fields) yield [nameOf(key), child];
  else if (Array.isArray(value)) for (const [index, child] of value.entries()) yield [String(index), child];
}

function nameOf(key: Pickled): string {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  return key === null ? 'None' : '?';
}

/** A path as messages and file names have it: `optimizer/state/0/exp_avg`. */
export function formatPath(path: readonly string[]): string {
  return path.join('/');
}

/** The tensor as messages call it. */
export function describePath(path: readonly string[]): string {
  return path.length === 0 ? 'the tensor' : `tensor ${show(formatPath(path))}`;
}
