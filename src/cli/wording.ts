import { formatBudget } from '../measure/budget.js';
import { formatCount, formatMilliseconds, MEASURES, type Measure } from '../measure/measure.js';
import { percent } from '../run/results/report.js';
import { formatDuration } from '../telemetry/progress.js';
import { PLANNED_PARTS, stageTitle } from '../telemetry/stageTitle.js';
import { describeRecipe } from './recipeWording.js';
import { FAMILIES } from '../family/families.js';
import type { Backbone } from '../family/family.js';
import type {
  AblationRowStarted,
  BaselineScaled,
  CandidateEvaluated,
  CandidateRescored,
  DeviceChosen,
  Evaluation,
  LatencyMeasured,
  RandomSearchPlanned,
  RunEvent,
  RunPlanned,
  SpaceChecked,
  StageFinished,
  StageProgress,
  StageStarted,
  TrainStep,
  TrainingSummary,
  TrustPlanned,
} from '../telemetry/events.js';
import type { Stage } from '../telemetry/stage.js';

/** Events that report a stage's progress. */
export type Step = TrainStep | CandidateEvaluated | CandidateRescored | StageProgress;

/** The share of time spent waiting for images from which it is mentioned. */
const NOTEWORTHY_WAITING = 0.05;

/** Measures by key. */
const MEASURE: ReadonlyMap<string, Measure> = new Map(MEASURES.map((measure) => [measure.key, measure]));

/** How far a stage is, in words. */
export interface StepWords {
  readonly title: string;
  /** What is counted, e.g. `step 150/1000`. */
  readonly count: string;
  /** The share that is done, 0 to 1. */
  readonly done: number;
  /** The expected time until the stage ends, e.g. `1m 05s left`; empty if unknown. */
  readonly left: string;
  /** Speed and current figures, e.g. `loss 1.235`. */
  readonly figures: readonly string[];
}

/** An event's progress in words; `best` is the stage's best fitness so far. */
export function stepWords(event: Step, best: number): StepWords {
  const [done, total] = event.type === 'trainStep' ? [event.step, event.steps] : [event.done, event.total];
  return {
    title: stageTitle(event.stage),
    count: `${COUNTED[event.type]}${done}/${total}`,
    done: done / total,
    left: remaining(event.remainingSeconds),
    figures: stepFigures(event, best).filter((figure) => figure !== ''),
  };
}

const COUNTED: Readonly<Record<Step['type'], string>> = {
  stageProgress: '',
  candidateEvaluated: 'candidate ',
  candidateRescored: 'candidate ',
  trainStep: 'step ',
};

function stepFigures(event: Step, best: number): readonly string[] {
  switch (event.type) {
    case 'stageProgress':
      return [];
    case 'candidateEvaluated':
      return [`best ${percent(best)}`, `this one ${percent(event.fitness)}`];
    case 'candidateRescored':
      return [`this one ${percent(event.fitness)}`];
    case 'trainStep':
      return [
        event.seriesRemainingSeconds === undefined ? '' : `all ${remaining(event.seriesRemainingSeconds)}`,
        event.imagesPerSecond > 0 ? `${Math.round(event.imagesPerSecond)} images/s` : '',
        `loss ${event.loss.toFixed(3)}`,
        `accuracy ${percent(event.accuracy)}`,
        event.waitingShare > NOTEWORTHY_WAITING ? `waiting for images ${Math.round(100 * event.waitingShare)} %` : '',
      ];
  }
}

/** A share, 0 to 1, as whole percent: `15 %`. What is not done is never 100 %. */
export function wholePercent(share: number): string {
  return `${Math.floor(100 * share)} %`;
}

/** A stage's progress in one line. */
export function stepLine({ title, count, done, left, figures }: StepWords): string {
  return [title, count, wholePercent(done), left, ...figures].filter((text) => text !== '').join('  ');
}

/** An event's warning, if it is one. */
export function warningOf(event: RunEvent): string | undefined {
  if (event.type === 'warning') return event.message;
  if (event.type === 'unreadable') return `${event.file} cannot be read and is skipped: ${event.reason}`;
  return undefined;
}

