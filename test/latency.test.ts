import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatLatencyTable, parseLatencyTable, type LatencyTable } from '../src/measure/latencyTable.js';
import { readJournal } from '../src/telemetry/journal.js';
import { glit, interruptedGlit, makePhotos, TINY } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-latency-'));
const text = (...names: readonly string[]): string => readFileSync(join(folder, ...names), 'utf8');
const write = (name: string, table: LatencyTable): void => writeFileSync(join(folder, name), formatLatencyTable(table));
after(() => rmSync(folder, { recursive: true }));

const QUICK = ['--repeats', '2', '--warmup', '1', '--threads', '1'];
const SMALL = ['--space', 'high', '--near-limit', '1', '--top', '2', '--set', 'retrain.halving=null'];
const RUN = ['run', '--data', 'photos', ...TINY, ...SMALL, '--no-baselines', '--seed', '3', '--threads', '1'];

async function measuredIn(run: string): Promise<readonly { readonly name: string; readonly milliseconds: number }[]> {
  const journal = await readJournal(join(folder, run, 'journal.jsonl'));
  return journal.flatMap((entry) => (entry.type === 'latencyMeasured' ? [entry] : []));
}

describe('a limit on latency', () => {
  let table: LatencyTable;
  before(async () => {
    await makePhotos(join(folder, 'photos'));
    const { code, stdout, stderr } = await glit(
      folder,
      ...['latency', 'measure', ...TINY, '--space', 'high', '--classes', '3', ...QUICK],
      ...['--out', join('tables', 'latency.json')],
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /predicted from the table +[\d.]+ % within ±10 %; error: median .* 95th percentile/);
    assert.match(stdout, /the same for all networks .*\n.*measured a second time/);
    assert.match(stdout, /written to tables.latency\.json$/m);
    table = parseLatencyTable(text('tables', 'latency.json'), 'latency.json');
    renameSync(join(folder, 'tables', 'latency.json'), join(folder, 'latency.json'));
  });

  test('adds a column, keeps the table, and measures the finalists', async () => {
    const args = [...RUN, '--max-latency', '1s', '--latency-table', 'latency.json', '--out', 'limited'];
    const { code, stdout, stderr } = await glit(folder, ...args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /high level: 64 candidates with .* MACs.* ms latency.* memory; budget: latency .*to 1\.000 s/);
    assert.match(stdout, /^latency of glit-\d+: .* measured, .* predicted$/m);
    assert.match(text('limited', 'candidates.csv'), /^.*,fitness,loss,macs,parameters,latency,memory,front,blocks\n/);
    assert.equal(text('limited', 'latency.json'), text('latency.json'));
    assert.match(
      text('limited', 'report.md'),
      /^- latency of glit-\d+: .* measured, .* predicted; within the limit of/m,
    );
    assert.ok((await measuredIn('limited')).length >= 1);

    const profiled = await glit(
      folder,
      ...['profile', join('limited', 'architecture.json'), '--latency-table', 'latency.json'],
    );
    assert.equal(profiled.code, 0, profiled.stderr);
    assert.match(profiled.stdout, /peak memory +latency$/m);
  });

  test('holds for the candidates of random search when measured, too', async () => {
    const compared = RUN.filter((option) => option !== '--no-baselines');
    const args = ['--max-latency', '1s', '--latency-table', 'latency.json', '--set', 'retrain.randomCandidates=2'];
    const { code, stderr } = await glit(folder, ...compared, ...args, '--out', 'compared', '--quiet');
    assert.equal(code, 0, stderr);
    const names = (await measuredIn('compared')).map(({ name }) => name).filter((name) => name.startsWith('random'));
    assert.deepEqual(names, ['random-0', 'random-1']);
    assert.match(text('compared', 'report.md'), /^- latency of random-1: .* measured, .* within the limit of/m);
  });

  test('does not need the file to resume, and does not measure a finalist twice', async () => {
    write('borrowed.json', table);
    const args = [...RUN, '--max-latency', '1s', '--latency-table', 'borrowed.json', '--out', 'stopped'];
    const stopped = await interruptedGlit(folder, args, ({ type }) => type === 'latencyMeasured');
    assert.equal(stopped.code, 130);
    rmSync(join(folder, 'borrowed.json'));
    const { code, stderr } = await glit(folder, 'run', '--resume', 'stopped');
    assert.equal(code, 0, stderr);
    const names = (await measuredIn('stopped')).map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.equal(text('stopped', 'candidates.csv'), text('limited', 'candidates.csv'));
  });

  test('holds for candidates that trust draws, by the table that the run has kept', async () => {
    const few = ['--candidates', '3', '--seeds', '1', '--steps', '2'];
    const { code, stderr } = await glit(folder, 'trust', 'stopped', ...few);
    assert.equal(code, 0, stderr);
    assert.match(text('stopped', 'trust', 'trust.json'), /"latency": /);
  });

  test('is not met by finalists that take longer, and resuming measures again', async () => {
    const optimistic = (value: number): number => value * 1e-6;
    write('optimistic.json', {
      ...table,
      trunk: optimistic(table.trunk),
      blocks: table.blocks.map((entry) => ({ ...entry, milliseconds: optimistic(entry.milliseconds) })),
    });
    const args = [...RUN, '--max-latency', '0.0005ms', '--latency-table', 'optimistic.json', '--out', 'slow'];
    const first = await glit(folder, ...args);
    assert.equal(first.code, 2);
    assert.match(
      first.stderr,
      /^glit: all 12 candidates take more than 0\.0005000 ms when measured, the fastest, glit-\d+, .*; resume .*higher limit$/m,
    );
    assert.equal((await measuredIn('slow')).length, 12);
    const again = await glit(folder, 'run', '--resume', 'slow');
    assert.equal(again.code, 2);
    assert.equal((await measuredIn('slow')).length, 24);
  });

  test('is not measured on another machine than the table’s, with a warning', async () => {
    write('elsewhere.json', { ...table, machine: { ...table.machine, cpu: 'Abacus' } });
    const args = [...RUN, '--max-latency', '1s', '--latency-table', 'elsewhere.json', '--out', 'elsewhere'];
    const { code, stderr } = await glit(folder, ...args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /warning: the latency table was measured on another machine \(Abacus\)/);
    assert.deepEqual(await measuredIn('elsewhere'), []);
  });

  const limited = (file: string, limit = '1s'): string[] => ['--max-latency', limit, '--latency-table', file];
  for (const [what, args, message] of [
    ['without a table', ['--max-latency', '1s'], /budget\.latency needs a table.*--latency-table FILE/],
    ['as a table alone', ['--latency-table', 'latency.json'], /neither bounded nor an objective; add --max-latency/],
    ['in other units', ['--max-latency', '20MB'], /--max-latency is "20MB"; give a number .*20ms/],
    ['with no such file', limited('none.json'), /the latency table none\.json cannot be read; write one/],
    ['with a file that is no table', limited('photos/red/00.png'), /00\.png is no latency table/],
    ['of another device', limited('webgpu.json'), /was measured on the device webgpu, but this run uses cpu/],
    [
      'of other threads',
      [...limited('latency.json'), '--threads', '2'],
      /measured with --threads 1, but this run has 2/,
    ],
    ['of another ONNX Runtime', limited('old.json'), /measured with ONNX Runtime 1\.0\.0, but this is/],
    [
      'of another backbone',
      [...limited('latency.json'), '--dim', '24'],
      /the latency table is for dim 12, but the network has 24/,
    ],
    ['of another depth', [...limited('latency.json'), '--depth', '4'], /for networks of 3 blocks, not of 4/],
    ['of another space', limited('nlp.json'), /is of the space "nlp" and has no block L3 /],
    [
      'out of reach',
      limited('latency.json', '0.000001ms'),
      /at most 0\.000001000 ms latency: .* reaches .* to .*; raise/,
    ],
  ] as const) {
    test(`${what} is refused in one line`, async () => {
      const { engine, blocks } = table;
      write('webgpu.json', { ...table, engine: { ...engine, device: 'webgpu' } });
      write('old.json', { ...table, engine: { ...engine, onnxruntime: '1.0.0' } });
      write('nlp.json', { ...table, space: 'nlp', blocks: blocks.filter(({ block }) => block.startsWith('G3')) });
      const { code, stderr } = await glit(folder, ...RUN, ...args, '--out', 'refused');
      assert.equal(code, 2, stderr);
      const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('glit: warning'));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0], message);
    });
  }

  test('leaves no table when measuring is interrupted', async () => {
    const args = ['latency', 'measure', ...TINY, '--repeats', '200', '--out', 'unfinished.json'];
    const { code, stderr } = await interruptedGlit(folder, args, ({ type }) => type === 'stageProgress');
    assert.equal(code, 130);
    assert.match(stderr, /interrupted; nothing was written/);
    assert.throws(() => text('unfinished.json'));
  });
});
