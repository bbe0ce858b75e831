// Feeds the parsers what they do not expect, guided by the code that each input reaches.
//
//   npm run fuzz                                     every parser, 20,000 inputs each
//   npm run fuzz -- config tar --runs 1000000        these two, longer
//
// It starts from fuzz/corpus/<parser>/. Inputs that reach further code go to runs/fuzz/<parser>/, and so does one that a parser
// neither takes nor refuses in one line; the exit code is then 1.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PARSERS } from './parsers.js';
import type { FuzzNews } from './worker.js';

/** A parser that is silent for longer hangs. A batch takes a fraction of a second. */
const PATIENCE_MS = 60_000;
const MEGABYTES = 2048;

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in PARSERS));
if (unknown.length > 0) {
  console.error(`no such parser: ${unknown.join(', ')}; there are ${Object.keys(PARSERS).join(', ')}`);
  process.exit(2);
}
for (const name of positionals.length === 0 ? Object.keys(PARSERS) : positionals) {
  if (!(await fuzz(name))) process.exitCode = 1;
}

/** Fuzzes one parser in a process of its own. Returns whether it took or refused everything. */
async function fuzz(name: string): Promise<boolean> {
  const folder = path.join('runs', 'fuzz', name);
  mkdirSync(folder, { recursive: true });
  const child = fork(fileURLToPath(new URL('worker.js', import.meta.url)), [name, values.runs, values.seed], {
    execArgv: [`--max-old-space-size=${MEGABYTES}`, '--enable-source-maps'],
  });
  const began = performance.now();
  let input = '';
  let state = { inputs: 0, corpus: 0, megabytes: 0 };
  let failure: string | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  const watch = (): void => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => {
      failure = `hangs: silent for ${PATIENCE_MS / 1000} s`;
      child.kill('SIGKILL');
    }, PATIENCE_MS);
  };
  watch();
  child.on('message', (news: FuzzNews) => {
    watch();
    if (news.kind === 'started') input = news.input;
    else if (news.kind === 'failed') failure = news.error;
    else if (news.kind === 'progress') {
      state = { ...news, megabytes: Math.max(state.megabytes, news.megabytes) };
    } else {
      const bytes = Buffer.from(news.bytes, 'base64');
      writeFileSync(path.join(folder, createHash('sha256').update(bytes).digest('hex').slice(0, 16)), bytes);
    }
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(watchdog);
  const seconds = Math.round((performance.now() - began) / 1000);
  console.log(
    `${name}: ${state.inputs} inputs, ${state.corpus} of them kept, ${state.megabytes} MB at most, ${seconds} s`,
  );
  if (failure === undefined && code === 0) return true;
  const kept = path.join(folder, 'failed');
  copyFileSync(input, kept);
  console.error(`${name} fails on ${kept}: ${failure ?? `its process ended with exit code ${code}`}`);
  return false;
}
