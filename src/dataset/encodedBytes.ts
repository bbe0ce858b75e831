import { open, stat } from 'node:fs/promises';
import type { EncodedImage } from './source.js';

/** No training image is larger; a header that says otherwise is wrong. */
const MOST_BYTES = 2 ** 30;

/**
 * The decoder's input for an image: the path of an image file, or the bytes of an image inside a larger file. Rejects
 * when the file ends before the image does, or never.
 */
export async function decoderInput({ file, part }: EncodedImage): Promise<string | Buffer> {
  if (part === undefined) {
    // Why a file is missing is for the decoder to say.
    const about = await stat(file).catch(() => undefined);
    // Reading a device may not end, and reading a pipe may not begin.
    if (about?.isFile() === false) throw new Error('it is not a file');
    requirePossible(about?.size ?? 0);
    return file;
  }
  const { start, length } = part;
  if (length === 0) throw new Error('it has no bytes');
  requirePossible(length);
  const handle = await open(file);
  try {
    // The offset was checked when the file was indexed; a file truncated since then ends early here.
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

function requirePossible(bytes: number): void {
  if (bytes > MOST_BYTES) throw new Error(`it has ${bytes} bytes, more than an image can have`);
}
