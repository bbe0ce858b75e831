import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version of the package that this file belongs to. */
export const version: string = (
  JSON.parse(readFileSync(packageFile(import.meta.dirname), 'utf8')) as { version: string }
).version;

/** The nearest package.json above a folder, however deep the build puts this file. */
function packageFile(folder: string): string {
  const file = join(folder, 'package.json');
  return existsSync(file) ? file : packageFile(dirname(folder));
}
