import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { importViolations, readImportTable } from './importRules.js';
import { packageRoot } from './packageRoot.js';

const table = `
<!-- imports: a small one -->

| folder | may import |
|---|---|
| \`low\`, \`side\` | – |
| \`middle\` | \`low\`, types of \`side\` |
| \`engine\` | \`low\`, ONNX Runtime |
| \`top\` | every folder above |
`;

/** Violations in a small project of `files`, which follow `table` unless a test plants one. */
async function violationsOf(files: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'glit-architecture-'));
  try {
    const lawful = {
      'ARCHITECTURE.md': table,
      'package.json': JSON.stringify({ type: 'module', imports: { '#engine': './dist/src/engine/engine.js' } }),
      'dist/src/engine/engine.js': '',
      'node_modules/onnxruntime-node/package.json': '{ "name": "onnxruntime-node", "main": "index.js" }',
      'node_modules/onnxruntime-node/index.js': '',
      'test/helper.ts': "export { low } from '../src/low/low.js';",
      'src/index.ts': "export { top } from './top/top.js';",
      'src/errors.ts': 'export class Problem extends Error {}',
      'src/low/low.ts': "import { Problem } from '../errors.js'; export const low = new Problem();",
      'src/low/low.test.ts': "import { top } from '../top/top.js'; import '../../test/helper.js'; export { top };",
      'src/side/side.ts': 'export interface Side { side: number } export const side = 1;',
      'src/middle/middle.ts':
        "import { low } from '../low/low.js'; import type { Side } from '../side/side.js'; export const middle: [Error, Side | 1] = [low, 1];",
      'src/engine/engine.ts': "import * as runtime from 'onnxruntime-node'; export const engine = runtime;",
      'src/top/top.ts': "import { middle } from '../middle/middle.js'; export const top = middle;",
    };
    for (const [name, text] of Object.entries({ ...lawful, ...files })) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    return await importViolations(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the architecture', () => {
  test('the sources keep to the table of ARCHITECTURE.md', async () => {
    assert.deepEqual(await importViolations(packageRoot), []);
  });
});

describe('the check of the architecture', () => {
  test('is silent about a project that keeps to its table', async () => {
    assert.deepEqual(await violationsOf({}), []);
  });

  const planted: [what: string, file: string, text: string, expected: RegExp][] = [
    [
      'an import that the row does not name',
      'src/low/bad.ts',
      "import '../side/side.js';",
      /low imports what its row names: src\/low\/bad.ts -> src\/side\/side.ts/,
    ],
    [
      'a forbidden import of a type',
      'src/low/bad.ts',
      "import type { Side } from '../side/side.js'; export type Bad = Side;",
      /low imports what its row names/,
    ],
    [
      'a value where the row allows types',
      'src/middle/bad.ts',
      "import { side } from '../side/side.js'; export const bad = side;",
      /middle imports types only/,
    ],
    ['an import through package.json', 'src/low/bad.ts', "import '#engine';", /low imports what its row names/],
    [
      'a dynamic import',
      'src/low/bad.ts',
      "export const bad = () => import('../top/top.js');",
      /low imports what its row names/,
    ],
    ['a re-export', 'src/low/bad.ts', "export * from '../middle/middle.js';", /low imports what its row names/],
    ['an import of the index', 'src/top/bad.ts', "export * from '../index.js';", /top imports what its row names/],
    ['an import of a test helper', 'src/top/bad.ts', "import '../../test/helper.js';", /src imports no test/],
    ['an import of a test', 'src/low/bad.ts', "import './low.test.js';", /src imports no test/],
    [
      'ONNX Runtime outside its folder',
      'src/top/bad.ts',
      "import 'onnxruntime-node';",
      /ONNX Runtime stays in its folder/,
    ],
    [
      'ONNX Runtime imported in two files',
      'src/engine/bad.ts',
      "import 'onnxruntime-node';",
      /only one file imports onnxruntime-node/,
    ],
    [
      'errors.ts importing something',
      'src/errors.ts',
      "import './low/low.js'; export class Problem extends Error {}",
      /errors.ts imports nothing/,
    ],
    ['an import of nothing', 'src/low/bad.ts', "import './absent.js';", /every import resolves/],
    ['a folder without a row', 'src/utils/misc.ts', 'export const misc = 1;', /src\/utils has no row/],
    ['a file beside the folders', 'src/misc.ts', 'export const misc = 1;', /src\/misc.ts has no row/],
  ];
  for (const [what, file, text, expected] of planted) {
    test(`catches ${what}`, async () => {
      assert.match((await violationsOf({ [file]: text })).join('\n'), expected);
    });
  }

  test('catches a cycle of files', async () => {
    const found = await violationsOf({ 'src/low/a.ts': "import './b.js';", 'src/low/b.ts': "import './a.js';" });
    assert.match(found.join('\n'), /no cycles: src\/low\/a.ts -> src\/low\/b.ts/);
  });
});

describe('the table', () => {
  const withRow = (row: string): string => `${table}${row}\n`;

  test('spells out "every folder above"', () => {
    const top = readImportTable(table).find((row) => row.folder === 'top');
    assert.deepEqual(top?.values, ['low', 'side', 'middle', 'engine']);
  });

  test('refuses a row that names a folder without a row above it', () => {
    assert.throws(
      () => readImportTable(withRow('| `new` | `later` |\n| `later` | – |')),
      /"later", which has no row above/,
    );
  });

  test('refuses words it does not know and folders with two rows', () => {
    assert.throws(
      () => readImportTable(withRow('| `new` | most of `low` |')),
      /"most of `low`", which is not understood/,
    );
    assert.throws(() => readImportTable(withRow('| `low` | – |')), /two rows for "low"/);
  });

  test('must be there', () => {
    assert.throws(() => readImportTable('# Architecture\n'), /marker/);
  });
});
