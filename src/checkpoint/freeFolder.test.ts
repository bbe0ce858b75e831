import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/imageFiles.js';
import { requireFreeFolder } from './freeFolder.js';

const folder = temporaryFolder();

test('a folder is free if it is empty or does not exist', async () => {
  const file = path.join(folder, 'file');
  await requireFreeFolder(folder);
  await requireFreeFolder(file);
  await writeFile(file, '');
  await assert.rejects(requireFreeFolder(folder), { name: 'UserError', message: /not empty; give another folder/ });
  await assert.rejects(requireFreeFolder(file), { name: 'UserError', message: /is a file; give a folder with --out/ });
});
