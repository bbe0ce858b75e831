import { show } from '../../errors.js';
import { Malformed } from '../malformed.js';
import { Namespace, TensorView, type Pickled } from './values.js';

/** A tensor, and the keys and positions that lead to it from the checkpoint's root. */
export interface NamedView {
  readonly path: readonly string[];
  readonly view: TensorView;
}

/** Checkpoints nest a handful of levels. */
const DEEPEST = 64;
/** Lists that contain themselves, or each other many times, would never end; real checkpoints stay far below this. */
const MOST_VISITS = 10_000_000;

/**
 * All tensors below a value: in dictionaries by key, in lists by position. A tensor in two positions is listed twice.
 * Throws Malformed when values are nested too deeply, contain themselves, or repeat endlessly.
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

/** A path as messages and file names show it: `optimizer/state/0/exp_avg`. */
export function formatPath(path: readonly string[]): string {
  return path.join('/');
}

/** The tensor's name in messages. */
export function describePath(path: readonly string[]): string {
  return path.length === 0 ? 'the tensor' : `tensor ${show(formatPath(path))}`;
}
