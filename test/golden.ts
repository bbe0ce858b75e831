import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from './packageRoot.js';

/** The subset in the repository, which scripts/makeReference.mjs extracts from a whole set. */
export const SUBSET = path.join(packageRoot, 'test', 'reference');

/** The whole set, if GLIT_GOLDEN names its folder. */
export const WHOLE_SET = process.env['GLIT_GOLDEN'];

/**
 * The path of a reference file, e.g. `goldenPath('modules/index.json')`: numbers recorded from the official GLiT, DeiT
 * and timm code. The index files list the cases; the subset's list only its own. Throws when the file does not exist.
 */
export function goldenPath(file: string): string {
  const folder = WHOLE_SET ?? SUBSET;
  const found = path.resolve(folder, file);
  if (!existsSync(found)) {
    throw new Error(
      `The reference data of this test is missing: ${found}. ` +
        (WHOLE_SET === undefined
          ? 'Restore test/reference from the repository.'
          : 'Correct GLIT_GOLDEN, or unset it to use the subset in the repository.'),
    );
  }
  return found;
}
