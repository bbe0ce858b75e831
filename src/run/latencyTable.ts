import { readTextFile } from '../config/textFile.js';
import { UserError } from '../errors.js';
import type { Backbone } from '../family/family.js';
import type { CostOptions } from '../measure/cost.js';
import { latenciesFrom, parseLatencyTable, type LatencyTable } from '../measure/latencyTable.js';
import { onnxRuntimeVersion } from '../runtime/version.js';
import type { Space } from '../space/space.js';
import type { Config } from '../config/config.js';
import type { SearchContext } from './context.js';

/** A run's copy of its latency table, so that resuming needs no other file. */
export const TABLE_FILE = 'latency.json';

/**
 * The latency table in `file`, or undefined if the run is configured without one. Throws a UserError when the file is
 * none, or when the table is of another engine than the run's.
 */
export async function readLatencyTable(config: Config, file: string | undefined): Promise<LatencyTable | undefined> {
  if (config.latency === undefined || file === undefined) return undefined;
  const table = await openLatencyTable(file);
  checkEngine(table, config, file);
  return table;
}

/** Reads a latency table. Throws a UserError when the file is none. */
export async function openLatencyTable(file: string): Promise<LatencyTable> {
  let text: string;
  try {
    text = await readTextFile(file, 'a latency table');
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the latency table ${file} cannot be read; write one with glit latency measure`);
  }
  return parseLatencyTable(text, file);
}

function checkEngine(
  { engine }: LatencyTable,
  { device: { kind, threads, precision = 'float32' } }: Config,
  file: string,
): void {
  const again = 'measure again with glit latency measure';
  if (engine.device !== kind) {
    throw new UserError(`${file} was measured on the device ${engine.device}, but this run uses ${kind}; ${again}`);
  }
  const { precision: measured = 'float32' } = engine;
  if (measured !== precision) {
    throw new UserError(`${file} was measured in ${measured}, but this run computes in ${precision}; ${again}`);
  }
  if (threads !== undefined && engine.threads !== threads) {
    throw new UserError(`${file} was measured with --threads ${engine.threads}, but this run has ${threads}; ${again}`);
  }
  if (engine.onnxruntime !== onnxRuntimeVersion) {
    throw new UserError(
      `${file} was measured with ONNX Runtime ${engine.onnxruntime}, but this is ${onnxRuntimeVersion}; ${again}`,
    );
  }
}

/** How a run computes the costs of a space's networks: with latencies, if it has a table. */
export function costOptionsOf(
  { latencyTable: table }: Pick<SearchContext, 'latencyTable'>,
  backbone: Backbone,
  { family, positions }: Space,
): CostOptions {
  if (table === undefined) return {};
  return { latencies: latenciesFrom(table, { family, backbone, depth: positions.length }, 'the latency table') };
}
