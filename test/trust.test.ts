import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readJournal } from '../src/telemetry/journal.js';
import { kendallTau } from '../src/statistics/kendall.js';
import { meanOf } from '../src/statistics/summary.js';
import { topKRegret } from '../src/statistics/topKRegret.js';
import { parseConfig } from '../src/config/layers.js';
import { RunFolder } from '../src/run/folder/runFolder.js';
import { searchedLevel } from '../src/run/levels/searchedLevel.js';
import { formatTrustReport, type TrustResult } from '../src/run/trust/report.js';
import { trusting } from '../src/run/trust/trust.js';
import { glit, interruptedGlit, makePhotos, TINY, type Ended } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-trust-'));
const text = (...names: readonly string[]): string => readFileSync(join(folder, ...names), 'utf8');
const resultIn = (...names: readonly string[]): TrustResult => JSON.parse(text(...names, 'trust.json')) as TrustResult;
const SEARCH = ['--data', 'photos', ...TINY, '--seed', '3'];
const CHECK = ['--candidates', '6', '--steps', '30'];

let whole: Ended;
before(async () => {
  await makePhotos(join(folder, 'photos'));
  whole = await glit(folder, 'trust', ...SEARCH, '--out', 'searched', ...CHECK);
});
after(() => rmSync(folder, { recursive: true }));

