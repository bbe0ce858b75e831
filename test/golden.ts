import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The path of a reference file, e.g. `goldenPath('modules/index.json')`: numbers recorded from the official GLiT, DeiT
 * and timm code, in the folder `shared/golden` beside the project. Throws when the folder or the file is not there.
 */
export function goldenPath(file: string): string {
  const found = path.resolve('..', 'shared', 'golden', file);
  if (!existsSync(found)) {
    throw new Error(
      `The reference data of this test is missing: ${found}. Put the folder "shared" beside the project.`,
    );
  }
  return found;
}
