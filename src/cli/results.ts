import { join } from 'node:path';
import { formatComparison, formatSearchCosts, percent, type RunResult } from '../run/results/report.js';
import type { JsonObject } from '../telemetry/events.js';
import { formatDuration } from '../telemetry/progress.js';

/** The message at the end of a whole run. */
export function runSummary(folder: string, result: RunResult): string {
  const { comparison, onnxAccuracy, testImages, seconds } = result;
  return [
    '',
    formatComparison(comparison),
    '',
    `model   ${join(folder, 'best.onnx')}: ${percent(onnxAccuracy)} of ${testImages} test images, measured from the file`,
    `report  ${join(folder, 'report.md')}`,
    `page    ${join(folder, 'report.html')}`,
    `also    model/ for transformers.js and optimum, test/ class by class, trainings/ with curves`,
    `cost    ${formatSearchCosts(result)}, in processor time`,
    `time    ${formatDuration(seconds)}`,
  ].join('\n');
}

/** The same for programs; {@link RunFinished} has the figures. */
export function runFiles(folder: string): JsonObject {
  return resultOf(folder, { model: 'best.onnx', report: 'report.md', page: 'report.html' });
}

/** What a command leaves, for programs: its folder, and the paths of files in it. */
export function resultOf(folder: string, files: Readonly<Record<string, string>>): JsonObject {
  const paths = Object.entries(files).map(([what, name]): [string, string] => [what, join(folder, name)]);
  return { type: 'result', folder, ...Object.fromEntries<string>(paths) };
}

/** Seconds since the process started. */
export function secondsSoFar(): number {
  return performance.now() / 1000;
}
