import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { newRunName } from './runName.js';

const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'glit-names-'));
after(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

describe('the name of a new run', () => {
  test('has the minute and the command, and a number when that is taken', () => {
    process.chdir(folder);
    const now = new Date(2024, 4, 31, 9, 5);
    const names = Array.from({ length: 3 }, () => {
      const name = newRunName('search', now);
      mkdirSync(name, { recursive: true });
      return name;
    });
    const first = join('runs', '2024-05-31-0905-search');
    assert.deepEqual(names, [first, `${first}-2`, `${first}-3`]);
  });
});
