import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'glit-many-'));
after(() => rmSync(folder, { recursive: true }));

test('more images are found than a call can have arguments', () => {
  mkdirSync(join(folder, 'all/inside'), { recursive: true });
  for (let at = 0; at < 30_000; at++) writeFileSync(join(folder, 'all/inside', `${at}.png`), '');
  // In a fifth of the usual stack, fewer arguments are too many, so fewer files will do.
  const module = JSON.stringify(new URL('./imageFiles.js', import.meta.url).href);
  const script = `const { imageFiles } = await import(${module});
    const files = await imageFiles(${JSON.stringify([join(folder, 'all')])});
    try { [].push(...files); } catch (error) { console.log(files.length, error.name); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--stack-size=200', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.equal(stdout, '30000 RangeError\n', stderr);
});
