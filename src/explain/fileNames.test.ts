import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FreshNames, safeName } from './fileNames.js';

describe('a name in a file name', () => {
  test('names no other folder and has no odd characters, whatever the text', () => {
    const odd = fc.constantFrom('..', '/', '\\', '\0', '\n', '\u001b[31m', ':', '*', 'con', 'é', '犬', ' ');
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, fc.string({ unit: 'binary' }))), (parts) => {
        const name = safeName(parts.join(''));
        assert.match(name, /^[\p{L}\p{N}_-]+$/u);
        assert.equal(path.basename(name), name);
        assert.ok(Buffer.byteLength(name) <= 100);
      }),
    );
  });

  test('keeps letters of every script', () => {
    assert.equal(safeName('Schäfer-Hund_2'), 'Schäfer-Hund_2');
    assert.equal(safeName('犬'), '犬');
    assert.equal(safeName('tabby, tabby cat'), 'tabby_tabby_cat');
    assert.equal(safeName('../../etc/passwd'), '_etc_passwd');
    assert.equal(safeName(''), '_');
  });
});

describe('fresh names', () => {
  test('differ, also without capital letters', () => {
    const names = new FreshNames();
    assert.deepEqual(
      ['cat', 'Cat', 'cat', 'dog', 'cat-2'].map((name) => names.take(name)),
      ['cat', 'Cat-2', 'cat-3', 'dog', 'cat-2-2'],
    );
  });
});
