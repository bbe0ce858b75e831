import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { isStored, type ImageSource } from '../dataset/source.js';
import { bytesOf } from '../image/image.js';

/**
 * A hash of labels and of pixels or, for images still encoded, of their names and lengths. It is the same wherever the
 * images lie: folders and the place of a table's copy do not count.
 */
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
      // Runs of earlier builds keep hashes of images in files of their own: leave the spaces in.
      const line =
        part === undefined ? `${basename(file)}   ` : `${basename(part.container)} ${part.length} ${part.name}`;
      hash.update(`${line}\n`);
    }
  }
  return hash.digest('hex');
}
