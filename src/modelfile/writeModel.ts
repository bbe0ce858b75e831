import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { UserError } from '../errors.js';
import { openDevice } from '../runtime/device.js';
import { zeros } from '../tensor/tensor.js';

/** Throws a UserError when the file exists. */
export function requireNewModel(out: string): void {
  if (existsSync(out)) throw new UserError(`${out} exists already; give another file with --out`);
}

/**
 * Runs an exported model for images of `imageSize` once, as a test, and writes it to `out`, whose folder is created.
 * Throws a UserError when its logits are not finite.
 */
export async function writeModel(out: string, bytes: Uint8Array, imageSize: number): Promise<void> {
  await requireRuns(bytes, imageSize, out);
  await mkdir(dirname(out), { recursive: true });
  await writeFileAtomically(out, bytes);
}

/** Throws unless ONNX Runtime loads the model and its logits for a black image are finite. */
async function requireRuns(bytes: Uint8Array, imageSize: number, out: string): Promise<void> {
  const device = await openDevice({ threads: 1 });
  try {
    const program = await device.compile(bytes, out);
    const { logits } = await program.run({ pixel_values: zeros('float32', [1, 3, imageSize, imageSize]) });
    if (!Array.from(logits.data, Number).every(Number.isFinite)) {
      throw new UserError(`the model's logits are not finite; the weights are damaged, or training diverged`);
    }
  } finally {
    await device.close();
  }
}