/** The permanent line of an event, if it has one. Warnings are written elsewhere. */
export function lasting(event: RunEvent): string | undefined {
  switch (event.type) {
    case 'stageStarted':
      return isShort(event.stage) ? undefined : startText(event);
    case 'stageFinished':
      if (isShort(event.stage)) return undefined;
      return `${stageTitle(event.stage)}: done in ${formatDuration(event.durationSeconds)}${resultText(event.result)}`;
    case 'spaceChecked':
      return spaceText(event);
    case 'baselineScaled':
      return baselineText(event);
    case 'ablationRowStarted':
      return ablationText(event);
    case 'ranksJoined':
      return `${event.ranks} ranks, ${event.threads} thread${event.threads === 1 ? '' : 's'} each`;
    case 'runPlanned':
      return planText(event);
    case 'randomSearchPlanned':
      return randomSearchText(event);
    case 'enginesOpened':
      return `${event.engines} engines side by side, on ${event.threads} threads together`;
    case 'latencyMeasured':
      return latencyText(event);
    case 'evaluation':
      // Half A of a trained network matters only together with other trainings.
      return event.half === 'A'
        ? undefined
        : `${evaluationTitle(event)}: ${percent(event.accuracy)} of ${event.images} ${splitTitle(event)}`;
    case 'trustPlanned':
      return trustPlanText(event);
    case 'deviceChosen':
      return deviceText(event);
    case 'runStarted':
    case 'stageProgress':
    case 'trainStep':
    case 'candidateEvaluated':
    case 'candidateRescored':
    case 'artifact':
    case 'unreadable':
    case 'warning':
    case 'runInterrupted':
    case 'runFailed':
    case 'runFinished':
      return undefined;
  }
}

function deviceText({ device, precision, tried }: DeviceChosen): string {
  const parts = tried.map(({ device: name, precision: own, milliseconds, refused }) => {
    const what = name === 'cpu' ? 'cpu (ONNX Runtime)' : `${name} ${own}`;
    const time = milliseconds === undefined ? '' : ` ${formatMilliseconds(milliseconds)} per step`;
    return `${what}${time}${refused === undefined ? '' : ` (${refused})`}`;
  });
  return `device: ${device}, ${precision}; ${parts.join(', ')}`;
}

function ablationText({ seed, row, done, total, remainingSeconds }: AblationRowStarted): string {
  const left = remainingSeconds === undefined ? '' : `, about ${formatDuration(remainingSeconds)} left`;
  return `ablation, seed ${seed}, ${row}: row ${done + 1} of ${total}${left}`;
}

function planText({ limitSeconds, parts: planned, amounts }: RunPlanned): string {
  const { supernetSteps, candidates, scoringImages, finalSteps, randomCandidates } = amounts;
  const shares = planned.map(({ part, seconds }) => `${PLANNED_PARTS[part]} ${formatDuration(seconds)}`);
  const counts = [
    `${supernetSteps} steps per supernet`,
    `${candidates} candidates per level, scored on ${scoringImages} images`,
    ...(finalSteps === undefined ? [] : [`${finalSteps} steps per final network`]),
    ...(randomCandidates === undefined ? [] : [`${randomCandidates} random candidates`]),
  ];
  return `plan for ${formatDuration(limitSeconds)}: ${shares.join(', ')} (${counts.join(', ')})`;
}

/** Whether the stage is one of many short trainings, whose result says enough. */
function isShort(stage: Stage): boolean {
  return stage.kind === 'train' && stage.network?.role === 'contender';
}

function startText({ stage, steps, recipe }: StageStarted): string | undefined {
  // The trainings of a series are alike: describe the first.
  if (steps === undefined || (stage.kind === 'trust' && stage.number > 1)) return undefined;
  const what = `${stageTitle(stage)}: ${steps} ${unitOf(stage)}`;
  return recipe === undefined ? what : `${what}; ${describeRecipe(recipe)}`;
}

function spaceText({ level, log10Candidates, ranges, budget, shareWithin }: SpaceChecked): string {
  const count = log10Candidates < 5 ? String(Math.round(10 ** log10Candidates)) : `10^${log10Candidates.toFixed(1)}`;
  const reach = Object.entries(ranges).map(
    ([key, { min, max }]) => `${formatted(key, min)} to ${formatted(key, max)} ${titleOf(key)}`,
  );
  return `${level} level: ${count} candidates with ${reach.join(' and ')}; budget: ${formatBudget(budget)}, met by ${percent(shareWithin)} of random candidates`;
}

