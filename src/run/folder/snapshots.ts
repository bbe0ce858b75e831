import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { checksum } from '../../checkpoint/checksum.js';
import { DamagedFile, readSafetensors } from '../../checkpoint/safetensors.js';
import type { Checkpoints, SnapshotStore, TrainingSnapshot } from '../../train/checkpoints.js';
import type { RunFolder } from './runFolder.js';

/** Seconds between snapshots of a training in progress. */
const SNAPSHOT_SECONDS = 60;

/**
 * The snapshots of the training `name`: the last one and, in case that is damaged, the one before it; likewise the states
 * that it goes back to when it diverges. `warn` is told when one was damaged.
 */
export function snapshotsOf(folder: RunFolder, name: string, warn: (message: string) => void): Checkpoints {
  return {
    everySeconds: SNAPSHOT_SECONDS,
    ...storeOf(folder, name, warn),
    points: storeOf(folder, `${name}.rollback`, warn),
  };
}

function storeOf(folder: RunFolder, name: string, warn: (message: string) => void): SnapshotStore {
  const [last, before] = filesOf(name);
  return {
    async load() {
      let damage: string | undefined;
      for (const file of [last, before].filter((each) => folder.has(each))) {
        try {
          const snapshot = await read(folder.path(file));
          if (damage !== undefined) warn(`${damage} going on from the one before, of step ${snapshot.step}`);
          return snapshot;
        } catch (error) {
          // What the system cannot read now may be whole.
          if (!(error instanceof DamagedFile)) throw error;
          damage ??= `${error.message};`;
          // Or it would take the place of the one before.
          await rm(folder.path(file));
        }
      }
      if (damage !== undefined) warn(`${damage} there is no other, so this training starts again`);
      return undefined;
    },
    async save({ step, rollbacks, vectors }) {
      const metadata = {
        step: String(step),
        rollbacks: String(rollbacks),
        checksum: checksumOf({ step, rollbacks, vectors }),
      };
      // The last one stays until there is a whole new one.
      const next = `${last}.next`;
      await folder.writeTensors(next, vectors, metadata);
      if (existsSync(folder.path(last))) await rename(folder.path(last), folder.path(before));
      await rename(folder.path(next), folder.path(last));
    },
  };
}

/** Removes the snapshots of a finished training. */
export async function removeSnapshots(folder: RunFolder, name: string): Promise<void> {
  for (const [last, before] of [filesOf(name), filesOf(`${name}.rollback`)]) {
    for (const file of [last, before, `${last}.next`]) await rm(folder.path(file), { force: true });
  }
}

function filesOf(name: string): readonly [last: string, before: string] {
  return [`snapshots/${name}.safetensors`, `snapshots/${name}.before.safetensors`];
}

/** Throws a DamagedFile, or another UserError when the system cannot read the file. */
async function read(file: string): Promise<TrainingSnapshot> {
  const { tensors, metadata } = await readSafetensors(file);
  const step = Number(metadata['step']);
  if (!Number.isInteger(step) || step < 0) throw new DamagedFile(`${file} is damaged: it does not say its step`);
  // Older versions never went back.
  const snapshot = { step, rollbacks: Number(metadata['rollbacks'] ?? 0), vectors: tensors };
  const { checksum: whole, sha256: ofVectors } = metadata;
  // Older versions checked the vectors alone.
  const isIntact = whole === undefined ? ofVectors === checksum(tensors) : whole === checksumOf(snapshot);
  if (!isIntact) throw new DamagedFile(`${file} is damaged: its checksum is another`);
  return snapshot;
}

function checksumOf({ step, rollbacks, vectors }: TrainingSnapshot): string {
  return createHash('sha256')
    .update(JSON.stringify([step, rollbacks, checksum(vectors)]))
    .digest('hex');
}
