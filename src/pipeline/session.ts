import { parse, stringify } from 'yaml';
import { Interrupted } from '../errors.js';
import { seeded } from '../random/rng.js';
import { openDevice } from '../runtime/device.js';
import { tee, type Json, type Listener } from '../telemetry/events.js';
import { JournalWriter } from '../telemetry/journal.js';
import { configSchema, type Config } from './config.js';
import type { RunContext } from './context.js';
import { RunFolder } from './runFolder.js';

export interface SessionOptions {
  /** What the user asked for, e.g. `run`; it goes into the journal. */
  readonly command: string;
  readonly version: string;
  readonly emit?: Listener;
  readonly signal?: AbortSignal;
}

/**
 * Works on a new run in the folder `out`. The folder, the journal and the device are open while `work` goes on and closed
 * in good order however it ends. Throws a UserError when there is something in the folder already.
 */
export async function newRun<Result>(
  config: Config,
  out: string,
  options: SessionOptions,
  work: (context: RunContext) => Promise<Result>,
): Promise<Result> {
  const folder = await RunFolder.create(out);
  await folder.write('config.yaml', stringify(config));
  return session(config, folder, options, work);
}

/** Goes on with the run in the folder `out`, under the configuration that it was started with. */
export async function continuedRun<Result>(
  out: string,
  options: SessionOptions,
  work: (context: RunContext) => Promise<Result>,
): Promise<Result> {
  const folder = await RunFolder.open(out);
  const config = configSchema.parse(parse(await folder.read('config.yaml')));
  return session(config, folder, options, work);
}

async function session<Result>(
  config: Config,
  folder: RunFolder,
  { command, version, emit: listener = () => undefined, signal }: SessionOptions,
  work: (context: RunContext) => Promise<Result>,
): Promise<Result> {
  const journal = new JournalWriter(folder.path('journal.jsonl'));
  const emit = tee(journal.write, listener);
  const began = performance.now();
  try {
    const device = await openDevice({
      kind: config.device.kind,
      ...(config.device.threads !== undefined && { threads: config.device.threads }),
    });
    try {
      emit({ type: 'runStarted', command, version, seed: config.seed, config: config as unknown as Json });
      const result = await work({ config, device, rng: seeded(config.seed), folder, emit, signal });
      emit({ type: 'runFinished', seconds: (performance.now() - began) / 1000, result: null });
      return result;
    } finally {
      await device.close();
    }
  } catch (error) {
    emit(
      error instanceof Interrupted
        ? { type: 'runInterrupted' }
        : { type: 'runFailed', message: error instanceof Error ? error.message : String(error) },
    );
    throw error;
  } finally {
    journal.close();
  }
}
