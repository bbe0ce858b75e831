import { formatCount } from '../measure/measure.js';
import { percent } from '../run/report.js';
import { formatDuration } from '../telemetry/progress.js';
import type {
  CandidateEvaluated,
  Json,
  RunEvent,
  SpaceChecked,
  StageProgress,
  StageStarted,
  TrainStep,
} from '../telemetry/events.js';

/** Events that tell how far a stage has come. */
export type Step = TrainStep | CandidateEvaluated | StageProgress;

/** Waiting for images is worth a word from this share of the time on. */
const NOTEWORTHY_WAITING = 0.05;

/** A stage by its name, as a person calls it. */
export function stageTitle(stage: string): string {
  const [what, ...rest] = stage.split('-');
  const name = rest.join('-');
  switch (what) {
    case 'images':
      return 'images';
    case 'supernet':
      return `${name} level, supernet`;
    case 'search':
      return `${name} level, search`;
    case 'train':
      return name === '' ? 'training' : `training ${networkTitle(name)}`;
    case 'test':
      return networkTitle(name);
    default:
      return stage;
  }
}

function networkTitle(name: string): string {
  if (name === 'found') return 'the found network';
  if (name === 'deit') return 'the DeiT beside it';
  if (name === 'random') return 'a random candidate beside it';
  return `candidate ${name.replace('found-', '')}`;
}

/** How far a stage has come, in one line; `best` is the best fitness of the stage so far. */
export function stepLine(event: Step, best: number): string {
  const title = stageTitle(event.stage);
  switch (event.type) {
    case 'stageProgress':
      return parts(
        title,
        `${event.done}/${event.total}`,
        share(event.done, event.total),
        remaining(event.remainingSeconds),
      );
    case 'candidateEvaluated':
      return parts(
        title,
        `candidate ${event.done}/${event.total}`,
        share(event.done, event.total),
        remaining(event.remainingSeconds),
        `best ${percent(best)}`,
        `this one ${percent(event.fitness)}`,
      );
    case 'trainStep':
      return parts(
        title,
        `step ${event.step}/${event.steps}`,
        share(event.step, event.steps),
        remaining(event.remainingSeconds),
        event.imagesPerSecond > 0 ? `${Math.round(event.imagesPerSecond)} images/s` : '',
        `loss ${event.loss.toFixed(3)}`,
        `accuracy ${percent(event.accuracy)}`,
        event.waitingShare > NOTEWORTHY_WAITING ? `waiting for images ${Math.round(100 * event.waitingShare)} %` : '',
      );
  }
}

/** What an event warns of, or nothing. */
export function warningOf(event: RunEvent): string | undefined {
  if (event.type === 'warning') return event.message;
  if (event.type === 'unreadable') return `${event.file} cannot be read and is skipped: ${event.reason}`;
  return undefined;
}

/** What stays on the screen of an event, or nothing. Warnings are written elsewhere. */
export function lasting(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'stageStarted':
      return startText(event);
    case 'stageFinished':
      return `${stageTitle(event.stage)}: done in ${formatDuration(event.seconds)}${resultText(event.result)}`;
    case 'spaceChecked':
      return spaceText(event);
    case 'evaluation':
      return `${stageTitle(event.stage)}: ${percent(event.accuracy)} of ${event.images} ${splitTitle(event.split)}`;
    case 'runStarted':
    case 'stageProgress':
    case 'trainStep':
    case 'candidateEvaluated':
    case 'artifact':
    case 'unreadable':
    case 'warning':
    case 'runInterrupted':
    case 'runFailed':
    case 'runFinished':
      return undefined;
  }
}

function startText({ stage, steps, recipe }: StageStarted): string | undefined {
  if (steps === undefined) return undefined;
  const what = `${stageTitle(stage)}: ${steps} ${unitOf(stage)}`;
  return recipe === undefined ? what : `${what}; ${recipe}`;
}

function spaceText({ stage, log10Candidates, macs, params, budget, shareInside }: SpaceChecked): string {
  const count = log10Candidates < 5 ? String(Math.round(10 ** log10Candidates)) : `10^${log10Candidates.toFixed(1)}`;
  const range = ({ min, max }: { readonly min: number; readonly max: number }): string =>
    `${formatCount(min)} to ${formatCount(max)}`;
  return `${stage} level: ${count} candidates with ${range(macs)} MACs and ${range(params)} parameters; budget: ${budget}, met by ${percent(shareInside)} of random ones`;
}

function unitOf(stage: string): string {
  if (stage.startsWith('search-')) return 'candidates';
  if (stage === 'files') return 'files';
  return stage === 'images' || stage === 'check' ? 'images' : 'steps';
}

function splitTitle(split: string): string {
  return split === 'searchVal' ? 'held-out images' : `${split} images`;
}

/** What a stage's result has to say, by key, where it is a share. */
const SHARES: readonly (readonly [key: string, words: (share: string) => string])[] = [
  ['evolution', (fitness) => `best by evolution ${fitness}`],
  ['random', (fitness) => `best by random ${fitness}`],
  ['mixupShare', (share) => `mixup in ${share} of batches`],
  ['cutmixShare', (share) => `CutMix in ${share}`],
  ['clippedShare', (share) => `gradient clipped in ${share} of steps`],
  ['waitingShare', (share) => `${share} of the time waited for images`],
];

function resultText(result: Json): string {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return '';
  const values = result as Readonly<Record<string, Json>>;
  return SHARES.filter(([key]) => typeof values[key] === 'number')
    .map(([key, words]) => `, ${words(percent(Number(values[key])))}`)
    .join('');
}

function share(done: number, total: number): string {
  return `${Math.floor((100 * done) / total)} %`;
}

function remaining(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${formatDuration(seconds)} left`;
}

function parts(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('  ');
}
