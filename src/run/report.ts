import { stringify } from 'yaml';
import { formatCount } from '../measure/measure.js';
import { formatProfile, profileOf } from '../measure/profile.js';
import type { Architecture } from '../family/family.js';
import { formatDuration } from '../telemetry/progress.js';
import { stageName, type NetworkRole } from '../telemetry/stage.js';
import type { Config } from '../config/config.js';
import type { ScoredCandidate } from './searchLevel.js';
import { textTable } from './textTable.js';

/** A row of the comparison: one network, trained with the same recipe as the others. */
export interface ComparisonRow {
  readonly network: NetworkRole;
  /** Its name in the table. */
  readonly name: string;
  readonly parameters: number;
  readonly macs: number;
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
  readonly finalists: readonly { readonly name: string; readonly heldOut: number }[];
  /** The candidates that random search began with, if it ran. */
  readonly randomCandidates?: number;
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
    const best = percent(Math.max(...fitness));
    return `- ${stageName(stage)}: ${fitness.length} by ${method}, best ${best} (held-out images, inherited weights)`;
  });
  const finalists = result.finalists.map(({ name, heldOut }) => `${name} ${percent(heldOut)}`).join(', ');
  return `# ${result.architecture.name ?? 'Architecture'} on ${result.dataset}

${formatComparison(result.comparison)}

All were trained by the same recipe on the same images. The found architecture is the best of ${result.finalists.length} by held-out accuracy
(${finalists}).${randomText(result)} The test images were looked at once for each row, after that.
\`best.onnx\`, measured from the file: **${percent(result.onnxAccuracy)}** of ${result.testImages} test images. Time: ${formatDuration(result.seconds)}.

## Found architecture

\`\`\`text
${formatProfile(profileOf(result.architecture))}
\`\`\`

## Search

${searchLines.join('\n')}

All candidates are in \`candidates.csv\`.

## Settings

\`\`\`yaml
${stringify(config).trimEnd()}
\`\`\`
`;
}

function randomText({ randomCandidates }: RunResult): string {
  if (randomCandidates === undefined) return '';
  return ` Random search began with ${randomCandidates} candidates, as many as the processor time of the search was enough for.`;
}

/** A share as a percentage: `87.45 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
