import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** The files of a run folder that the configuration determines to the last bit, beside the weights. */
const DECIDED = ['best.onnx', 'weights.safetensors', 'candidates.csv', 'architecture.json'];

/** Compares what two runs found. */
export function assertSameResult(first: string, second: string): void {
  assertSameFiles(first, second, DECIDED);
}

/** Compares what two runs found, and everything that they trained and measured on the way. */
export function assertSameRun(first: string, second: string): void {
  const weights = weightsOf(first);
  assert.deepEqual(weightsOf(second), weights);
  assertSameFiles(first, second, [...DECIDED, ...weights]);
  assert.deepEqual(settingsOf(second), settingsOf(first));
  assert.deepEqual(resultOf(second), resultOf(first));
}

/** The files of weights in a run folder. */
export function weightsOf(run: string): readonly string[] {
  return readdirSync(join(run, 'weights'))
    .map((name) => `weights/${name}`)
    .sort();
}

/** The configuration of a run, without the machine. */
function settingsOf(run: string): object {
  const { device: _, ...settings } = parse(readFileSync(join(run, 'config.yaml'), 'utf8')) as Record<string, unknown>;
  return settings;
}

/** The result of a run, without what it took. */
function resultOf(run: string): object {
  const text = readFileSync(join(run, 'result.json'), 'utf8');
  const seconds = /^(seconds|(.*P|p)rocessorSeconds)$/;
  return JSON.parse(text, (key, value: unknown) => (seconds.test(key) ? undefined : value)) as object;
}

function assertSameFiles(first: string, second: string, files: readonly string[]): void {
  for (const file of files) {
    assert.ok(readFileSync(join(first, file)).equals(readFileSync(join(second, file))), `${file} differs`);
  }
}
