import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isStored, type ImageSource } from '../dataset/source.js';
import { bytesOf } from '../image/image.js';

/** A hash of labels and of pixels or, for images still encoded, of their files' names and places. */
export function fingerprint(source: ImageSource): string {
  const hash = createHash('sha256');
  hash.update(source.labels);
  if (isStored(source)) {
    const { store, rows } = source;
    const size = bytesOf(store.size);
    for (const row of rows) hash.update(store.pixels.subarray(row * size, (row + 1) * size));
  } else {
    for (let index = 0; index < source.labels.length; index++) {
      const { file, part } = source.encoded(index);
      hash.update(`${basename(file)} ${part?.start ?? ''} ${part?.length ?? ''} ${part?.name ?? ''}\n`);
    }
  }
  return hash.digest('hex');
}
