import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import ts from 'typescript';
import { packageRoot } from './packageRoot.js';
import { makePhotos } from './support/commandLine.js';

/** A TypeScript block that follows this comment is compiled against the package and run. */
const MARKER = '<!-- run by test/readme.test.ts -->';

const PAGES = ['README.md', 'CONTRIBUTING.md'];

const blocks = PAGES.flatMap((page) =>
  [...readFileSync(join(packageRoot, page), 'utf8').matchAll(/^(.*)\n```ts\n([\s\S]*?)^```$/gm)]
    .filter(([, before]) => before === MARKER)
    .map(([, , code]) => ({ page, code })),
);

// Inside the package, so that 'glit' means the package itself, by the "exports" of package.json.
mkdirSync(join(packageRoot, 'build'), { recursive: true });
const sources = mkdtempSync(join(packageRoot, 'build', 'readme-'));
const cwd = mkdtempSync(join(tmpdir(), 'glit-readme-'));
before(() => makePhotos(join(cwd, 'photos')));
after(() => {
  for (const folder of [sources, cwd]) rmSync(folder, { recursive: true });
});

describe('the examples', () => {
  test('are there', () => {
    for (const page of PAGES) {
      assert.ok(
        blocks.some((block) => block.page === page),
        `no \`\`\`ts block of ${page} follows ${MARKER}`,
      );
    }
  });

  const files = blocks.map((_, index) => join(sources, `example${index + 1}.mts`));

  test('compile', () => {
    blocks.forEach(({ code }, index) => writeFileSync(files[index], code));
    const options: ts.CompilerOptions = {
      strict: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ['node'],
      typeRoots: [join(packageRoot, 'node_modules', '@types')],
      skipLibCheck: true,
    };
    const program = ts.createProgram(files, options);
    const faults = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    assert.deepEqual(faults, []);
    program.emit();
  });

  blocks.forEach(({ page }, index) => {
    test(`of ${page} run: number ${index + 1}`, () => {
      const script = files[index].replace(/\.mts$/, '.mjs');
      const { status, stderr } = spawnSync(process.execPath, [script], { cwd, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  });
});
