import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../config/config.js';
import { searchDataOf } from '../../config/check.js';
import { UserError } from '../../errors.js';
import { parseArchitecture } from '../../family/codec.js';
import type { Level } from '../../space/searchSpaces.js';
import { blocksOf, pathKey, type Path, type Space } from '../../space/space.js';
import type { StageStarted } from '../../telemetry/events.js';
import { readJournal } from '../../telemetry/journal.js';
import { stageName } from '../../telemetry/stage.js';
import type { RunContext } from '../context.js';
import { changeOf, readImagesRecord, recordOf, type ImagesRecord } from '../folder/imagesRecord.js';
import { requireNoCheck } from '../folder/checkFolder.js';
import type { RunFolder } from '../folder/runFolder.js';
import { resumeLine, startedBy } from '../session.js';
import { firstLevel } from './hierarchicalSearch.js';
import type { ScoredCandidate } from './searchLevel.js';

/** A candidate with the fitness that the search recorded: accuracy on the held-out images that it scored on. */
export interface RecordedCandidate {
  readonly path: Path;
  readonly fitness: number;
}

/** A level of a finished search. */
export interface SearchedLevel {
  readonly name: string;
  readonly space: Level['space'];
  /** Whether it is the search's last level. */
  readonly isLast: boolean;
  /** What each method scored, in order of evaluation. */
  readonly candidates: readonly ScoredCandidate[];
  /** Every candidate that was scored, once. */
  readonly recorded: readonly RecordedCandidate[];
  /** The weights of its supernet, and their SHA-256. */
  readonly weightsFile: string;
  readonly weightsHash: string;
  /** The number of classes that the search had. */
  readonly classes: number;
  /** The number of images that the search held out from training; undefined in journals of earlier builds. */
  readonly heldOut: number | undefined;
  /** Which images it had; undefined in runs of earlier builds. */
  readonly images: ImagesRecord | undefined;
}

/** Throws a UserError when a run had no search, or its search has not ended. */
export async function requireSearched(run: RunFolder): Promise<void> {
  requireNoCheck(run.root);
  const starter = (await startedBy(run.root)) ?? 'run';
  if (starter === 'train') {
    throw new UserError(`${run.root} has no search: it was started by glit train; give the folder of a search`);
  }
  if (run.has('candidates.csv')) return;
  throw new UserError(`the search in ${run.root} has not ended; finish it first: ${resumeLine(starter, run.root)}`);
}

/**
 * A level of the search in a run folder. Throws a UserError when the folder has no finished search, or the search had no
 * such level.
 */
export async function searchedLevel(run: RunFolder, config: Config, wanted?: string): Promise<SearchedLevel> {
  await requireSearched(run);
  const evaluated = await readJournal(run.path('journal.jsonl'), 'candidateEvaluated');
  const level = levelNamed(firstLevel(config), evaluated, wanted);
  const weightsFile = `weights/${stageName({ kind: 'supernet', level: level.name })}.safetensors`;
  if (!run.has(weightsFile)) {
    throw new UserError(`${run.root} has no ${weightsFile}; give a run folder that still has its supernets`);
  }
  const candidates = evaluated.filter(({ stage }) => stage.level === level.name);
  const found = parseArchitecture(await run.read('architecture.json'), run.path('architecture.json'));
  return {
    name: level.name,
    space: level.space,
    isLast: level.next === undefined,
    candidates,
    recorded: uniqueOf(candidates),
    weightsFile,
    weightsHash: createHash('sha256')
      .update(await readFile(run.path(weightsFile)))
      .digest('hex'),
    classes: found.backbone.classes,
    heldOut: await heldOutOf(run, level.name),
    images: await readImagesRecord(run),
  };
}

/** Throws a UserError when the images are not those of the search. */
export function checkSameImages(
  { config, dataset, rng }: Pick<RunContext, 'config' | 'dataset' | 'rng'>,
  run: RunFolder,
  level: SearchedLevel,
): void {
  const source = config.data.source;
  const changed = (fact: string): UserError =>
    new UserError(
      `the images in ${source} have changed since the search in ${run.root}: ${fact}; bring back the former`,
    );
  const { classes } = dataset;
  if (classes.length !== level.classes) throw changed(`${classes.length} classes instead of ${level.classes}`);
  if (level.images !== undefined) {
    const change = changeOf(level.images, recordOf(dataset));
    if (change !== undefined) throw changed(change);
    return;
  }
  const heldOut = searchDataOf(config, dataset, rng).searchVal.labels.length;
  if (level.heldOut !== undefined && heldOut !== level.heldOut)
    throw changed(`${heldOut} instead of ${level.heldOut} held-out images`);
}

/** What the journal says that a level's search held out. */
async function heldOutOf(run: RunFolder, level: string): Promise<number | undefined> {
  const started = await readJournal(run.path('journal.jsonl'), 'stageStarted');
  const isSearch = ({ stage, heldOut }: StageStarted): boolean =>
    stage.kind === 'search' && stage.level === level && heldOut !== undefined;
  return started.find(isSearch)?.heldOut;
}

/** Goes from level to level until the wanted one; by default, to the last. */
function levelNamed(first: Level, evaluated: readonly ScoredCandidate[], wanted: string | undefined): Level {
  const names: string[] = [];
  for (let level = first; ; level = nextLevel(level, evaluated)) {
    names.push(level.name);
    if (level.name === wanted || (level.next === undefined && wanted === undefined)) return level;
    if (level.next === undefined) {
      throw new UserError(`--level ${wanted}: the search has no such level; it has ${names.join(' and ')}`);
    }
  }
}

/** The next level, for the winner that the search chose: its space has the blocks of that level's candidates. */
function nextLevel(level: Level, evaluated: readonly ScoredCandidate[]): Level {
  for (const { path } of evaluated.filter(({ stage }) => stage.level === level.name)) {
    const next = level.next?.(path);
    const example = evaluated.find(({ stage }) => stage.level === next?.name);
    if (next === undefined || example === undefined || !hasPath(next.space, example.path)) continue;
    if (JSON.stringify(blocksOf(next.space, example.path)) === JSON.stringify(example.blocks)) return next;
  }
  throw new UserError(
    `the journal of the run has no winner of the ${level.name} level; give the folder as it was written`,
  );
}

/** Whether the path is one of the space: spaces of other winners can have other numbers of choices. */
function hasPath({ positions }: Space, path: Path): boolean {
  return path.length === positions.length && path.every((gene, at) => gene < positions[at].length);
}

function uniqueOf(candidates: readonly ScoredCandidate[]): readonly RecordedCandidate[] {
  return [...new Map(candidates.map(({ path, values: [fitness] }) => [pathKey(path), { path, fitness }])).values()];
}
