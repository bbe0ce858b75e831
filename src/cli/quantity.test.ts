import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UserError } from '../errors.js';
import { MEASURES } from '../measure/measure.js';
import { parseDuration, parseQuantity } from './quantity.js';

const [macs, , latency, memory] = MEASURES;

describe('a quantity', () => {
  test('has a unit in either case, or none', () => {
    const parsed = ['1.3G', '5M', '300k', '20m', '1.3g', '1200', '1e6', '2 K', '0.5M'].map((text) =>
      parseQuantity(text, '--max-macs', macs),
    );
    assert.deepEqual(parsed, [1.3e9, 5e6, 3e5, 2e7, 1.3e9, 1200, 1e6, 2000, 5e5]);
  });

  test('is in bytes or in milliseconds where the measure is', () => {
    const bytes = ['64MB', '2M', '512 kB', '1.5GiB', '100B', '100'];
    assert.deepEqual(
      bytes.map((text) => parseQuantity(text, '--max-memory', memory)),
      [64e6, 2e6, 512e3, 1.5 * 2 ** 30, 100, 100],
    );
    assert.deepEqual(
      ['20ms', '1.5s', '300us', '0.4', '20 MS'].map((text) => parseQuantity(text, '--max-latency', latency)),
      [20, 1500, 0.3, 0.4, 20],
    );
    assert.throws(() => parseQuantity('20M', '--max-latency', latency), /is "20M"; give .*us, ms, s.*such as 20ms$/);
    assert.throws(() => parseQuantity('20ms', '--max-memory', memory), /is "20ms"/);
  });

  test('is refused with the option’s name when it is invalid', () => {
    for (const text of ['', 'many', '-5M', '5T', '1.3.2G', 'Infinity', '0x10', '5MB']) {
      assert.throws(
        () => parseQuantity(text, '--max-macs', macs),
        (error) => error instanceof UserError && error.message.startsWith(`--max-macs is "${text}"`),
        text,
      );
    }
  });
});

describe('a duration', () => {
  test('is in seconds, minutes and hours', () => {
    const parsed = ['90s', '20m', '1.5h', '1h30m', '2H 05m', '0.5m'].map((text) => parseDuration(text, '--time'));
    assert.deepEqual(parsed, [90, 1200, 5400, 5400, 7500, 30]);
  });

  test('is refused with the option’s name when it is invalid', () => {
    for (const text of ['', '20', '0s', '-5m', 'm', '20m soon', '5d']) {
      assert.throws(
        () => parseDuration(text, '--time'),
        (error) => error instanceof UserError && error.message.startsWith(`--time is "${text}"`),
        text,
      );
    }
  });
});
