import { readFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { preset, presetNames } from '../family/families.js';
import type { Architecture } from '../family/family.js';
import { parseArchitecture } from '../family/codec.js';

/** Options for a preset, if not for ImageNet; a file has its own. */
export interface ArchitectureOptions {
  readonly imageSize?: number;
  readonly patchSize?: number;
  readonly classes?: number;
}

/** An architecture by preset name (`deit-tiny`) or from a JSON file. Throws a UserError for anything else. */
export async function readArchitecture(nameOrFile: string, options: ArchitectureOptions = {}): Promise<Architecture> {
  if (presetNames.includes(nameOrFile)) return preset(nameOrFile, options);
  let text: string;
  try {
    text = await readFile(nameOrFile, 'utf8');
  } catch {
    throw new UserError(
      `there is no architecture file ${nameOrFile}; give a JSON file, or one of ${presetNames.join(', ')}`,
    );
  }
  return parseArchitecture(text, nameOrFile);
}
