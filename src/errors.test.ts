import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { shellWord, show, showName, UserError, writeFailure } from './errors.js';

describe('a value from outside, in a message,', () => {
  test('is what JSON makes of it while it is short', () => {
    const short = fc.jsonValue({ maxDepth: 2 }).filter((value) => JSON.stringify(value).length <= 60);
    fc.assert(fc.property(short, (value) => assert.equal(show(value), JSON.stringify(value))));
    const empty = [new Array(12).fill(''), 1e-300, false];
    assert.equal(show(empty), JSON.stringify(empty));
  });

  test('is one line of bounded length whatever it is', () => {
    const cyclic: unknown[] = [1];
    cyclic.push(cyclic);
    let deep: unknown = 0;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    const values: unknown[] = [
      undefined,
      12n,
      cyclic,
      deep,
      'x\n'.repeat(1e6),
      new Array(1e6).fill('y'),
      { a: cyclic },
    ];
    for (const value of [...values, Object.fromEntries(new Array(1000).fill(0).map((_, at) => [`k${at}`, at]))]) {
      const text = show(value);
      assert.ok(text.length <= 60, text);
      assert.doesNotMatch(text, /[\r\n]/);
    }
    assert.equal(show(undefined), 'missing');
    assert.equal(show(cyclic), '[1,[1,[1,[…]]]]');
    assert.equal(show('a'.repeat(80), 20), `"${'a'.repeat(18)}…`);
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 7, max: 99 }), (value, most) => show(value, most).length <= most),
    );
  });

  test('is quoted as a name only where it is none', () => {
    assert.equal(showName('search.population'), 'search.population');
    assert.equal(showName('größe'), 'größe');
    assert.equal(showName('a\nb'), '"a\\nb"');
    assert.equal(showName('\u001b[2J'), '"\\u001b[2J"');
    assert.equal(showName('x'.repeat(100)).length, 60);
  });

  test('is quoted in a command where a shell would change it', () => {
    for (const word of ['runs/2026-11-30-1916-demo', 'größe', 'a\\b.onnx']) assert.equal(shellWord(word), word);
    assert.equal(shellWord('my run/old'), "'my run/old'");
    assert.equal(shellWord('$HOME'), "'$HOME'");
    assert.equal(shellWord("it's"), "'it'\\''s'");
    assert.equal(shellWord(''), "''");
  });
});

describe('a file that cannot be written', () => {
  for (const [code, reason] of [
    ['ENOSPC', 'the disk is full; make room'],
    ['EDQUOT', 'your quota is used up; make room'],
    ['EROFS', 'the disk is read-only; make it writable, or use another one'],
    ['EACCES', 'you have no permission; change it, or use another folder'],
    ['EPERM', 'you have no permission; change it, or use another folder'],
    ['EIO', 'the disk reports an error; check it, or use another one'],
  ] as const) {
    test(`is named with the fact and the next step: ${code}`, () => {
      const error = Object.assign(new Error('raw'), { code });
      assert.deepEqual(
        writeFailure('runs/a', 12, error),
        new UserError(`runs/a cannot be written (12 bytes): ${reason}, and continue`),
      );
      assert.deepEqual(
        writeFailure('runs/a', 0, error),
        new UserError(`runs/a cannot be made: ${reason}, and continue`),
      );
    });
  }

  test("for a reason that is not the user's is the error as it was", () => {
    for (const error of [Object.assign(new Error('raw'), { code: 'EBADF' }), new Error('raw'), 'raw']) {
      assert.equal(writeFailure('runs/a', 12, error), error);
    }
  });
});
