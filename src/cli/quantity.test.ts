import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { parseQuantity } from './quantity.js';

describe('a quantity', () => {
  test('has a unit in either case, or none', () => {
    const parsed = ['1.3G', '5M', '300k', '20m', '1.3g', '1200', '1e6', '2 K', '0.5M'].map((text) =>
      parseQuantity(text, '--max-macs'),
    );
    assert.deepEqual(parsed, [1.3e9, 5e6, 3e5, 2e7, 1.3e9, 1200, 1e6, 2000, 5e5]);
  });

  test('is refused with the option’s name when it is invalid', () => {
    for (const text of ['', 'many', '-5M', '5T', '1.3.2G', 'Infinity', '0x10', '5MB']) {
      assert.throws(
        () => parseQuantity(text, '--max-macs'),
        (error) => error instanceof UserError && error.message.startsWith(`--max-macs is "${text}"`),
        text,
      );
    }
  });
});
