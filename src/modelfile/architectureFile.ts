import { readFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readTextFile } from '../config/textFile.js';
import { UserError } from '../errors.js';
import { preset, presetNames } from '../family/families.js';
import type { Architecture } from '../family/family.js';
import { parseArchitecture } from '../family/codec.js';
import { readMetadata } from '../onnx/model.js';

/** Options for a preset, if not for ImageNet; a file has its own. */
export interface ArchitectureOptions {
  readonly imageSize?: number;
  readonly patchSize?: number;
  readonly classes?: number;
}

/** An architecture by preset name (`deit-tiny`), or from a JSON file, a run folder or an exported model. Throws a UserError for anything else. */
export async function readArchitecture(nameOrFile: string, options: ArchitectureOptions = {}): Promise<Architecture> {
  if (presetNames.includes(nameOrFile)) return preset(nameOrFile, options);
  const file = isFolder(nameOrFile) ? join(nameOrFile, 'architecture.json') : nameOrFile;
  try {
    if (!file.endsWith('.onnx')) return parseArchitecture(await readTextFile(file, 'an architecture'), file);
    return parseArchitecture(recordedIn(await readFile(file), file), file);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`there is no architecture file ${file}; give a JSON file, or one of ${presetNames.join(', ')}`);
  }
}

/** The architecture in an exported model's metadata. */
function recordedIn(bytes: Uint8Array, file: string): string {
  let own: string | undefined;
  try {
    own = readMetadata(bytes)['architecture'];
  } catch {
    // Reported below.
  }
  if (own !== undefined) return own;
  throw new UserError(`${file} records no architecture; give a model exported by glit, or a JSON file`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
