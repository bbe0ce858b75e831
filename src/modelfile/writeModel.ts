import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { makeFolder, requireNewFile } from '../checkpoint/freeFolder.js';
import { UserError } from '../errors.js';
import { openDevice } from '../runtime/device.js';
import type { RunnableModel } from './exportModel.js';
import { modelFolderFiles, type FolderFiles, type ModelFolderOptions } from './modelFolder.js';
import { scoresOf } from './runModel.js';

/** Whether a model goes to one ONNX file; if not, to a folder. */
export function isModelFile(out: string): boolean {
  return out.toLowerCase().endsWith('.onnx');
}

/** Files of weights and descriptions, which nobody means as the name of a folder. */
const OTHER_FILES = /\.(?:pth|pt|bin|safetensors|json)$/i;

/** Throws a UserError when the file or folder exists, cannot be made, or has the name of another format. */
export async function requireNewModel(out: string): Promise<void> {
  if (OTHER_FILES.test(out)) {
    throw new UserError(`${out} is neither an .onnx file nor a folder; glit convert writes .pth and .safetensors`);
  }
  await requireNewFile(out);
}

/**
 * Runs an exported model once, as a test, and writes it to `out`, whose folder is created. Throws a UserError when its
 * scores are not finite.
 */
export async function writeModel(out: string, model: RunnableModel): Promise<void> {
  await requireRuns(model, out);
  await makeFolder(dirname(out));
  await writeFileAtomically(out, model.bytes);
}

/**
 * The same as a folder for other clients, see {@link modelFolderFiles}, and `more` files. The folder appears when it is
 * complete: a half one would be in the way of the next attempt.
 */
export async function writeModelFolder(
  out: string,
  model: RunnableModel,
  options: ModelFolderOptions,
  more: FolderFiles = new Map(),
): Promise<void> {
  await requireRuns(model, out);
  const temporary = join(dirname(out), `.${randomUUID()}.tmp`);
  try {
    for (const [name, content] of [...modelFolderFiles(model, options), ...more]) {
      const file = join(temporary, ...name.split('/'));
      await makeFolder(dirname(file));
      await writeFileAtomically(file, content);
    }
    await rename(temporary, out);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Throws unless ONNX Runtime loads the model and its scores for a black image are finite. */
async function requireRuns(model: RunnableModel, name: string): Promise<void> {
  const device = await openDevice({ threads: 1 });
  try {
    const program = await device.compile(model.bytes, name);
    await scoresOf(program, model, new Uint8Array(3 * model.imageSize ** 2), 1);
  } finally {
    await device.close();
  }
}
