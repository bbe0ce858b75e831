import { existsSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
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
  return spaceForRuns([config], classes);
}

/** The same for runs one after another, whose snapshots are not there at the same time. */
export function spaceForRuns(configs: readonly Config[], classes: number): number {
  const runs = configs.map((config) => ({ ...parametersOf(config, classes), networks: networksOf(config) }));
  const kept = runs.map(({ supernets, largest, networks }) => supernets.kept + largest * (networks + COPIES_OF_FOUND));
  const trained = runs.map(({ supernets, largest }) => SNAPSHOT_VECTORS * (supernets.trained + largest));
  return FLOAT_BYTES * (kept.reduce((sum, each) => sum + each, 0) + Math.max(0, ...trained));
}

/** The bytes that the last trainings of a run write, without its search. */
export function spaceForLastTrainings(config: Config, classes: number): number {
  return spaceForTrainings(networksOf(config), parametersOf(config, classes).largest);
}

/** The bytes that trainings of networks with at most this many parameters write, and the export of one of them. */
export function spaceForTrainings(networks: number, parameters: number): number {
  return FLOAT_BYTES * parameters * (networks + COPIES_OF_FOUND + SNAPSHOT_VECTORS);
}

/** The parameters of the largest network of a run, of the largest supernet, and of all supernets together. */
function parametersOf(
  config: Config,
  classes: number,
): { readonly largest: number; readonly supernets: { readonly trained: number; readonly kept: number } } {
  const backbone = backboneOf(config, classes);
  const table = costsOfSpace(backbone, firstLevel(config).space);
  const largest = costRange(table).parameters.max;
  const ofChoices = table.choices.map((costs) => costs.reduce((sum, { parameters }) => sum + parameters, 0));
  const separate = table.trunk.parameters + ofChoices.reduce((sum, each) => sum + each, 0);
  const { entangled, hierarchical } = config.space;
  const trained = entangled ? largest : separate * (hierarchical ? LARGEST_LEVEL : 1);
  return { largest, supernets: { trained, kept: trained * (hierarchical ? 2 : 1) } };
}

/** The number of networks that are trained and kept, of the search and of random search. */
function networksOf({ retrain: { top, halving, baselines } }: Config): number {
  let trained = top;
  for (let left = halving?.contenders ?? 0; left > top; left = betterHalf(left, top)) trained += left;
  return baselines ? 3 * trained : trained;
}

/** Throws a UserError when the disk of a folder, which need not exist yet, has less room than `bytes`. */
export async function requireSpace(folder: string, bytes: number): Promise<void> {
  const lack = await lackOfSpace(folder, bytes);
  if (lack !== undefined) throw new UserError(`${lack}; make room, or give another folder with --out`);
}

/** That the disk of a run folder may have too little room for what is missing of `bytes`; undefined if it has enough. */
export async function lackOfSpaceToContinue(folder: string, bytes: number): Promise<string | undefined> {
  const lack = await lackOfSpace(folder, bytes - (await weightsIn(folder)));
  return lack === undefined ? undefined : `${lack}; make room while it works, or it will stop and can be continued`;
}

async function lackOfSpace(folder: string, bytes: number): Promise<string | undefined> {
  let existing = resolve(folder);
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  if (free >= bytes) return undefined;
  const megabytes = (value: number): string => `${Math.ceil(value / 1e6)} MB`;
  return `the run needs about ${megabytes(bytes)} in ${folder}, and its disk has ${megabytes(free)}`;
}

/** The bytes of the weights and snapshots in a run folder, which is what the estimates are of. */
async function weightsIn(folder: string): Promise<number> {
  const folders = [folder, join(folder, 'weights'), join(folder, 'snapshots')].filter((each) => existsSync(each));
  let bytes = 0;
  for (const each of folders) {
    for (const name of await readdir(each)) {
      if (/\.(?:safetensors|onnx)$/.test(name)) bytes += (await stat(join(each, name))).size;
    }
  }
  return bytes;
}
