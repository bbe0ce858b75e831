import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RunResult } from '../src/run/results/report.js';
import { readJournal } from '../src/telemetry/journal.js';
import { glit, interruptedGlit, makePhotos, TINY, type Ended } from './support/commandLine.js';
import { assertSameResult } from './support/runFolders.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-front-'));
const bytes = (...names: readonly string[]): Buffer => readFileSync(join(folder, ...names));
const text = (...names: readonly string[]): string => bytes(...names).toString();
after(() => rmSync(folder, { recursive: true }));

interface Row {
  readonly stage: string;
  readonly method: string;
  readonly id: number;
  readonly fitness: number;
  readonly macs: number;
  readonly isOnFront: boolean;
}

/** The rows of candidates.csv; the columns that are read here hold no commas. */
function rowsOf(run: string): Row[] {
  const [header, ...rows] = text(run, 'candidates.csv').trimEnd().split('\n');
  const at = (name: string): number => header.split(',').indexOf(name);
  return rows
    .map((row) => row.split(','))
    .map((cells) => ({
      stage: cells[at('stage')],
      method: cells[at('method')],
      id: Number(cells[at('id')]),
      fitness: Number(cells[at('fitness')]),
      macs: Number(cells[at('macs')]),
      isOnFront: cells[at('front')] === 'yes',
    }));
}

