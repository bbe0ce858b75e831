import { stringify } from 'yaml';
import { formatCount, formatMilliseconds, MEASURES, type Cost } from '../../measure/measure.js';
import { formatProfile, profileOf } from '../../measure/profile.js';
import type { Architecture } from '../../family/family.js';
import type { LatencyMeasured } from '../../telemetry/events.js';
import { formatDuration } from '../../telemetry/progress.js';
import { stageName, type NetworkRole } from '../../telemetry/stage.js';
import type { Config } from '../../config/config.js';
import type { SearchFront } from '../levels/searchFront.js';
import type { ScoredCandidate } from '../levels/searchLevel.js';
import { textTable } from './textTable.js';
import { largest } from '../../tensor/largest.js';
import { markdownText } from './markdownText.js';

/** A row of the comparison: one network, trained with the same recipe as the others. */
export interface ComparisonRow extends Cost {
  readonly network: NetworkRole;
  /** Its name in the table. */
  readonly name: string;
  /** Accuracy on images held out from training. */
  readonly heldOut: number;
  /** Accuracy on the test images, which each network sees once. */
  readonly test: number;
}

/** The contents of a finished run's report. */
export interface RunResult {
  readonly dataset: string;
  readonly architecture: Architecture;
  readonly comparison: readonly ComparisonRow[];
  /** Accuracy on the test images, measured from `best.onnx`. */
  readonly onnxAccuracy: number;
  readonly testImages: number;
  /** The images that networks were trained on, and those held out from training. */
  readonly images: { readonly train: number; readonly heldOut: number };
  readonly finalists: readonly { readonly name: string; readonly heldOut: number }[];
  /** Processor seconds of the search: supernets, scoring, short and final trainings. */
  readonly searchProcessorSeconds: number;
  /** The candidates that random search began with, and the processor seconds of all its trainings, if it ran. */
  readonly randomSearch?: { readonly candidates: number; readonly processorSeconds: number };
  /** The front of the search, if it was for several objectives. */
  readonly front?: SearchFront;
  /** What was measured of the best candidates, if the budget bounds latency. */
  readonly latencies?: readonly LatencyMeasured[];
  /** Seconds of work on the run, over all its processes. */
  readonly seconds: number;
}

/** The comparison as a text table, for the terminal and the report. */
export function formatComparison(rows: readonly ComparisonRow[]): string {
  return textTable([
    ['network', 'parameters', 'MACs', 'held-out', 'test'],
    ...rows.map(({ name, parameters, macs, heldOut, test }) => [
      name,
      formatCount(parameters),
      formatCount(macs),
      percent(heldOut),
      percent(test),
    ]),
  ]);
}

/** The run's report as Markdown. */
export function formatReport(config: Config, result: RunResult, candidates: readonly ScoredCandidate[]): string {
  const searchOf = ({ stage, method }: ScoredCandidate): string => `${stageName(stage)} ${method}`;
  const searches = new Map(candidates.map((each) => [searchOf(each), each]));
  const searchLines = [...searches].map(([search, { stage, method }]) => {
    const fitness = candidates.filter((each) => searchOf(each) === search).map((each) => each.values[0]);
    const best = percent(largest(fitness));
    return `- ${stageName(stage)}: ${fitness.length} by ${method}, best ${best} (held-out images, inherited weights)`;
  });
  const finalists = result.finalists.map(({ name, heldOut }) => `${name} ${percent(heldOut)}`).join(', ');
  return `# ${result.architecture.name ?? 'Architecture'} on ${markdownText(result.dataset)}

${formatComparison(result.comparison)}

All were trained by the same recipe on the same images.${formatStarts(config, result)} The found architecture is the best of ${result.finalists.length} by held-out accuracy
(${finalists}). The test images were looked at once for each row, after that.
\`best.onnx\`, measured from the file: **${percent(result.onnxAccuracy)}** of ${result.testImages} test images. Time: ${formatDuration(result.seconds)}.

Processor time, all trainings included: ${formatSearchCosts(result)}.

## Found architecture

![The blocks, drawn to scale](architecture.svg)

\`\`\`text
${formatProfile(profileOf(result.architecture))}
\`\`\`

## Search

${searchLines.join('\n')}
${(result.latencies ?? []).map(latencyLine).join('')}
All candidates are in \`candidates.csv\`.
${result.front === undefined ? '' : `\n## Front\n\n${formatFront(result.front)}\n`}

## Images

${imagesTable(result)}

## Files

${formatFiles(result)}

## Settings

\`\`\`yaml
${stringify(config).trimEnd()}
\`\`\`
`;
}

/**
 * Which networks went on from weights that they had before their last training, as a sentence after a space; empty if all
 * started from scratch.
 */
