import { copyFile, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../src/errors.js';
import { parseDuration, parseQuantity } from '../src/cli/quantity.js';
import { configFrom, readLayer } from '../src/config/layers.js';
import { readPytorchStateDict } from '../src/checkpoint/pytorch/stateDict.js';
import { readSafetensors } from '../src/checkpoint/safetensors.js';
import { findIdx } from '../src/dataset/sources/idx.js';
import { readTable } from '../src/dataset/sources/parquetTable.js';
import { openTar } from '../src/dataset/sources/tar.js';
import { parseLatencyTable } from '../src/measure/latencyTable.js';
import { MEASURES } from '../src/measure/measure.js';
import { readClassNames } from '../src/modelfile/classNames.js';
import { readArchitecture } from '../src/modelfile/architectureFile.js';
import { readExportedModel } from '../src/modelfile/exportModel.js';
import { PRESETS } from '../src/config/presets.js';
import { readSeed } from '../src/run/ablation/seedFile.js';
import { readJournal } from '../src/telemetry/journal.js';

/** Reads a file that may hold anything: it returns, or throws a UserError. */
export type Parser = (file: string) => Promise<unknown>;

/** Everything that reads what others wrote, as a command calls it, by the name of its corpus. */
export const PARSERS: Readonly<Record<string, Parser>> = {
  architecture: (file) => readArchitecture(file),
  classNames: (file) => readClassNames(file, 'model', 3),
  config: async (file) => configFrom([{ source: 'preset', values: PRESETS.smoke }, await readLayer(file)]),
  idx: readIdx,
  journal: readJournal,
  latencyTable: async (file) => parseLatencyTable(await readFile(file, 'utf8'), file),
  onnx: readExportedModel,
  parquet: readParquet,
  pytorch: (file) => readPytorchStateDict(file),
  quantity: readQuantities,
  safetensors: readSafetensors,
  seed: readSeed,
  tar: readTar,
};

/** As the images of a set whose labels, and whose test images, are in order. */
async function readIdx(file: string): Promise<unknown> {
  const folder = path.dirname(file);
  const put = (name: string, ...bytes: readonly number[]): Promise<void> =>
    writeFile(path.join(folder, name), Uint8Array.from(bytes));
  const names = ['train-images', 'train-labels', 't10k-images', 't10k-labels'];
  await copyFile(file, path.join(folder, 'train-images-idx3-ubyte'));
  await put('train-labels-idx1-ubyte', 0, 0, 8, 1, 0, 0, 0, 2, 0, 1);
  await put('t10k-labels-idx1-ubyte', 0, 0, 8, 1, 0, 0, 0, 1, 1);
  await put('t10k-images-idx3-ubyte', 0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7);
  return findIdx(
    folder,
    names.map((name) => `${name}-idx${name.endsWith('images') ? 3 : 1}-ubyte`),
  );
}

/**
 * In this process. A run reads a table in a process of its own, survives its end, and passes on the library's errors in one line; so an error
 * of the library counts as a refusal here.
 */
async function readParquet(file: string): Promise<void> {
  const handle = await open(file);
  const target = { reserve: () => Promise.resolve(), write: () => Promise.resolve(), alive: () => undefined };
  try {
    await readTable(file, handle, target);
  } catch (error) {
    const frames = error instanceof Error ? (error.stack?.split(/\n\s+at /) ?? []) : [];
    const origin = frames.slice(1).find((frame) => !frame.includes('<anonymous>') && !frame.includes('node:')) ?? '';
    if (!origin.includes('node_modules')) throw error;
  } finally {
    await handle.close();
  }
}

async function readQuantities(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  for (const read of [
    ...MEASURES.map((measure) => () => parseQuantity(text, '--max', measure)),
    () => parseDuration(text, '--time'),
  ]) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
}

/** Lists the members, and reads the small ones, as labels are. */
async function readTar(file: string): Promise<void> {
  const archive = await openTar(file);
  try {
    for await (const member of archive.members()) if (member.length < 1024) await archive.body(member);
  } finally {
    await archive.close();
  }
}
