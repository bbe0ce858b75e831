import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import type { Config } from '../../config/config.js';
import { costRange } from '../../measure/budget.js';
import { costsOfSpace } from '../../measure/cost.js';
import { betterHalf } from '../finals/halving.js';
import { backboneOf, firstLevel } from '../levels/hierarchicalSearch.js';

const FLOAT_BYTES = 4;

/**
 * Vectors of a snapshot: parameters and the optimizer's two; and snapshots on the disk while a new one is written, of the
 * last state and of that to go back to.
 */
const SNAPSHOT_VECTORS = 3 * (3 + 3);

/** How often the found network is written in the end: weights.safetensors, best.onnx, model/. */
const COPIES_OF_FOUND = 3;

/** A later level has more choices than the first, but each is smaller: supernets are at most this much larger. */
const LARGEST_LEVEL = 3;

/**
 * The bytes that a search and its last trainings write, roughly and rather too many: weights of supernets and of all
 * networks, and snapshots of what is trained. Everything else is small.
 */
export function spaceForRun(config: Config, classes: number): number {
  const backbone = backboneOf(config, classes);
  const table = costsOfSpace(backbone, firstLevel(config).space);
  const largest = costRange(table).parameters.max;
  const ofChoices = table.choices.map((costs) => costs.reduce((sum, { parameters }) => sum + parameters, 0));
  const separate = table.trunk.parameters + ofChoices.reduce((sum, each) => sum + each, 0);
  const { entangled, hierarchical } = config.space;
  const supernet = entangled ? largest : separate * (hierarchical ? LARGEST_LEVEL : 1);
  const levels = hierarchical ? 2 : 1;
  const networks = networksOf(config) + COPIES_OF_FOUND;
  const parameters = supernet * (levels + SNAPSHOT_VECTORS) + largest * (networks + SNAPSHOT_VECTORS);
  return FLOAT_BYTES * parameters;
}

/** The number of networks that are trained and kept, of the search and of random search. */
function networksOf({ retrain: { top, halving, baselines } }: Config): number {
  let trained = top;
  for (let left = halving?.contenders ?? 0; left > top; left = betterHalf(left, top)) trained += left;
  return baselines ? 3 * trained : trained;
}

/** Throws a UserError when the disk of a folder, which need not exist yet, has less room than `bytes`. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  let existing = resolve(folder);
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const megabytes = (value: number): string => `${Math.ceil(value / 1e6)} MB`;
  throw new UserError(
    `the run needs about ${megabytes(bytes)} in ${folder}, and its disk has ${megabytes(free)}; make room, or give another folder with --out`,
  );
}
