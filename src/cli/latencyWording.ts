import type { LatencyErrors, LatencyTable } from '../measure/latencyTable.js';
import { formatMilliseconds } from '../measure/measure.js';

/** A table in words: what was measured, and how well it predicts. */
export function describeTable({ machine, engine, space, blocks, check }: LatencyTable): string {
  const { device, onnxruntime, threads, batch } = engine;
  const { networks } = check;
  const measured = networks.map((network) => network.measured);
  const range = [Math.min(...measured), Math.max(...measured)].map(formatMilliseconds).join(' to ');
  const engineWords = device === 'cpu' ? `${threads} thread${threads === 1 ? '' : 's'}` : device;
  return [
    '',
    `${blocks.length} blocks of the space "${space}"; networks take ${range} for a batch of ${batch}`,
    `on ${machine.cpu}, ${engineWords}, ONNX Runtime ${onnxruntime}`,
    '',
    `checked on ${networks.length} other networks, from the smallest to the largest:`,
    errorsLine('predicted from the table', check.prediction),
    errorsLine('the same for all networks', check.constant),
    errorsLine('measured a second time', check.repetition),
  ].join('\n');
}

function errorsLine(what: string, { within10, median, p95 }: LatencyErrors): string {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return `  ${what.padEnd(26)}${percent(within10).padStart(7)} within ±10 %; error: median ${percent(median)}, 95th percentile ${percent(p95)}`;
}
