import { createHash } from 'node:crypto';
import type { Tensor } from '../tensor/tensor.js';

/** The SHA-256 of tensors with their names. */
export function checksum(tensors: ReadonlyMap<string, Tensor>): string {
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, data }] of [...tensors].sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
