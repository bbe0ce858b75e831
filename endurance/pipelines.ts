import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TINY } from '../test/support/commandLine.js';
import { assertSameResult, assertSameRun } from '../test/support/runFolders.js';

/** Work on the images of `photos` that can be killed, continued and compared. */
export interface Pipeline {
  readonly name: string;
  /** The arguments that begin it in a folder. */
  begin(folder: string): readonly string[];
  /** The arguments that continue it. */
  resume(folder: string): readonly string[];
  /** The run folders in it, in the order in which they are worked on. */
  readonly runs: readonly string[];
  /** Throws unless two folders have the same result. */
  compare(one: string, other: string): void;
}

/** Trainings long enough to be met in their midst, and a random search whose size does not follow from the time. */
const LONGER = ['supernet.steps=120', 'retrain.recipe.steps=120', 'retrain.randomCandidates=2'];
const SEARCH = ['--data', 'photos', ...TINY, ...LONGER.flatMap((each) => ['--set', each])];

function search(name: string, ...extra: readonly string[]): Pipeline {
  return {
    name,
    begin: (folder) => ['run', ...SEARCH, ...extra, '--out', folder],
    resume: (folder) => ['run', '--resume', folder],
    runs: ['.'],
    compare: assertSameRun,
  };
}

export const PIPELINES: readonly Pipeline[] = [
  search('run, separate weights', '--separate', '--from-scratch', '--top', '2'),
  search('run, shared weights, two engines', '--engines', '2', '--threads', '2'),
  search('run, both levels at once', '--no-hierarchy', '--no-baselines'),
  search(
    'run, a front',
    ...['--objective', 'accuracy', '--objective', 'macs', '--retrain-front', '2', '--no-baselines'],
  ),
  {
    name: 'train',
    begin: (folder) => [
      ...['train', 'small.json', '--data', 'photos', '--recipe', 'demo', '--threads', '1', '--workers', '0'],
      ...['--steps', '400', '--batch-size', '8', '--out', folder],
    ],
    resume: (folder) => ['train', '--resume', folder],
    runs: ['.'],
    compare: (one, other) => assertSameResult(one, other, ['best.onnx', 'weights.safetensors']),
  },
  {
    name: 'trust',
    begin: (folder) => ['trust', ...SEARCH, '--candidates', '3', '--steps', '60', '--out', folder],
    resume: (folder) => ['trust', '--resume', folder],
    runs: ['.', 'trust'],
    compare: (one, other) => assertSameJson(one, other, join('trust', 'trust.json')),
  },
  {
    name: 'ablate',
    begin: (folder) => [
      ...['ablate', ...SEARCH, '--rows', 'deit,both,random-search', '--seeds', '1', '--near-limit', '1'],
      ...['--out', folder],
    ],
    resume: (folder) => ['ablate', '--resume', folder],
    runs: ['deit', 'both', 'random-search'].map((row) => join('seed-0', row)),
    compare: (one, other) => assertSameJson(one, other, join('seeds', 'photos-cifar-seed0.json')),
  },
];

/** Compares two JSON files but for what the work took. */
function assertSameJson(one: string, other: string, file: string): void {
  const read = (folder: string): unknown =>
    JSON.parse(readFileSync(join(folder, file), 'utf8'), (key, value: unknown) =>
      /seconds$/i.test(key) ? undefined : value,
    );
  deepEqual(read(other), read(one), `${file} differs`);
}
