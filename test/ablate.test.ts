import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { GatheredStudy } from '../src/run/ablation/gather.js';
import { formatStudies } from '../src/run/ablation/report.js';
import type { SeedResult } from '../src/run/ablation/seedFile.js';
import type { RunResult } from '../src/run/results/report.js';
import { readJournal } from '../src/telemetry/journal.js';
import { stageName } from '../src/telemetry/stage.js';
import { packageRoot } from './packageRoot.js';
import { glit, interruptedGlit, makePhotos, TINY, writeText, type Ended } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-ablate-'));
before(() => makePhotos(join(folder, 'photos')));
after(() => rmSync(folder, { recursive: true }));

const text = (...names: readonly string[]): string => readFileSync(join(folder, ...names), 'utf8');
const seedOf = (study: string, seed: number): SeedResult =>
  JSON.parse(text(study, 'seeds', `photos-cifar-seed${seed}.json`)) as SeedResult;
const studiesOf = (study: string): readonly GatheredStudy[] =>
  (JSON.parse(text(study, 'ablation.json')) as { readonly studies: readonly GatheredStudy[] }).studies;
const round = (value: number): number => Number(value.toFixed(12));

/** What a command says on stderr besides warnings. */
const faultOf = ({ stderr }: Ended): string => stderr.replaceAll(/^glit: warning: .*\n/gm, '');

/** A seed without what depends on the clock. */
function timeless(seed: SeedResult): unknown {
  const rows = Object.entries(seed.rows).map(([row, { processorSeconds, seconds, ...rest }]) => {
    assert.ok(processorSeconds > 0 && seconds > 0, `${row}: ${processorSeconds} and ${seconds} seconds`);
    return [row, rest];
  });
  return { ...seed, rows: Object.fromEntries(rows) as unknown };
}

// Random search has a fixed number of candidates, since the time that the search takes differs from run to run.
const settings = [
  ...['--data', 'photos', ...TINY, '--depth', '2', '--population', '4', '--top', '1', '--halving', '3'],
  // The tiny spaces have few networks near the limit.
  ...['--near-limit', '1', '--set', 'retrain.randomCandidates=3', '--set', 'retrain.halving.share=0.5'],
  ...['--set', 'retrain.randomShare=0.75'],
];

describe('a study of all rows', () => {
  let whole: Ended;
  before(async () => {
    whole = await glit(folder, 'ablate', ...settings, '--seeds', '1', '--seed', '4', '--out', 'whole');
  });

  test('has a file per seed and a summary, without a path of the machine', () => {
    assert.equal(whole.code, 0, whole.stderr);
    const seed = seedOf('whole', 4);
    assert.deepEqual(Object.keys(seed.rows), ['deit', 'random', 'nlp', 'high', 'joint', 'both', 'random-search']);
    assert.deepEqual(seed.dataset, { name: 'photos', classes: 3, train: 38, heldOut: 10, test: 12 });
    assert.ok(!text('whole', 'seeds', 'photos-cifar-seed4.json').includes(folder));
    assert.deepEqual(studiesOf('whole')[0].seeds, [seed]);
    assert.match(text('whole', 'ablation.md'), /^\| both levels \(GLiT\) +\| 1 \| /m);
    assert.match(text('whole', 'ablation-photos-cifar.svg'), /^<svg /);
    assert.match(whole.stdout, /^ablation, seed 4, both: row 6 of 7, about \S+ left$/m);
  });

  test('gives all searches the same supernet steps, candidates and trainings', () => {
    const { nlp, high, joint, both } = seedOf('whole', 4).rows;
    for (const row of [nlp, high, joint, both]) {
      // Two levels of 12 steps and 2 generations of 4; three contenders, of which one goes on to the end.
      assert.deepEqual([row?.supernetSteps, row?.candidates, row?.trainings], [24, 16, 4]);
    }
    for (const { kernel, expansion } of both?.architecture['blocks'] as readonly Record<string, unknown>[])
      assert.equal(kernel === undefined, expansion === undefined);
    for (const { localHeads, kernel } of nlp?.architecture['blocks'] as readonly Record<string, unknown>[])
      assert.deepEqual([localHeads, kernel], [0, undefined]);
  });

  test('gives short trainings the length that is set for their search', async () => {
    for (const [row, by, steps] of [
      ['both', 'found', 6],
      ['random-search', 'random', 9],
    ] as const) {
      const journal = await readJournal(join(folder, 'whole', 'seed-4', row, 'journal.jsonl'), 'trainStep');
      const first = journal.filter(({ stage }) => stageName(stage).startsWith(`train-${by}-round-0-`));
      assert.deepEqual([...new Set(first.map((entry) => entry.steps))], [steps], row);
    }
  });

  test('compares the networks that glit run compares with the same seed', async () => {
    const run = await glit(folder, 'run', ...settings, '--seed', '4', '--out', 'run', '--quiet');
    assert.equal(run.code, 0, run.stderr);
    const { comparison } = JSON.parse(text('run', 'result.json')) as RunResult;
    const { both, deit, 'random-search': random } = seedOf('whole', 4).rows;
    assert.deepEqual(
      [both, deit, random].map((row) => [row?.macs, row?.parameters, row?.heldOut, row?.test]),
      comparison.map(({ macs, parameters, heldOut, test }) => [macs, parameters, heldOut, test]),
    );
  });
});