export function formatStarts(
  { retrain: { inherited, halving, top } }: Pick<Config, 'retrain'>,
  { comparison, randomSearch }: Pick<RunResult, 'comparison' | 'randomSearch'>,
): string {
  if (!inherited) return '';
  // With no more networks than are trained to the end, there are no short trainings.
  const wereShort = (contenders: number): boolean => halving !== undefined && contenders > top;
  const ofSearch = comparison.filter(({ network: { role } }) => role === 'found' || role === 'finalist').length;
  const withRandom = wereShort(randomSearch?.candidates ?? 0);
  const found = ofSearch > 1 ? 'The networks of the front' : 'The found network';
  const continued = wereShort(halving?.contenders ?? 0)
    ? `${found}${withRandom ? " and random search's continued from their" : ' continued from its'} short trainings`
    : `${found} continued from the supernet's weights${withRandom ? ", random search's from its short trainings" : ''}`;
  const others = comparison.length - ofSearch - Number(withRandom);
  return ` ${continued}${others > 0 ? '; the others started from scratch' : ''}.`;
}

/** What lies beside the report. */
function formatFiles({ front }: RunResult): string {
  const files = [
    ['best.onnx', 'the found network, with its class names'],
    ['model/', 'the same as transformers.js and optimum read it'],
    ['weights.safetensors, architecture.json', 'its weights and its architecture, to train on or to convert'],
    ['architecture.svg', 'a drawing of its blocks, to scale'],
    ['test/', 'its test images class by class, confusion matrices, and the surest mistakes'],
    ['trainings/', 'every training as a table and as curves'],
    ['candidates.csv', 'every candidate of the search'],
    ...(front === undefined ? [] : [['front.svg', 'the candidates of the last level, and the front among them']]),
    ['report.html', 'all of this as a page that works offline'],
    ['images.json', 'which images it works with; a resumed run refuses others'],
    ['config.yaml', 'the settings; `glit run --config` repeats the run'],
    ['journal.jsonl', 'everything that happened, as `glit dashboard` reads it'],
  ];
  return files.map(([names, what]) => `- \`${names.replaceAll(', ', '`, `')}\`: ${what}`).join('\n');
}

/** What the search and random search took: `search 3m 07s, random search 3m 05s (16 candidates)`. */
export function formatSearchCosts({
  searchProcessorSeconds,
  randomSearch,
}: Pick<RunResult, 'searchProcessorSeconds' | 'randomSearch'>): string {
  const search = `search ${formatDuration(searchProcessorSeconds)}`;
  if (randomSearch === undefined) return search;
  const { candidates, processorSeconds } = randomSearch;
  const count = `${candidates} candidate${candidates === 1 ? '' : 's'}`;
  return `${search}, random search ${formatDuration(processorSeconds)} (${count})`;
}

/** The front as a table and a picture, and its hypervolume with the reference point. */
function formatFront({ networks, hypervolume: { nsga2 = 0, random }, reference }: SearchFront): string {
  const costs = MEASURES.filter(({ key }) => reference[key] !== undefined);
  const corner = costs.map(({ key, title, format }) => `${format(reference[key] ?? 0)} ${title}`);
  return `${textTable([
    ['network', 'fitness', ...costs.map(({ title }) => title)],
    ...networks.map(({ name, fitness, measures }) => [
      name,
      percent(fitness),
      ...costs.map(({ key, format }) => format(measures[key] ?? NaN)),
    ]),
  ])}

![Every candidate of the last level, and the front among them](front.svg)

Fitness is accuracy on held-out images with inherited weights. Hypervolume: **${nsga2.toFixed(4)}**${random === undefined ? '' : ` (random search: ${random.toFixed(4)})`} of the box between
the reference point, ${['0 % accuracy', ...corner].join(' and ')}, and 100 % accuracy at no cost. The reference point has the largest
costs in the space and within the budget.`;
}

/** Which images were used for what. */
function imagesTable({ images, testImages }: RunResult): string {
  return [
    '| images | count | used for |',
    '|---|---:|---|',
    `| training | ${images.train} | training the supernets and the final networks; candidates' BatchNorm statistics |`,
    `| held out from training | ${images.heldOut} | scoring candidates; choosing among retrained finalists |`,
    `| test | ${testImages} | each row of the comparison once, after every choice; checking \`best.onnx\` |`,
  ].join('\n');
}

/** A share as a percentage: `87.45 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function latencyLine({ name, milliseconds, predicted, limit }: LatencyMeasured): string {
  const [measured, expected, most] = [milliseconds, predicted, limit].map(formatMilliseconds);
  const verdict = milliseconds > limit ? `over the limit of ${most}, not chosen` : `within the limit of ${most}`;
  return `- latency of ${name}: ${measured} measured, ${expected} predicted; ${verdict}\n`;
}