describe('a run for accuracy and MACs', () => {
  // Few steps, so that accuracies differ; a limit above all networks.
  const args = [
    'run',
    '--data',
    'photos',
    ...TINY,
    '--set',
    'supernet.steps=16',
    '--objective',
    'accuracy',
    '--objective',
    'macs',
  ];
  const settings = [
    '--max-macs',
    '1G',
    '--compare-random',
    '--no-baselines',
    '--seed',
    '6',
    '--population',
    '10',
    '--separate',
  ];
  const command = [...args, ...settings, '--retrain-front', '2'];
  let whole: Ended;
  before(async () => {
    await makePhotos(join(folder, 'photos'));
    whole = await glit(folder, ...command, '--out', 'whole');
  });

  test('draws from the whole budget, not only near its limit', async () => {
    const checked = (await readJournal(join(folder, 'whole', 'journal.jsonl'))).filter(
      (entry) => entry.type === 'spaceChecked',
    );
    assert.ok(checked.length > 0);
    for (const { budget } of checked) assert.deepEqual(budget, { macs: { max: 1e9 } });
  });

  test('marks the front of every search among the candidates', () => {
    assert.equal(whole.code, 0, whole.stderr);
    const rows = rowsOf('whole');
    assert.deepEqual([...new Set(rows.map(({ method }) => method))], ['nsga2', 'random']);
    for (const { isOnFront, ...row } of rows) {
      const rivals = rows.filter(({ stage, method }) => stage === row.stage && method === row.method);
      const isBeaten = rivals.some(
        ({ fitness, macs }) => fitness >= row.fitness && macs <= row.macs && (fitness > row.fitness || macs < row.macs),
      );
      assert.equal(isOnFront, !isBeaten, JSON.stringify(row));
    }
  });

  test('reports the front with its costs, its hypervolume and the reference point', () => {
    const { front } = JSON.parse(text('whole', 'result.json')) as RunResult;
    const marked = rowsOf('whole').filter(
      ({ stage, method, isOnFront }) => stage === 'search-low' && method === 'nsga2' && isOnFront,
    );
    assert.deepEqual(front?.networks.map(({ name }) => name).sort(), marked.map(({ id }) => `glit-${id}`).sort());
    const { nsga2, random } = front?.hypervolume ?? {};
    for (const volume of [nsga2, random]) assert.ok(volume !== undefined && volume > 0 && volume < 1, `${volume}`);
    const report = text('whole', 'report.md');
    assert.match(report, /^## Front$/m);
    for (const { id } of marked)
      assert.match(report, new RegExp(`^\\| glit-${id} +\\| +\\d+\\.\\d\\d % \\| +[\\d.]+ [kM] \\|$`, 'm'));
    assert.ok(report.includes(`Hypervolume: **${nsga2?.toFixed(4)}** (random search: ${random?.toFixed(4)})`), report);
    assert.match(report, /the reference point, 0 % accuracy and [\d.]+ [kM] MACs/);
  });

  test('draws the front among all candidates of the last level, and shows it in the report', () => {
    const section = text('whole', 'report.md')
      .split(/^## /m)
      .find((each) => each.startsWith('Front\n'));
    assert.match(section ?? '', /!\[.+\]\(front\.svg\)[^]*Hypervolume:/);
    const { front } = JSON.parse(text('whole', 'result.json')) as RunResult;
    const rows = rowsOf('whole').filter(({ stage }) => stage === 'search-low');
    const svg = text('whole', 'front.svg');
    assert.equal(svg.match(/ecmeta_ssr_type="chart"/g)?.length, rows.length + (front?.networks.length ?? 0));
    for (const part of [
      'Front of the search: photos, low level',
      `on the front in accuracy and MACs: ${front?.networks.length} of ${rows.filter(({ method }) => method === 'nsga2').length} candidates`,
      'fitness: accuracy with inherited weights (%)',
      'MACs (k)',
      'candidates of the search',
      'drawn at random',
      '>front<',
    ])
      assert.ok(svg.includes(part), part);
  });

  test('trains networks spread over the front, and compares all of them', () => {
    const { comparison, finalists, front } = JSON.parse(text('whole', 'result.json')) as RunResult;
    const count = Math.min(2, front?.networks.length ?? 0);
    assert.ok(count > 1, 'the front has one network; choose another seed');
    assert.equal(finalists.length, count);
    const names = comparison.map(({ name }) => name);
    assert.equal(names[0], 'GLiT, found');
    assert.equal(names.length, count);
    const onFront = front?.networks.map(({ name }) => `front, ${name}`) ?? [];
    assert.ok(
      names.slice(1).every((name) => onFront.includes(name)),
      names.join('; '),
    );
    const macs = comparison.map((row) => row.macs);
    const all = front?.networks.map(({ measures }) => measures.macs) ?? [];
    assert.deepEqual([Math.min(...macs), Math.max(...macs)], [Math.min(...all), Math.max(...all)]);
    for (const name of names) assert.ok(whole.stdout.includes(`| ${name}`), name);
  });

  test('ends the same as a search that was interrupted and resumed, and a retraining', async () => {
    const ofSearch = settings.filter((each) => each !== '--no-baselines');
    const when = ({ type, done }: Readonly<Record<string, unknown>>): boolean =>
      type === 'candidateEvaluated' && Number(done) > 14;
    const stopped = await interruptedGlit(folder, ['search', ...args.slice(1), ...ofSearch, '--out', 'halves'], when);
    assert.equal(stopped.code, 130, stopped.stderr);
    const searched = await glit(folder, 'search', '--resume', 'halves');
    assert.equal(searched.code, 0, searched.stderr);
    assert.match(searched.stdout, /^front {7}\d+ networks?, hypervolume 0\.\d{4}$/m);
    assert.match(searched.stdout, /^picture {5}halves.front\.svg$/m);
    const retrained = await glit(folder, 'retrain', 'halves', '--no-baselines', '--retrain-front', '2', '--quiet');
    assert.equal(retrained.code, 0, retrained.stderr);
    assertSameResult(join(folder, 'halves'), join(folder, 'whole'));
    assert.ok(bytes('halves', 'front.svg').equals(bytes('whole', 'front.svg')));
    assert.deepEqual(
      (JSON.parse(text('halves', 'result.json')) as RunResult).comparison,
      (JSON.parse(text('whole', 'result.json')) as RunResult).comparison,
    );
  });
});
