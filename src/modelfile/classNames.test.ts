import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/support/imageFiles.js';
import { UserError } from '../errors.js';
import { readClassNames } from './classNames.js';

const folder = temporaryFolder();

async function read(text: string, count = 2): Promise<readonly string[]> {
  const file = path.join(folder, 'classes.txt');
  await writeFile(file, text);
  return readClassNames(file, 'the model', count);
}

test('class names are read from lines of any system, or from a JSON list', async () => {
  for (const text of ['cat\ndog', 'cat\ndog\n', 'cat\r\ndog\r\n\r\n', '\ufeffcat\n dog \n', '\ufeff["cat", "dog"]\n']) {
    assert.deepEqual(await read(text), ['cat', 'dog'], JSON.stringify(text));
  }
});

test('class names that cannot be right are refused', async () => {
  for (const [text, message] of [
    ['cat\n\ndog\n', /names no class in line 2/],
    ['cat\ncat\n', /names the class "cat" twice/],
    ['cat\n', /names 1 classes, but the model has 2 outputs/],
    ['["cat", 3]', /is not a list of strings/],
  ] as const) {
    await assert.rejects(read(text), (error) => error instanceof UserError && message.test(error.message));
  }
});
