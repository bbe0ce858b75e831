// The process that feeds one parser. An input is in the file `input` before the parser gets it, so it is still there when the
// process hangs or runs out of memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seeded } from '../src/random/rng.js';
import { Coverage } from './coverage.js';
import { mutate } from './mutate.js';
import { corpusOf, feed } from './feed.js';
import { PARSERS } from './parsers.js';

/** What a worker tells the process that started it. */
export type FuzzNews =
  | { readonly kind: 'started'; readonly input: string }
  | { readonly kind: 'progress'; readonly inputs: number; readonly corpus: number; readonly megabytes: number }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'reached'; readonly bytes: string };

/** Inputs between two looks at the coverage, which cost tens of milliseconds: at first, and after new code was reached. */
const BATCH = 200;
/** Milliseconds; batches that find nothing new become longer up to about this. */
const LONGEST_BATCH = 1000;

async function fuzz(name: string, runs: number, seed: number): Promise<void> {
  const say = (news: FuzzNews): void => void process.send?.(news);
  const folder = mkdtempSync(path.join(tmpdir(), `glit-fuzz-${name}-`));
  const file = path.join(folder, 'input');
  say({ kind: 'started', input: file });
  const parser = PARSERS[name];
  const coverage = await Coverage.start('/dist/src/');
  const rng = seeded(`fuzz ${name} ${seed}`);
  const corpus: Buffer[] = [];

  /** Runs the inputs; those of them that reach new code join the corpus. */
  const explore = async (inputs: readonly Buffer[]): Promise<void> => {
    for (const input of inputs) await feed(parser, file, input);
    const fresh = await coverage.fresh();
    if (fresh.size === 0) return;
    if (inputs.length === 1) {
      coverage.learn(fresh);
      corpus.push(inputs[0]);
      say({ kind: 'reached', bytes: inputs[0].toString('base64') });
      return;
    }
    const half = inputs.length >> 1;
    await explore(inputs.slice(0, half));
    await explore(inputs.slice(half));
  };

  try {
    for (const input of corpusOf(name)) await explore([input]);
    const pick = (): Buffer => corpus[rng.int(corpus.length)];
    let batch = BATCH;
    for (let done = 0; done < runs;) {
      const count = Math.min(batch, runs - done);
      const [known, began] = [corpus.length, performance.now()];
      await explore(Array.from({ length: count }, () => mutate(pick(), pick(), rng)));
      done += count;
      if (corpus.length > known) batch = BATCH;
      else if (performance.now() - began < LONGEST_BATCH / 2) batch = 2 * count;
      const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
      say({ kind: 'progress', inputs: done, corpus: corpus.length, megabytes });
    }
    rmSync(folder, { recursive: true });
  } catch (error) {
    say({ kind: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  process.disconnect();
}

const [, , name, runs, seed] = process.argv;
await fuzz(name, Number(runs), Number(seed));
