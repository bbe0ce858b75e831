import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { readSafetensors, writeSafetensors } from '../checkpoint/safetensors.js';
import { UserError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Checkpoints } from '../train/loop.js';
import type { Weights } from '../train/state.js';

/** Seconds between snapshots of a training in progress. */
const SNAPSHOT_SECONDS = 60;

/**
 * The folder of one run. Files are written atomically:
 *
 *     config.yaml  journal.jsonl  candidates.csv  report.md  result.json
 *     architecture.json  weights.safetensors  best.onnx
 *     front.svg                      a picture of the front, if the search was for several objectives
 *     latency.json                   the latency table, if the budget bounds latency
 *     unreadable.csv                 the images that could not be read, if there are any
 *     weights/<name>.safetensors     every trained network and supernet
 *     batches/<name>.png             the first batch of its training, as the network is shown it
 *     snapshots/<name>.safetensors   a training that is under way
 */
export class RunFolder {
  private constructor(readonly root: string) {}

  /** Throws a UserError when `root` is not empty and so cannot be the folder of a new run. */
  static async requireFree(root: string): Promise<void> {
    if (existsSync(root) && (await entriesOf(root)).length > 0) {
      throw new UserError(
        `the run folder ${root} exists and is not empty; give another with --out, or continue with --resume ${root}`,
      );
    }
  }

  /** Creates a folder for a new run. Throws a UserError when it is not empty. */
  static async create(root: string): Promise<RunFolder> {
    await RunFolder.requireFree(root);
    await mkdir(root, { recursive: true });
    return new RunFolder(root);
  }

  /** Opens the folder of a run to resume. Throws a UserError when it is not a run folder. */
  static async open(root: string): Promise<RunFolder> {
    const folder = new RunFolder(root);
    if (!existsSync(folder.path('config.yaml'))) {
      throw new UserError(`${root} is not a run folder: it has no config.yaml; give the folder of an earlier run`);
    }
    return Promise.resolve(folder);
  }

  /** A folder as it is, empty or not. */
  static at(root: string): RunFolder {
    return new RunFolder(root);
  }

  /** The path of a file of the run, given with forward slashes. */
  path(name: string): string {
    return join(this.root, ...name.split('/'));
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  readBytes(name: string): Promise<Uint8Array> {
    return readFile(this.path(name));
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFileAtomically(this.path(name), content);
  }

  async writeTensors(
    name: string,
    tensors: ReadonlyMap<string, Tensor>,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeSafetensors(this.path(name), tensors, metadata);
  }

  /** Reads weights written with {@link writeTensors}. */
  async readWeights(name: string): Promise<Weights> {
    const { tensors } = await readSafetensors(this.path(name));
    return tensors as Weights;
  }

  /** The snapshots of the training `name`. */
  checkpoints(name: string): Checkpoints {
    const file = `snapshots/${name}.safetensors`;
    return {
      everySeconds: SNAPSHOT_SECONDS,
      load: async () => {
        if (!this.has(file)) return undefined;
        const { tensors, metadata } = await readSafetensors(this.path(file));
        return { step: Number(metadata['step']), vectors: tensors };
      },
      save: ({ step, vectors }) => this.writeTensors(file, vectors, { step: String(step) }),
    };
  }

  /** Removes the snapshots of a finished training. */
  async removeSnapshots(name: string): Promise<void> {
    await rm(this.path(`snapshots/${name}.safetensors`), { force: true });
  }
}

async function entriesOf(root: string): Promise<readonly string[]> {
  try {
    return await readdir(root);
  } catch {
    throw new UserError(`${root} is a file; give a folder with --out`);
  }
}
