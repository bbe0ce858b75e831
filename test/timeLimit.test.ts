import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { configSchema } from '../src/config/config.js';
import { readJournal } from '../src/telemetry/journal.js';
import { glit, makePhotos, TINY } from './support/commandLine.js';
import { assertSameRun } from './support/runFolders.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-time-'));
before(() => makePhotos(join(folder, 'photos')));
after(() => rmSync(folder, { recursive: true }));

/** The limit that would be enough, from the one line that refuses a shorter one. */
function leastLimit(stderr: string): string {
  // A missing test split is a warning, printed before any error is known.
  const line = stderr.replace(/^glit: warning: .*\n/, '');
  const [, least] = /^glit: --time .+ is too short: .+ takes at least (.+); raise it\n$/.exec(line) ?? [];
  assert.ok(least !== undefined, stderr);
  return least;
}

describe('a time limit', () => {
  // One small level and no comparison: as little as a plan can have.
  const planned = /^(supernet\.steps|search\.population|retrain\.halving|retrain\.recipe\.steps)=/;
  const sizes = TINY.filter((value) => value !== '--set' && !planned.test(value)).flatMap((value) => ['--set', value]);
  const args = ['run', '--data', 'photos', ...sizes, '--depth', '2', '--space', 'high', '--no-baselines', '--quiet'];
  let least: string;

  test('too short for any plan: one line that names a longer one, exit code 2, no run folder', async () => {
    const { code, stderr } = await glit(folder, ...args, '--time', '1s', '--out', 'short');
    least = leastLimit(stderr);
    assert.equal(code, 2);
    assert.ok(!existsSync(join(folder, 'short')));
  });

  test('becomes a plan in config.yaml, which repeats the run without the limit', async () => {
    let planned = await glit(folder, ...args, '--time', least, '--out', 'planned');
    // A busy machine may be slower now than it was before.
    while (planned.code === 2) {
      planned = await glit(folder, ...args, '--time', leastLimit(planned.stderr), '--out', 'planned');
    }
    assert.equal(planned.code, 0, planned.stderr);
    const config = configSchema.parse(parse(readFileSync(join(folder, 'planned', 'config.yaml'), 'utf8')));
    const plan = (await readJournal(join(folder, 'planned', 'journal.jsonl'))).find(
      ({ type }) => type === 'runPlanned',
    );
    assert.ok(plan?.type === 'runPlanned');
    assert.deepEqual(plan.amounts, {
      supernetSteps: config.supernet.steps,
      candidates: config.search.population * config.search.generations,
      // All that the photographs leave for it.
      scoringImages: 10,
      finalSteps: config.retrain.recipe.steps,
    });

    const again = ['run', '--config', join('planned', 'config.yaml'), '--quiet'];
    const repeated = await glit(folder, ...again, '--out', 'repeated');
    assert.equal(repeated.code, 0, repeated.stderr);
    assertSameRun(join(folder, 'planned'), join(folder, 'repeated'));
  });
});
