/** Finds OpenVINO's C library: where GLIT_OPENVINO says, in the wheel of the Python on PATH, or among the system's. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../errors.js';

/** The environment variable that names the library, or a folder that holds it. */
export const LIBRARY_VARIABLE = 'GLIT_OPENVINO';

/** The library's name on Linux, macOS and Windows; files of a release have its number in their name. */
const FILE_NAME = /^(libopenvino_c\.so(\.\d+)*|libopenvino_c(\.\d+)*\.dylib|openvino_c\.dll)$/;

const SYSTEM_FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
  '/usr/lib',
  '/usr/local/lib',
  '/opt/homebrew/lib',
  '/opt/intel/openvino/runtime/lib/intel64',
];

/** Prints the folder of Python's `openvino` package, if there is one, without importing it. */
const FIND_PACKAGE =
  'import importlib.util; s = importlib.util.find_spec("openvino"); print(s.submodule_search_locations[0] if s else "")';

/** The path of OpenVINO's C library. Throws a UserError when there is none. */
export function findLibrary(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment[LIBRARY_VARIABLE];
  if (named !== undefined && named !== '') return namedLibrary(named);
  const folders = [
    ...pythonFolders(environment),
    ...(environment['LD_LIBRARY_PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== ''),
    ...SYSTEM_FOLDERS,
  ];
  for (const folder of folders) {
    const found = libraryIn(folder);
    if (found !== undefined) return found;
  }
  throw new UserError(
    'the device openvino needs OpenVINO, which is not installed; run `pip install openvino`, ' +
      `or name the folder of libopenvino_c in ${LIBRARY_VARIABLE}`,
  );
}

function namedLibrary(named: string): string {
  if (!existsSync(named)) throw new UserError(`${LIBRARY_VARIABLE} names ${named}, which does not exist`);
  if (!statSync(named).isDirectory()) return named;
  const found = libraryIn(named) ?? libraryIn(path.join(named, 'libs'));
  if (found !== undefined) return found;
  throw new UserError(`${LIBRARY_VARIABLE} names ${named}, which holds no libopenvino_c; name the folder that does`);
}

function pythonFolders(environment: NodeJS.ProcessEnv): string[] {
  for (const python of ['python3', 'python']) {
    const { status, stdout } = spawnSync(python, ['-c', FIND_PACKAGE], { encoding: 'utf8', env: environment });
    if (status === 0 && stdout.trim() !== '') return [path.join(stdout.trim(), 'libs')];
  }
  return [];
}

/** The newest library in a folder. */
function libraryIn(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const [newest] = readdirSync(folder)
    .filter((file) => FILE_NAME.test(file))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return newest === undefined ? undefined : path.join(folder, newest);
}
