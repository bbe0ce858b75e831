import { open } from 'node:fs/promises';
import type { EncodedImage } from './source.js';

/** No image that is meant for training is larger; a header that says so lies. */
const MOST_BYTES = 2 ** 30;

/**
 * An image as the decoder takes it: the path of a file that is one image, or the bytes of an image that shares its file
 * with others. Rejects when the file is shorter than the image's place in it says.
 */
export async function decoderInput({ file, part }: EncodedImage): Promise<string | Buffer> {
  if (part === undefined) return file;
  const { start, length } = part;
  if (length === 0) throw new Error('it has no bytes');
  if (length > MOST_BYTES) throw new Error(`it has ${length} bytes, more than an image can have`);
  const handle = await open(file);
  try {
    // The place was checked against the file when it was indexed; a file that was cut since then ends early here.
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
      if (bytesRead === 0) throw new Error(`the file ends ${length - done} bytes before the image does`);
      done += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
