import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, wherever the tests were compiled to. */
export const packageRoot = upFrom(path.dirname(fileURLToPath(import.meta.url)));

function upFrom(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : upFrom(path.dirname(folder));
}
