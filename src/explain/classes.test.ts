import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classNumber } from './classes.js';

describe('a class', () => {
  test('is found by its name, and by its number where no class is called so', () => {
    const classes = ['cat', 'dog', '0'];
    assert.deepEqual(
      ['cat', '1', '0'].map((name) => classNumber(name, classes, 'm')),
      [0, 1, 2],
    );
  });

  test('that is unknown is an error with the nearest name', () => {
    for (const wanted of ['gog', '3', '-1', '']) {
      assert.throws(() => classNumber(wanted, ['cat', 'dog', 'cow'], 'best.onnx'), {
        name: 'UserError',
        message:
          /^best\.onnx has no class .*; did you mean (cat|dog|cow)\? A number from 0 to 2 names a class as well$/,
      });
    }
    assert.throws(() => classNumber('gog', ['cat', 'dog'], 'm'), { message: /has no class gog; did you mean dog\?/ });
  });
});
