import { basename, dirname, join, sep } from 'node:path';
import { UserError } from '../errors.js';

/**
 * Names for models that are shown together: their paths without the folders they share. A single model keeps its whole
 * path. Throws a UserError when a file is given twice.
 */
export function modelNames(files: readonly string[]): readonly string[] {
  if (files.length === 1) return files;
  const paths = files.map((file) => join(dirname(file), basename(file)));
  const again = paths.findIndex((path, at) => paths.indexOf(path) < at);
  if (again >= 0) throw new UserError(`the model ${files[again]} is given twice; give each model once`);
  const parts = paths.map((path) => path.split(sep));
  const isShared = (depth: number): boolean =>
    parts.every((each) => depth < each.length - 1 && each[depth] === parts[0][depth]);
  let shared = 0;
  while (isShared(shared)) shared++;
  return parts.map((each) => each.slice(shared).join(sep));
}
