import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../checkpoint/atomicFile.js';
import { makeFolder, requireFreeFolder, requireWritable } from '../../checkpoint/freeFolder.js';
import { readSafetensors, writeSafetensors } from '../../checkpoint/safetensors.js';
import { shellWord, UserError } from '../../errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Weights } from '../../train/state.js';

/** What a process leaves that was killed before its folder was a run's. */
const BEFORE_THE_RUN = /^(?:(?:lock-\d+|latency|settings|check)\.json|\.[-\w]+\.tmp)$/;

/**
 * The folder of one run. Files are written atomically:
 *
 *     config.yaml  journal.jsonl  candidates.csv  report.md  result.json
 *     report.html                    the dashboard's views of the finished run, in one file
 *     architecture.json  architecture.svg  weights.safetensors  best.onnx
 *     model/                         the same network for transformers.js and others: its files, see modelFolder.ts
 *     front.svg                      a picture of the front, if the search was for several objectives
 *     journal.index.json             what the dashboard has read of a long journal; it can be deleted
 *     images.json                    which images it works with: classes, counts and hashes
 *     check.json                     what `glit trust` is to do after the search, until it is done
 *     latency.json                   the latency table, if latency is bounded or an objective
 *     unreadable.csv                 the images that could not be read, if there are any
 *     weights/<name>.safetensors     every trained network and supernet
 *     trainings/<name>.csv, .svg     the steps of every training, and their curves
 *     tensorboard/<name>/            the same for TensorBoard, unless the configuration says no
 *     test/                          the found network class by class on the test images: tables and pictures
 *     batches/<name>.png             the first batch of its training, as the network is shown it
 *     snapshots/<name>.safetensors   a training that is under way, and <name>.before.safetensors a little earlier
 *     snapshots/<name>.rollback…     the state that it goes back to when its loss is no longer finite
 *     lock-<n>.json                  the process that works in it
 */
export class RunFolder {
  private lost: UserError | undefined;

  private constructor(readonly root: string) {}

  /** Throws a UserError when `root` cannot be the folder of a new run: it is not empty, or cannot be made. */
  static async requireFree(root: string): Promise<void> {
    const resumable = new RunFolder(root).has('config.yaml');
    const entries = await readdir(root).catch(() => []);
    if (entries.length > 0 && entries.every((name) => BEFORE_THE_RUN.test(name))) {
      await requireWritable(root);
      return;
    }
    const orResume = resumable ? `, or continue with --resume ${shellWord(root)}` : '';
    await requireFreeFolder(root, `the run folder ${root} exists and is not empty; give another with --out${orResume}`);
  }

  /** Creates a folder for a new run. Throws a UserError when it is not empty. */
  static async create(root: string): Promise<RunFolder> {
    await RunFolder.requireFree(root);
    await makeFolder(root);
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
    await this.prepare(name);
    await writeFileAtomically(this.path(name), content);
  }

  async writeTensors(
    name: string,
    tensors: ReadonlyMap<string, Tensor>,
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.prepare(name);
    await writeSafetensors(this.path(name), tensors, metadata);
  }

  /** Reads weights written with {@link writeTensors}. */
  async readWeights(name: string): Promise<Weights> {
    const { tensors } = await readSafetensors(this.path(name));
    return tensors as Weights;
  }

  /** Makes all later writing throw `reason`: the folder is gone, or another process works in it. */
  lose(reason: UserError): void {
    this.lost ??= reason;
  }

  /** Why the folder was lost, if it was. */
  get lossReason(): UserError | undefined {
    return this.lost;
  }

  /** Makes room for a file. Does not bring back a folder that someone removed. */
  private async prepare(name: string): Promise<void> {
    if (this.lost !== undefined) throw this.lost;
    if (!existsSync(this.root)) throw new UserError(`the run folder ${this.root} is gone; start again`);
    await makeFolder(dirname(this.path(name)));
  }
}
