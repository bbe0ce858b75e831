import assert from 'node:assert/strict';
import { UserError } from '../../src/errors.js';

/** Seconds after which reading a small file counts as hanging, on a machine that does other things, too. */
const LONGEST = 20;
/** How many bytes of arrays reading may have made, beside those of the file. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads something that may be broken: it must be read, or refused by a UserError of one line, soon and without taking
 * memory that the input does not justify. Returns whether it was read.
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
