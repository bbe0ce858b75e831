import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './record.js';

test('the checksums of records are those of RFC 3720, appendix B.4', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, at) => at);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.equal(crc32c(ascending), 0x46dd794e);
  assert.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
});
