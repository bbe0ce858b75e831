import { join } from 'node:path';
import { formatComparison, formatSearchCosts, percent, type RunResult } from '../run/results/report.js';
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

/** Seconds since the process started. */
export function secondsSoFar(): number {
  return performance.now() / 1000;
}
