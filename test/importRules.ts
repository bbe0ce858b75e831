/**
 * The import rules of `ARCHITECTURE.md`, read from its table and checked with dependency-cruiser.
 *
 * The rules are only in the table: nothing here names a folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';

/** The allowed imports of one folder of `src/`: a row of the table. */
export interface ImportRow {
  readonly folder: string;
  /** Folders it may import from. */
  readonly values: readonly string[];
  /** Folders it may only `import type` from. */
  readonly types: readonly string[];
  /** Whether it may import ONNX Runtime's packages. */
  readonly onnxRuntime: boolean;
}

/**
 * Reads the table that follows the `imports:` marker.
 *
 * @throws Error if a cell is invalid, a row names a folder that is not above it, or a folder has two rows.
 */
export function readImportTable(markdown: string): ImportRow[] {
  const [, table] = markdown.split(/<!-- imports:.*-->\s*/);
  if (table === undefined) throw new Error('ARCHITECTURE.md has no "<!-- imports: ... -->" marker before its table');
  const [, , ...lines] = (table.trim().split(/\n\s*\n/)[0] ?? '').split('\n');
  const rows: ImportRow[] = [];
  for (const line of lines) {
    const [, folders = '', imports = ''] = line.split('|').map((cell) => cell.trim());
    const above = rows.map((row) => row.folder);
    for (const folder of folders.split(',').map((name) => name.replaceAll('`', '').trim())) {
      if (rows.some((row) => row.folder === folder)) throw new Error(`the table has two rows for "${folder}"`);
      rows.push({ folder, ...readCell(folder, imports, above) });
    }
  }
  return rows;
}

function readCell(folder: string, cell: string, above: readonly string[]): Omit<ImportRow, 'folder'> {
  const values: string[] = [];
  const types: string[] = [];
  let onnxRuntime = false;
  for (const item of cell === '–' ? [] : cell.split(',').map((text) => text.trim())) {
    const named = /^(types of )?`(\w+)`$/.exec(item);
    if (item === 'every folder above') values.push(...above);
    else if (item === 'ONNX Runtime') onnxRuntime = true;
    else if (named === null) throw new Error(`the row of "${folder}" says "${item}", which is not understood`);
    else (named[1] === undefined ? values : types).push(named[2] ?? '');
  }
  for (const name of [...values, ...types]) {
    if (!above.includes(name)) throw new Error(`the row of "${folder}" names "${name}", which has no row above it`);
  }
  return { values, types, onnxRuntime };
}

const testFile = '\\.test\\.ts$';
/** Sources, also compiled ones: package.json's "imports" lead there. */
const source = '^(dist/)?src/';

/** The table and the rules below it, as dependency-cruiser's forbidden rules. */
export function importRules(rows: readonly ImportRow[]): IForbiddenRuleType[] {
  const rules: IForbiddenRuleType[] = [
    { name: 'no cycles', from: { path: '^src/' }, to: { circular: true } },
    { name: 'src imports no test', from: { path: '^src/', pathNot: testFile }, to: { path: ['^test/', testFile] } },
    { name: 'errors.ts imports nothing', from: { path: '^src/errors\\.ts$' }, to: { path: '.' } },
    { name: 'every import resolves', from: { path: '^src/' }, to: { couldNotResolve: true } },
    {
      name: 'ONNX Runtime stays in its folder',
      from: { path: '^src/', pathNot: [testFile, ...within(rows.filter((row) => row.onnxRuntime).map(nameOf))] },
      to: { path: 'onnxruntime' },
    },
  ];
  for (const { folder, values, types } of rows) {
    const from = { path: within([folder]), pathNot: testFile };
    const shared = ['^src/errors\\.ts$', ...within([folder, ...values])];
    rules.push({
      name: `${folder} imports what its row names`,
      from,
      to: { path: source, pathNot: [...shared, ...within(types)] },
    });
    if (types.length > 0) {
      const to = { path: within(types), dependencyTypesNot: ['type-only' as const] };
      rules.push({ name: `${folder} imports types only`, from, to });
    }
  }
  return rules.map((rule) => ({ ...rule, severity: 'error' }));
}

const nameOf = (row: ImportRow): string => row.folder;
const within = (folders: readonly string[]): string[] => folders.map((folder) => `${source}${folder}/`);

/**
 * Checks the sources under `root` against the table of `root/ARCHITECTURE.md`.
 *
 * @returns one line per violation; none if the code follows the rules.
 */
export async function importViolations(root: string): Promise<string[]> {
  const rows = readImportTable(readFileSync(path.join(root, 'ARCHITECTURE.md'), 'utf8'));
  const result = await cruiseSources(root, importRules(rows));
  const found = result.summary.violations.map(({ rule, from, to, cycle }) => {
    const steps = cycle === undefined ? [to] : cycle.map((step) => step.name);
    return `${rule.name}: ${[from, ...steps].join(' -> ')}`;
  });
  const bindings = result.modules
    .filter(
      ({ source, dependencies }) =>
        isSource(source) && dependencies.some(({ module }) => module === 'onnxruntime-node'),
    )
    .map(({ source }) => source);
  if (bindings.length > 1) found.push(`only one file imports onnxruntime-node: ${bindings.join(', ')}`);
  return [...found, ...strangers(root, rows)];
}

const isSource = (file: string): boolean => file.startsWith('src/') && !file.endsWith('.test.ts');

/** Entries of `src/` that are not in the table. */
function strangers(root: string, rows: readonly ImportRow[]): string[] {
  const known = [...rows.map(nameOf), 'index.ts', 'node.ts', 'errors.ts', 'index.test.ts', 'errors.test.ts'];
  return readdirSync(path.join(root, 'src'))
    .filter((name) => !known.includes(name))
    .map((name) => `src/${name} has no row in ARCHITECTURE.md`);
}

async function cruiseSources(root: string, forbidden: IForbiddenRuleType[]): Promise<ICruiseResult> {
  const entries = ['src', 'test'].filter((folder) => existsSync(path.join(root, folder)));
  const { output } = await cruise(entries, {
    baseDir: root,
    ruleSet: { forbidden },
    validate: true,
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  });
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with text: ${output}`);
  return output;
}
