import { spawnSync } from 'node:child_process';

/** The Python that tests of other tools' readers use; `GLIT_PYTHON` names another. */
export const python = process.env['GLIT_PYTHON'] ?? 'python3';

/** Whether to leave out a test that imports these modules, and why. */
export function withoutPython(...modules: readonly string[]): string | false {
  const { status } = spawnSync(python, ['-c', `import ${modules.join(', ')}`]);
  return status === 0
    ? false
    : `not available here: Python (pip install ${modules.join(' ')}, and name it in GLIT_PYTHON)`;
}
