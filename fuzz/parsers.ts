import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../src/errors.js';
import { parseDuration, parseQuantity } from '../src/cli/quantity.js';
import { configFrom, readLayer } from '../src/config/layers.js';
import { readPytorchStateDict } from '../src/checkpoint/pytorch/stateDict.js';
import { readSafetensors } from '../src/checkpoint/safetensors.js';
import { Follower } from '../src/dashboard/follower.js';
import { CIFAR_10, findCifar } from '../src/dataset/sources/cifar.js';
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
import { StudyFolder } from '../src/run/ablation/studyFolder.js';
import { CHECK_FILE } from '../src/run/folder/checkFolder.js';
import { readImagesRecord } from '../src/run/folder/imagesRecord.js';
import { RunFolder } from '../src/run/folder/runFolder.js';
import { RunLock } from '../src/run/folder/runLock.js';
import { snapshotsOf } from '../src/run/folder/snapshots.js';
import { readAsked } from '../src/run/trust/asked.js';
import { trustSettings } from '../src/run/trust/settings.js';
import { readJournal } from '../src/telemetry/journal.js';

/** Reads a file that may hold anything: it returns, or throws a UserError. */
export type Parser = (file: string) => Promise<unknown>;

/** Everything that reads what others wrote, as a command calls it, by the name of its corpus. */
export const PARSERS: Readonly<Record<string, Parser>> = {
  architecture: (file) => readArchitecture(file),
  asked: async (file) => readAsked(await placed(file, 'asked', 'check.json')),
  check: async (file) => {
    const folder = await placed(file, 'check', CHECK_FILE);
    return trustSettings(RunFolder.at(folder), { name: 'low', weightsHash: '0123abcd' }, {});
  },
  cifar: readCifar,
  classNames: (file) => readClassNames(file, 'model', 3),
  config: async (file) => configFrom([{ source: 'preset', values: PRESETS.smoke }, await readLayer(file)]),
  dashboard: readForDashboard,
  idx: (file) => readIdx(file, 'train-images-idx3-ubyte'),
  idxLabels: (file) => readIdx(file, 'train-labels-idx1-ubyte'),
  images: async (file) => readImagesRecord(RunFolder.at(await placed(file, 'run', 'images.json'))),
  journal: readJournal,
  latencyTable: async (file) => parseLatencyTable(await readFile(file, 'utf8'), file),
  lock: async (file) => {
    const folder = await placed(file, 'locked', 'lock-1.json');
    await (await RunLock.take(folder, { command: 'fuzz', heartbeat: 1e-6 })).release();
  },
  onnx: readExportedModel,
  parquet: readParquet,
  pytorch: (file) => readPytorchStateDict(file),
  quantity: readQuantities,
  safetensors: readSafetensors,
  seed: readSeed,
  snapshot: async (file) => {
    const folder = RunFolder.at(await placed(file, 'training', 'snapshots/deit.safetensors'));
    return snapshotsOf(folder, 'deit', () => undefined).load();
  },
  study: async (file) => StudyFolder.open(await placed(file, 'study', 'study.yaml')),
  tar: readTar,
};

/** Puts the file under another name into a folder beside it, which is returned. */
async function placed(file: string, folder: string, name: string): Promise<string> {
  const root = path.join(path.dirname(file), folder);
  const place = path.join(root, name);
  await mkdir(path.dirname(place), { recursive: true });
  await copyFile(file, place);
  return root;
}

/** As the first training batch of a set whose other files are in order. */
async function readCifar(file: string): Promise<unknown> {
  const folder = await placed(file, 'cifar', CIFAR_10.train[0]);
  await writeFile(path.join(folder, CIFAR_10.names), 'cat\ndog\n');
  const image = Buffer.alloc(1 + 3 * 32 * 32, 1);
  for (const name of [...CIFAR_10.train.slice(1), CIFAR_10.test]) await writeFile(path.join(folder, name), image);
  return findCifar(folder, CIFAR_10);
}

/** A journal as the dashboard follows it, while others write to it. */
async function readForDashboard(file: string): Promise<unknown> {
  const follower = new Follower(file);
  await follower.advance(1000);
  return follower.news(undefined);
}

/** The files of a small set, in order. */
const IDX_SET: Readonly<Record<string, readonly number[]>> = {
  'train-images-idx3-ubyte': [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 7],
  'train-labels-idx1-ubyte': [0, 0, 8, 1, 0, 0, 0, 2, 0, 1],
  't10k-images-idx3-ubyte': [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7],
  't10k-labels-idx1-ubyte': [0, 0, 8, 1, 0, 0, 0, 1, 1],
};

/** As one file, packed or not, of that set. */
async function readIdx(file: string, as: string): Promise<unknown> {
  const folder = await placed(file, as, as);
  for (const [name, bytes] of Object.entries(IDX_SET)) {
    if (name !== as) await writeFile(path.join(folder, name), Uint8Array.from(bytes));
  }
  return findIdx(folder, Object.keys(IDX_SET));
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