describe('a study that grows and is interrupted', () => {
  const small = [...settings, '--set', 'retrain.halving=null'];
  const rows = ['--rows', 'high,deit'];
  const args = ['ablate', ...small, ...rows, '--seeds', '2'];
  before(async () => {
    const straight = await glit(folder, ...args, '--out', 'straight', '--quiet');
    assert.equal(straight.code, 0, straight.stderr);
  });

  test('ends the same after an interruption within a row', async () => {
    let row = '';
    const when = (event: Readonly<Record<string, unknown>>): boolean => {
      if (event['type'] === 'ablationRowStarted') row = String(event['row']);
      return event['type'] === 'candidateEvaluated' && row === 'high' && Number(event['done']) > 3;
    };
    const stopped = await interruptedGlit(folder, [...args, '--out', 'stopped'], when);
    assert.equal(stopped.code, 130, stopped.stderr);
    assert.match(stopped.stderr, /^glit: interrupted; continue with: glit ablate --resume stopped$/m);
    assert.deepEqual(Object.keys(seedOf('stopped', 0).rows), ['deit']);
    const finished = seedOf('stopped', 0).rows.deit;
    const resumed = await glit(folder, 'ablate', '--resume', 'stopped', '--quiet');
    assert.equal(resumed.code, 0, resumed.stderr);
    for (const seed of [0, 1]) assert.deepEqual(timeless(seedOf('stopped', seed)), timeless(seedOf('straight', seed)));
    assert.deepEqual(seedOf('stopped', 0).rows.deit, finished);
  });

  test('adds seeds and rows, and repeats nothing', async () => {
    const first = ['ablate', ...small, '--out', 'grown', '--quiet'];
    const one = await glit(folder, ...first, '--rows', 'deit', '--seeds', '1');
    assert.equal(one.code, 0, one.stderr);
    const { deit } = seedOf('grown', 0).rows;
    rmSync(join(folder, 'grown', 'seed-0'), { recursive: true });
    const two = await glit(folder, ...first, ...rows, '--seeds', '2');
    assert.equal(two.code, 0, two.stderr);
    assert.deepEqual(readdirSync(join(folder, 'grown', 'seed-0')), ['high']);
    assert.deepEqual(seedOf('grown', 0).rows.deit, deit);
    for (const seed of [0, 1]) assert.deepEqual(timeless(seedOf('grown', seed)), timeless(seedOf('straight', seed)));
  });

  test('settles --device auto once, for all rows', async () => {
    const begun = ['ablate', ...small, '--out', 'settled', '--device', 'auto', '--rows', 'deit,random', '--seeds', '1'];
    const { code, stdout, stderr } = await glit(folder, ...begun);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/^device: /gm)?.length, 1, stdout);
    const kind = /^ +kind: (cpu|openvino)$/m.exec(text('settled', 'study.yaml'))?.[1] ?? assert.fail('not settled');
    for (const row of ['deit', 'random']) {
      assert.match(text('settled', 'seed-0', row, 'config.yaml'), new RegExp(`^ +kind: ${kind}$`, 'm'));
    }
  });

  test("refuses other images than those of a seed's first row, and writes nothing of a row on them", async () => {
    const begun = ['ablate', ...small, '--out', 'moved', '--quiet', '--seeds', '1', '--rows'];
    const one = await glit(folder, ...begun, 'deit');
    assert.equal(one.code, 0, one.stderr);
    const [image, kept] = [join(folder, 'photos', 'red', '00.png'), join(folder, 'kept.png')];
    cpSync(image, kept);
    try {
      rmSync(image);
      const two = await glit(folder, ...begun, 'deit,random');
      assert.equal(two.code, 2, two.stderr);
      assert.match(
        faultOf(two),
        /^glit: the images in photos have changed since the first row with seed 0: .* instead of/,
      );
      assert.ok(!existsSync(join(folder, 'moved', 'seed-0', 'random')));
    } finally {
      cpSync(kept, image);
    }
  });

  test('refuses other settings in one line', async () => {
    for (const [given, message] of [
      [[...args, '--population', '7', '--out', 'straight'], /straight holds a study with another search\.population;/],
      [[...args, '--preset', 'demo', '--out', 'straight'], /straight holds a study with another preset;/],
      [[...args, '--out', 'photos'], /photos is not empty and holds no ablation study;/],
      [['ablate', '--resume', 'straight', '--population', '7'], /--population cannot be given with --resume/],
      [['ablate', '--resume', 'photos'], /photos is not the folder of an ablation study/],
    ] as const) {
      const { code, stderr } = await glit(folder, ...given);
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`^glit: .*${message.source}.*\n$`));
    }
  });
});