describe('glit trust', () => {
  test('searches first if it gets images instead of a run; prints the plan, the progress, both tables and the files', () => {
    assert.equal(whole.code, 0, whole.stderr);
    const { stdout } = whole;
    assert.match(stdout, /^low level, search.*: done in /m);
    assert.match(
      stdout,
      /^low level, trust: 3 candidates of the search and 3 drawn at random; each trained 2 times for 30 steps on 38 images; held-out images: 5 for fitness \(half A\), 5 for trained networks \(half B\)$/m,
    );
    assert.match(stdout, /^low level, scoring: 12 candidates$/m);
    assert.match(stdout, /^low level, training 12 of 12: done in /m);
    assert.match(stdout, /^low level, training 12 of 12: \d+\.\d\d % of 5 held-out images, half B$/m);
    for (const row of [
      'fitness',
      'fitness without BatchNorm recalibration',
      'MACs',
      'another training \\(the ceiling\\)',
    ])
      assert.match(stdout, new RegExp(`^\\| ${row} +\\| +(−?\\d\\.\\d\\d|–) \\|`, 'm'), row);
    assert.match(stdout, /^\| the best 3 +\| +\d+\.\d\d \| +\d+\.\d\d to \d+\.\d\d \|$/m);
    assert.match(stdout, /^report {3}searched.trust.trust\.md$/m);
  });

  test('leaves the table, a picture and every number, from which the statistics follow', () => {
    const { candidates, statistics, images, level, seeds, recipe } = resultIn('searched', 'trust');
    assert.deepEqual([level, seeds, recipe.steps, images], ['low', 2, 30, { train: 38, halfA: 5, halfB: 5 }]);
    assert.deepEqual(
      candidates.map(({ from }) => from),
      [...Array<string>(3).fill('search'), ...Array<string>(3).fill('random')],
    );
    assert.equal(new Set(candidates.map(({ path }) => path.join('-'))).size, 6);
    const fitness = candidates.map((each) => each.fitness);
    const accuracy = candidates.map(({ retrained }) => meanOf(retrained.map(({ B }) => B)));
    assert.equal(statistics.tau.value, kendallTau(fitness, accuracy) ?? null);
    assert.deepEqual(
      statistics.regret.map(({ k, value }) => [k, value]),
      [1, 3].map((k) => [k, topKRegret(fitness, accuracy, k)]),
    );
    const report = text('searched', 'trust', 'trust.md');
    for (const part of [
      '# Can the search on photos be trusted? The low level',
      '| test | 0 | nothing |',
      '](trust.svg)',
    ])
      assert.ok(report.includes(part), part);
    assert.match(text('searched', 'trust', 'trust.svg'), /^<svg /);
  });

  test('shows the name of the images as text', () => {
    const report = formatTrustReport({ ...resultIn('searched', 'trust'), dataset: '<img src=x>|\u001b' });
    assert.match(report, /^# Can the search on \\<img src=x\\>\\\|\ufffd be trusted\?/);
  });

  test('writes no more than it asks for room', async () => {
    const run = RunFolder.at(join(folder, 'searched'));
    const config = parseConfig(text('searched', 'config.yaml'), 'config.yaml');
    const level = await searchedLevel(run, config);
    const job = trusting(run, level, { level: level.name, candidates: 6, seeds: 2, supernet: level.weightsHash });
    const asked = job.spaceFor?.(config, 3) ?? 0;
    const sizes = readdirSync(join(folder, 'searched', 'trust', 'weights')).map(
      (name) => statSync(join(folder, 'searched', 'trust', 'weights', name)).size,
    );
    const written = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(
      sizes.length === 12 && written < asked && asked < 20 * written,
      `${written} bytes written, ${asked} asked for`,
    );
  });

  test('scores as the search does, on its half of the images', async () => {
    const recorded = new Map(
      (await readJournal(join(folder, 'searched', 'journal.jsonl')))
        .filter((entry) => entry.type === 'candidateEvaluated')
        .map(({ stage, path, fitness }) => [`${stage.level} ${path.join('-')}`, fitness]),
    );
    for (const { path, from, fitness } of resultIn('searched', 'trust').candidates) {
      const all = recorded.get(`low ${path.join('-')}`);
      assert.equal(all === undefined ? 'random' : 'search', from);
      if (all === undefined) continue;
      // Of ten held-out images, those right outside half A are 0 to 5.
      const outside = Math.round(10 * all) - Math.round(5 * fitness);
      assert.ok(outside >= 0 && outside <= 5, `${all} of all, ${fitness} of half A`);
    }
  });

  test('never looks at test images', async () => {
    const journal = await readJournal(join(folder, 'searched', 'trust', 'journal.jsonl'));
    const evaluations = journal.filter((entry) => entry.type === 'evaluation');
    assert.equal(evaluations.length, 2 * 2 * 6);
    assert.ok(evaluations.every(({ split, half }) => split === 'searchVal' && half !== undefined));
  });

  test('of a finished search that was interrupted, twice, ends like one that was not', async () => {
    const args = ['trust', 'searched', '--out', 'stopped', ...CHECK];
    const moments: readonly ((event: Readonly<Record<string, unknown>>) => boolean)[] = [
      ({ type, done }) => type === 'candidateRescored' && Number(done) > 5,
      ({ type, stage, step }) =>
        type === 'trainStep' && (stage as { number?: number }).number === 8 && Number(step) > 10,
    ];
    for (const moment of moments) {
      const { code, stderr } = await interruptedGlit(folder, args, moment);
      assert.equal(code, 130, stderr);
      assert.match(stderr, /glit: interrupted; continue with: glit trust searched --out stopped\n$/);
      assert.ok(!existsSync(join(folder, 'stopped', 'trust.json')));
    }
    const { code, stderr } = await glit(folder, 'trust', 'searched', '--out', 'stopped', '--quiet');
    assert.equal(code, 0, stderr);
    for (const file of ['trust.json', 'trust.svg', 'trust.md'])
      assert.equal(text('stopped', file), text('searched', 'trust', file), file);
  });

  test('that searches first and is killed meanwhile goes on with the check that was asked for', async () => {
    const args = ['trust', ...SEARCH, '--out', 'killed', ...CHECK];
    const begun = (event: Readonly<Record<string, unknown>>): boolean => event['type'] === 'trainStep';
    await interruptedGlit(folder, args, begun, 'SIGKILL');
    assert.ok(!existsSync(join(folder, 'killed', 'candidates.csv')));
    const { code, stderr } = await glit(folder, 'trust', '--resume', 'killed');
    assert.equal(code, 0, stderr);
    assert.equal(text('killed', 'trust', 'trust.json'), text('searched', 'trust', 'trust.json'));
    // It is done: another check of this search has settings of its own.
    assert.ok(!existsSync(join(folder, 'killed', 'check.json')));
  });

  test('checks another level too, with one seed and so without a ceiling', async () => {
    const args = ['searched', '--level', 'high', '--candidates', '3', '--seeds', '1', '--threads', '1', '--json'];
    const { code, stdout, stderr } = await glit(folder, 'trust', ...args);
    assert.equal(code, 0, stderr);
    const { level, statistics, recipe } = resultIn('searched', 'trust-high');
    assert.deepEqual([level, statistics.ceiling], ['high', { value: null, interval: null }]);
    assert.equal(recipe.steps, 3, 'a quarter of the retraining');
    const [finished, files] = stdout
      .trimEnd()
      .split('\n')
      .slice(-2)
      .map((line) => JSON.parse(line) as { folder: string; result: object });
    assert.equal(files.folder, join('searched', 'trust-high'));
    assert.deepEqual(finished.result, { level: 'high', candidates: 3, seeds: 1, ...statistics });
  });
});

test('a search scores on as many held-out images as it is told, and trust on all of its half', async () => {
  const few = ['--space', 'high', '--depth', '2', '--scoring-images', '4', '--out', 'few', '--quiet'];
  const { code, stderr } = await glit(folder, 'search', ...SEARCH, ...few);
  assert.equal(code, 0, stderr);
  const evaluated = (await readJournal(join(folder, 'few', 'journal.jsonl'))).filter(
    (entry) => entry.type === 'candidateEvaluated',
  );
  const quarters = evaluated.map(({ fitness }) => 4 * fitness);
  assert.ok(evaluated.length > 0 && quarters.every((count) => Math.abs(count - Math.round(count)) < 1e-6));
  const options = ['--candidates', '3', '--seeds', '1', '--steps', '2', '--quiet'];
  const trusted = await glit(folder, 'trust', 'few', ...options);
  assert.equal(trusted.code, 0, trusted.stderr);
  const { candidates, images } = resultIn('few', 'trust');
  const counts = candidates.map(({ fitness }) => images.halfA * fitness);
  assert.ok(
    counts.every((count) => Math.abs(count - Math.round(count)) < 1e-6),
    counts.join(),
  );
});

describe('glit trust refuses, in one line and with nothing lost,', () => {
  /** A copy of the search without these files. */
  const searchWithout = (name: string, ...files: readonly string[]): string => {
    cpSync(join(folder, 'searched'), join(folder, name), { recursive: true });
    for (const file of ['trust', 'trust-high', ...files])
      rmSync(join(folder, name, file), { recursive: true, force: true });
    return name;
  };
  const refuses = async (args: readonly string[], message: RegExp): Promise<void> => {
    const { code, stderr } = await glit(folder, 'trust', ...args);
    const line = stderr.replace(/^glit: warning: .*\n/gm, '');
    assert.match(line, message);
    assert.match(line, /^glit: [^\n]*\n$/);
    assert.equal(code, 2);
  };

  test('what is no finished search', async () => {
    await refuses([], /nothing to check; give the folder of a finished search/);
    await refuses(['nowhere'], /nowhere is not a run folder/);
    const unfinished = searchWithout('unfinished', 'candidates.csv');
    await refuses(
      [unfinished],
      /the search in unfinished has not ended; finish it first: glit trust --resume unfinished/,
    );
    assert.ok(!existsSync(join(folder, 'unfinished', 'trust')));
    const light = searchWithout('light', 'weights/supernet-low.safetensors');
    await refuses([light], /light has no weights\/supernet-low\.safetensors/);
  });

  test('the folder of a check, which has no search to resume', async () => {
    const check = join('searched', 'trust');
    await refuses(['--resume', check], /trust holds a check, not a search; continue with: glit trust searched\n/);
    await refuses([check], /trust holds a check, not a search; continue with: glit trust searched\n/);
    const high = /holds a check, not a search; continue with: glit trust searched --level high\n/;
    await refuses(['--resume', join('searched', 'trust-high')], high);
    await refuses(['--resume', 'stopped'], /continue with: glit trust RUN --out stopped\n/);
    const { code, stderr } = await glit(folder, 'run', '--resume', check);
    assert.match(stderr, /^glit: searched.trust holds a check, not a search; continue with: glit trust searched\n$/);
    assert.equal(code, 2);
  });

  test('more candidates than there are, too few, and levels that do not exist', async () => {
    const run = searchWithout('small');
    await refuses(
      [run, '--candidates', '500'],
      /500 candidates are more than there are within the budget, \d+; ask for/,
    );
    await refuses([run, '--candidates', '2'], /--candidates is "2"; give a whole number of at least 3/);
    await refuses([run, '--seeds', 'x'], /--seeds is "x"/);
    await refuses([run, '--level', 'middle'], /--level middle: the search has no such level; it has high and low/);
    assert.ok(!existsSync(join(folder, 'small', 'trust')));
  });

  test('options of a search beside a run, and other settings than it was begun with', async () => {
    await refuses(['searched', '--population', '5'], /--population cannot be given with searched: a run keeps its own/);
    await refuses(['--resume', 'searched', '--population', '5'], /--population cannot be given with searched: a run/);
    await refuses(['--resume', 'searched', '--out', 'x'], /'--resume <folder>' cannot be used with option '--out/);
    await refuses(['searched', '--preset', 'cifar'], /--preset cannot be given with searched/);
    const begun = ['searched', '--out', 'begun'];
    await glit(folder, 'trust', ...begun, '--candidates', '3', '--seeds', '1', '--steps', '2', '--quiet');
    await refuses([...begun, '--candidates', '4'], /begun was begun with 3 candidates/);
    await refuses([...begun, '--steps', '4'], /the trainings in begun were begun with another length/);
    await refuses([...begun, '--level', 'high'], /begun was begun for another supernet/);
    await refuses(['searched', '--out', 'searched'], /searched is not a folder of glit trust/);
    assert.ok(existsSync(join(folder, 'begun', 'trust.json')));
  });

  test('images that are gone or are not those of the search', async () => {
    const run = searchWithout('moved');
    const photos = join(folder, 'photos');
    const kept = join(folder, 'kept');
    cpSync(photos, kept, { recursive: true });
    try {
      rmSync(photos, { recursive: true });
      await refuses([run], /photos/);
      await makePhotos(photos, 23);
      await refuses(
        [run],
        /the images in photos have changed since the search in moved: .* images instead of .*; bring back/,
      );
      cpSync(join(photos, 'red'), join(photos, 'scarlet'), { recursive: true });
      await refuses([run], /have changed since the search in moved: 4 classes instead of 3/);
    } finally {
      rmSync(photos, { recursive: true, force: true });
      cpSync(kept, photos, { recursive: true });
    }
    assert.ok(!existsSync(join(folder, 'moved', 'trust')));
  });
});