function trustPlanText({ level, searched, drawn, seeds, images, training }: TrustPlanned): string {
  const { steps, epochs } = training;
  const length = steps === undefined ? `${epochs} epochs` : `${steps} steps`;
  return [
    `${level} level, trust: ${searched} candidates of the search and ${drawn} drawn at random`,
    `each trained ${seeds === 1 ? 'once' : `${seeds} times`} for ${length} on ${images.train} images`,
    `held-out images: ${images.halfA} for fitness (half A), ${images.halfB} for trained networks (half B)`,
  ].join('; ');
}

function formatted(key: string, value: number): string {
  return (MEASURE.get(key)?.format ?? formatCount)(value);
}

function titleOf(key: string): string {
  return MEASURE.get(key)?.title ?? key;
}

function baselineText({ preset, family, backbone, blocks, measures }: BaselineScaled): string {
  const known = FAMILIES.find(({ name }) => name === family);
  const size = known === undefined ? '' : `${known.describeBackbone(backbone as Backbone)}, ${blocks.length} blocks, `;
  const costs = Object.entries(measures).map(([key, value]) => `${formatted(key, value)} ${titleOf(key)}`);
  return `baseline: ${preset} scaled to the budget: ${size}${costs.join(' and ')}`;
}

function randomSearchText({ candidates, configured, searchProcessorSeconds }: RandomSearchPlanned): string {
  const seconds = formatDuration(searchProcessorSeconds);
  return configured
    ? `random search: ${candidates} candidates, as configured (the search took ${seconds} of processor time)`
    : `random search with the processor time of the search (${seconds}): ${candidates} candidates`;
}

function latencyText({ name, milliseconds, predicted, limit }: LatencyMeasured): string {
  const [measured, expected, most] = [milliseconds, predicted, limit].map(formatMilliseconds);
  return `latency of ${name}: ${measured} measured, ${expected} predicted${milliseconds > limit ? `; over the limit of ${most}, not chosen` : ''}`;
}

function unitOf({ kind }: Stage): string {
  switch (kind) {
    case 'files':
      return 'files';
    case 'images':
    case 'check':
    case 'explain':
    case 'eval':
      return 'images';
    case 'search':
    case 'rescore':
      return 'candidates';
    case 'latency':
      return 'timings';
    default:
      return 'steps';
  }
}

/** Names the moving average where the run has only one network. */
function evaluationTitle({ stage, weights }: Evaluation): string {
  const isOnlyNetwork = stage.kind === 'train' && stage.network === undefined;
  return isOnlyNetwork && weights === 'average' ? 'average' : stageTitle(stage);
}

function splitTitle({ split, half }: Evaluation): string {
  const images = split === 'searchVal' ? 'held-out images' : `${split} images`;
  return half === undefined ? images : `${images}, half ${half}`;
}

function resultText(result: StageFinished['result']): string {
  if ('bestFitness' in result) return Object.entries(result.bestFitness).map(fitnessText).join('');
  return 'steps' in result ? summaryText(result) : '';
}

function fitnessText([method, fitness]: readonly [method: string, fitness: number]): string {
  return `, best by ${method} ${percent(fitness)}`;
}

function summaryText({ mixupShare, cutmixShare, clippedShare, waitingShare }: TrainingSummary): string {
  const of = (share: number | undefined, words: (percentage: string) => string): string =>
    share === undefined ? '' : `, ${words(percent(share))}`;
  return [
    of(mixupShare, (percentage) => `mixup in ${percentage} of batches`),
    of(cutmixShare, (percentage) => `CutMix in ${percentage}`),
    of(clippedShare, (percentage) => `gradient clipped in ${percentage} of steps`),
    of(waitingShare, (percentage) => `${percentage} of the time waited for images`),
  ].join('');
}

function remaining(seconds: number | undefined): string {
  return seconds === undefined ? '' : `${formatDuration(seconds)} left`;
}