test('bad input is refused in one line, before anything is written', async () => {
  const study = (...given: readonly string[]): readonly string[] => ['ablate', ...settings, '--out', 'bad', ...given];
  for (const [args, message] of [
    [study('--rows', 'both,random-serch'), /there is no row random-serch; did you mean random-search\?/],
    [study('--rows', ''), /there is no row ""; did you mean/],
    [study('--rows', 'random-search'), /random-search spends the time that both took; add both to --rows/],
    [study('--seeds', '0'), /--seeds is "0"; give a whole number from 1 to 10000/],
    [study('--set', 'space.lowLevel=nlp'), /space\.lowLevel is nlp, which has one level/],
    [
      ['ablate', '--data', 'photos', '--set', 'search.objectives=[accuracy, macs]', '--out', 'bad'],
      /search\.objectives is accuracy, macs/,
    ],
    [study('--set', 'budget.parameters.max=5000'), /the budget does not limit MACs/],
    [study('--max-macs', '1k'), /1\.000 k/],
    [['ablate', '--out', 'bad'], /no images were given/],
    [['ablate', '--from', 'photos'], /photos has no results of glit ablate/],
    [['ablate', '--from', 'nowhere'], /nowhere is not a folder/],
    [['ablate', '--from', 'photos', '--depth', '4'], /--depth cannot be given with --from/],
    [['ablate', '--from', 'photos', '--dashboard'], /'--from <folder>' cannot be used with option '--dashboard'/],
  ] as const) {
    const ended = await glit(folder, ...args);
    assert.equal(ended.code, 2, `${args.join(' ')}: ${ended.stderr}`);
    assert.match(faultOf(ended), new RegExp(`^glit: .*${message.source}.*\n$`));
  }
  assert.ok(!existsSync(join(folder, 'bad')));
});

