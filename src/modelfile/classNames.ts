import { readTextFile } from '../config/textFile.js';
import { show, UserError } from '../errors.js';

/** The origin of the class names: the model's file, the user, or none; then classes have numbers. */
export type Naming = 'model' | 'user' | 'numbers';

/**
 * The class names in a file's metadata, as a JSON list; undefined if it has none, or only the numbers that an export
 * gives to classes without names.
 */
export function namesIn(metadata: Readonly<Record<string, string>>): string | undefined {
  return metadata['naming'] === 'numbers' ? undefined : metadata['classes'];
}

/**
 * The classes of `model`, in output order, from a file with one name per line or a JSON list. Throws a UserError unless
 * there are `count` different names.
 */
export async function readClassNames(file: string, model: string, count: number): Promise<readonly string[]> {
  let text: string;
  try {
    text = (await readTextFile(file, 'a list of class names')).replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`the class names ${file} cannot be read (${code}); give a file with one name a line`);
  }
  const names = text.trimStart().startsWith('[') ? fromJson(text, file) : fromLines(text, file);
  const seen = new Set<string>();
  const repeated = names.find((name) => seen.size === seen.add(name).size);
  if (repeated !== undefined) {
    throw new UserError(`${file} names the class ${show(repeated)} twice; give every class a name of its own`);
  }
  if (names.length !== count) {
    throw new UserError(`${file} names ${names.length} classes, but ${model} has ${count} outputs; name each of them`);
  }
  return names;
}

/** One name a line; blank lines at the end do not count. */
function fromLines(text: string, file: string): readonly string[] {
  const names = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());
  const blank = names.indexOf('');
  if (blank === -1) return names;
  throw new UserError(`${file} names no class in line ${blank + 1}; give every class a line of its own`);
}

function fromJson(text: string, file: string): readonly string[] {
  try {
    const names = JSON.parse(text) as unknown;
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names;
  } catch {
    // Reported below, like JSON of the wrong form.
  }
  throw new UserError(`${file} begins as a JSON list, but is not a list of strings; give one name per line`);
}
