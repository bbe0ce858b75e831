// Trains a supernet for 20,000 steps and scores 5,000 candidates in one process, and watches its memory, threads and open files.
// Linux only: it reads /proc.
//
//   npm run soak
//   npm run soak -- --steps 2000 --candidates 500
//
// The exit code is 1 if resident memory after the first tenth grows by more than a twentieth, or threads or files become more.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { MAIN, makePhotos, TINY } from '../test/support/commandLine.js';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '20000' }, candidates: { type: 'string', default: '5000' } },
});
if (process.platform !== 'linux') {
  console.error('the soak test reads /proc, which only Linux has');
  process.exit(2);
}
const [steps, candidates] = [Number(values.steps), Number(values.candidates)];
const POPULATION = 50;
const MOST_GROWTH = 1.05;

/** What a process holds. */
interface Holding {
  readonly megabytes: number;
  readonly threads: number;
  readonly files: number;
}

const root = mkdtempSync(join(tmpdir(), 'glit-soak-'));
await makePhotos(join(root, 'photos'));
const settings = {
  'supernet.steps': steps,
  'search.population': POPULATION,
  'search.generations': Math.ceil(candidates / POPULATION),
  'space.hierarchical': false,
  'search.nearLimit': 1,
};
const child = spawn(
  process.execPath,
  [
    ...[MAIN, 'search', '--data', 'photos', ...TINY, '--json', '--out', 'soak', '--set'],
    ...['model={ imageSize: 8, patchSize: 4, dim: 12, heads: 3, depth: 6 }', '--no-tensorboard'],
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);

/** By stage: `done` of what the stage does, and what the process held. */
const seen = { supernet: [] as Holding[], search: [] as Holding[] };
for await (const line of createInterface({ input: child.stdout })) {
  const { type, step, done } = JSON.parse(line) as { type: string; step?: number; done?: number };
  if (type === 'trainStep') watch('supernet', (step ?? 0) / steps);
  else if (type === 'candidateEvaluated') watch('search', (done ?? 0) / candidates);
}
const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.on('close', resolve)));
rmSync(root, { recursive: true });

let isFlat = code === 0;
for (const [stage, all] of Object.entries(seen)) {
  const [start, end] = [all.at(0), all.at(-1)];
  if (start === undefined || end === undefined) throw new Error(`nothing was seen of the ${stage}`);
  const most = Math.max(...all.map(({ megabytes }) => megabytes));
  const flat =
    end.megabytes <= start.megabytes * MOST_GROWTH && end.threads <= start.threads && end.files <= start.files;
  console.log(
    `${stage}: ${start.megabytes} MB after a tenth, ${end.megabytes} MB at the end, ${most} MB at most; threads ${start.threads} and ${end.threads}, files ${start.files} and ${end.files}${flat ? '' : ': not flat'}`,
  );
  isFlat &&= flat;
}
process.exitCode = isFlat ? 0 : 1;

/** Looks at the process at every hundredth of a stage, from the first tenth on. */
function watch(stage: keyof typeof seen, share: number): void {
  if (share < 0.1 || share * 100 < 10 + seen[stage].length) return;
  const { pid } = child;
  if (pid === undefined || child.exitCode !== null) return;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
  const files = readdirSync(`/proc/${pid}/fd`).length;
  seen[stage].push({ megabytes: Math.round(field('VmRSS') / 1024), threads: field('Threads'), files });
}
