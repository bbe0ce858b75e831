import assert from 'node:assert/strict';
import { UserError } from '../../src/errors.js';

/** Seconds after which reading a small file counts as hanging, on a busy machine. */
const LONGEST = 20;
/** Limit in bytes for the arrays that reading allocates, besides the file's. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads possibly broken input: it must be read or refused with a one-line UserError, quickly and without memory that
 * the input does not justify. Returns whether it was read.
 */
export async function survives(read: () => unknown): Promise<boolean> {
  const began = performance.now();
  const before = process.memoryUsage().arrayBuffers;
  try {
    await read();
    return true;
  } catch (error) {
    assert.ok(error instanceof UserError, error instanceof Error ? error.stack : String(error));
    assert.doesNotMatch(error.message, /[\n\r]/);
    assert.ok(error.message.length < 700, error.message);
    return false;
  } finally {
    assert.ok((performance.now() - began) / 1000 < LONGEST, 'it took too long');
    assert.ok(process.memoryUsage().arrayBuffers - before < MOST_BYTES, 'it took too much memory');
  }
}