describe('tables and plots from files alone', () => {
  const fixtures = join(packageRoot, 'test', 'data', 'ablation');
  let gathered: Ended;
  before(async () => {
    gathered = await glit(folder, 'ablate', '--from', fixtures, '--out', 'gathered');
  });

  test('have the mean, the deviation and the paired differences', () => {
    assert.equal(gathered.code, 0, gathered.stderr);
    const [study] = studiesOf('gathered');
    const of = (row: 'both' | 'deit' | 'random-search'): readonly number[] =>
      study.seeds.map(({ rows }) => rows[row]?.test ?? NaN);
    const { test: both, values } = study.rows.find(({ row }) => row === 'both') ?? assert.fail('no row both');
    const [one, two, three] = of('both');
    const mean = (one + two + three) / 3;
    assert.deepEqual(values, [one, two, three]);
    assert.equal(round(both.mean), round(mean));
    assert.equal(
      round((both.sd ?? NaN) ** 2),
      round(((one - mean) ** 2 + (two - mean) ** 2 + (three - mean) ** 2) / 2),
    );
    const [random] = study.differences;
    assert.deepEqual([random.row, random.minus, random.test.count], ['both', 'random-search', 3]);
    const pairs = of('both').map((value, at) => value - of('random-search')[at]);
    assert.equal(round(random.test.mean), round((pairs[0] + pairs[1] + pairs[2]) / 3));
    // With three seeds, the ends of the interval are near the extremes: each has a chance of 1 in 27 as all of a sample.
    assert.equal(round(random.test.interval?.low ?? NaN), round(Math.min(...pairs)));
    assert.equal(round(random.test.interval?.high ?? NaN), round(Math.max(...pairs)));
  });

  test('are summarised for programs', async () => {
    const { stdout } = await glit(folder, 'ablate', '--from', fixtures, '--out', 'gathered', '--json');
    const { studies, ...files } = JSON.parse(stdout) as { studies: { rows: { values: unknown }[] }[] };
    assert.deepEqual(files, {
      type: 'result',
      folder: 'gathered',
      report: join('gathered', 'ablation.md'),
      numbers: join('gathered', 'ablation.json'),
    });
    const written = JSON.parse(text('gathered', 'ablation.json')) as { studies: typeof studies };
    assert.deepEqual(studies[0].rows, written.studies[0].rows);
  });

  test('are written as Markdown and SVG', () => {
    const report = text('gathered', 'ablation.md');
    assert.match(report, /^\| DeiT at the limit +\| 3 \| +[\d.]+ ± [\d.]+ % \|/m);
    assert.match(
      report,
      /^\| both levels \(GLiT\) − DeiT at the limit +\| 3 \| +[+−][\d.]+ \| [+−][\d.]+ to [+−][\d.]+ \|$/m,
    );
    assert.ok(report.includes('](ablation-warmer-disc-smoke.svg)'));
    const svg = text('gathered', 'ablation-warmer-disc-smoke.svg');
    for (const part of ['DeiT at the limit', 'random search, same cost', 'test accuracy, %', 'seeds 0, 1, 2'])
      assert.ok(svg.includes(part), part);
  });

  test('show the name of the images as text', () => {
    const studies = studiesOf('gathered').map((study) => ({ ...study, dataset: { ...study.dataset, name: '<b>_\n' } }));
    const report = formatStudies(studies);
    assert.match(report, /^## \\<b\\>\\_\ufffd, preset smoke$/m);
    assert.match(report, /Of \\<b\\>\\_\ufffd's 5 classes/);
  });

  test('keep seeds with other settings apart', async () => {
    const name = 'warmer-disc-smoke-seed0.json';
    mkdirSync(join(folder, 'mixed'));
    for (const each of readdirSync(fixtures)) cpSync(join(fixtures, each), join(folder, 'mixed', each));
    const other = JSON.parse(text('mixed', name)) as SeedResult & { config: { search: { population: number } } };
    other.config.search.population += 1;
    writeText(join(folder, 'mixed'), 'z.json', JSON.stringify(other));
    writeText(join(folder, 'mixed'), 'trust.json', '{ "kind": "something else" }');
    const { code, stderr } = await glit(folder, 'ablate', '--from', 'mixed', '--quiet');
    assert.equal(code, 0, stderr);
    const counts = studiesOf('mixed').map(({ seeds, differsIn }) => [seeds.length, differsIn]);
    assert.deepEqual(counts.toSorted(), [
      [1, 'search.population'],
      [3, undefined],
    ]);
    assert.ok(text('mixed', 'ablation.md').includes('](ablation-warmer-disc-smoke-2.svg)'));
  });

  test('refuse damaged files and the same seed twice', async () => {
    const good = readFileSync(join(fixtures, 'warmer-disc-smoke-seed0.json'), 'utf8');
    for (const [broken, message] of [
      [good.slice(0, -20), /a\.json cannot be read as JSON/],
      [good.replace(/"test": 0\.\d+/, '"test": 7'), /a\.json: rows\.\S+\.test is 7/],
      [good, /there are two files for seed 0 of warmer-disc with preset smoke; keep one/],
    ] as const) {
      rmSync(join(folder, 'damaged'), { recursive: true, force: true });
      writeText(join(folder, 'damaged'), 'a.json', broken);
      writeText(join(folder, 'damaged'), 'b.json', good);
      const { code, stderr } = await glit(folder, 'ablate', '--from', 'damaged');
      assert.equal(code, 2, stderr);
      assert.match(stderr, new RegExp(`^glit: .*${message.source}.*\n$`));
    }
  });
});
