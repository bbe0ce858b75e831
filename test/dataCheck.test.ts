import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { DataReport } from '../src/loader/dataCheck.js';
import { glit, interruptedGlit, makePhotos, writeText } from './support/commandLine.js';
import { cifar10Files, mnistFiles, parquet, pngs, samples, tar, writeFiles } from './support/sourceFiles.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-check-'));
before(async () => {
  process.env['GLIT_CACHE'] = join(folder, 'cache');
  await makePhotos(join(folder, 'photos'), 6);
});
after(() => {
  rmSync(folder, { recursive: true });
});

interface Checked {
  readonly code: number | null;
  readonly report: DataReport & { readonly ok: boolean };
}

async function check(name: string): Promise<Checked> {
  const { code, stdout, stderr } = await glit(folder, 'data', 'check', name, '--json', '--quiet');
  assert.equal(stderr, '');
  return { code, report: JSON.parse(stdout) as Checked['report'] };
}

describe('glit data check', () => {
  test('has help with examples, below glit data', async () => {
    for (const args of [['data'], ['data', 'check']]) {
      const { code, stdout } = await glit(folder, ...args, '--help');
      assert.equal(code, 0);
      assert.match(stdout, /Examples:\n {2}# .+\n {2}\$ glit data check/);
    }
  });

  test('finds nothing wrong with a good set: exit code 0', async () => {
    const { code, stdout, stderr } = await glit(folder, 'data', 'check', 'photos');
    assert.equal(stderr, '');
    assert.match(stdout, /^check: 18 images$/m);
    assert.match(stdout, /^photos: image folder, 3 classes$/m);
    assert.match(stdout, /^train +18 images, 6 in each class$/m);
    assert.match(stdout, /^sizes +10 × 10 to 12 × 10, median 11 × 10$/m);
    assert.match(stdout, /^channels +18 RGB$/m);
    assert.match(stdout, /^ {2}green +6$/m);
    assert.match(stdout, /\nno problems found\n$/);
    assert.equal(code, 0);
  });

  test('finds unreadable images, duplicates in and between splits, an empty class and imbalance: exit code 1', async () => {
    const set = join(folder, 'bad');
    for (const split of ['train', 'test']) cpSync(join(folder, 'photos'), join(set, split), { recursive: true });
    // The same photos in both splits, except the red ones, two of which are replaced.
    rmSync(join(set, 'test', 'green'), { recursive: true });
    mkdirSync(join(set, 'test', 'green'));
    rmSync(join(set, 'test', 'blue'), { recursive: true });
    for (const name of ['00', '01', '02', '03', '04']) rmSync(join(set, 'test', 'red', `${name}.png`));
    writeFiles(join(set, 'test', 'blue'), { 'new.png': (await pngs(1, 5))[0], 'same.png': (await pngs(1, 5))[0] });
    copyFileSync(join(set, 'train', 'red', '01.png'), join(set, 'train', 'green', 'copy.png'));
    const cut = readFileSync(join(set, 'train', 'blue', '03.png'));
    writeFileSync(join(set, 'train', 'blue', '03.png'), cut.subarray(0, cut.length - 30));
    writeText(join(set, 'train', 'blue'), '04.jpg', 'no image');
    writeText(join(set, 'train', 'blue'), '05.png', '');

    const { code, report } = await check('bad');
    assert.equal(code, 1);
    assert.equal(report.ok, false);
    const at = (...parts: string[]): string => join('bad', ...parts);
    const absolute = (...parts: string[]): string => join(folder, at(...parts));
    assert.deepEqual(
      report.unreadable.map(({ file }) => file),
      ['03.png', '04.jpg', '05.png'].map((name) => absolute('train', 'blue', name)),
    );
    assert.match(report.unreadable[2].reason, /it is empty or no image/);
    assert.deepEqual(report.trainInTest, [
      { first: absolute('train', 'red', '05.png'), second: absolute('test', 'red', '05.png'), differentClasses: false },
    ]);
    assert.deepEqual(report.withinTrain, [
      {
        first: absolute('train', 'green', 'copy.png'),
        second: absolute('train', 'red', '01.png'),
        differentClasses: true,
      },
    ]);
    assert.equal(report.withinTest.length, 1);
    assert.deepEqual(report.train.perClass, [7, 7, 6]);
    assert.deepEqual(report.test?.perClass, [2, 0, 1]);
    assert.equal(report.imbalance, 7 / 6);
    assert.deepEqual(report.problems, [
      '3 images cannot be read',
      '1 image of the test split is in the training split, too',
      'class "green" has no test image',
    ]);

    const { stdout } = await glit(folder, 'data', 'check', 'bad', '--quiet');
    assert.match(stdout, /^unreadable \(3\):\n {2}.*blue.03\.png: /m);
    assert.match(stdout, /^in train and test \(1\):\n {2}.*test.red.05\.png is .*train.red.05\.png$/m);
    assert.match(stdout, /, in another class$/m);
    assert.match(stdout, /^problem: class "green" has no test image$/m);
  });

  test('reads every format, unreadable members named', async () => {
    const [a, b] = await pngs(2);
    const members = await samples([0, 1, 0]);
    writeFiles(join(folder, 'cifar'), cifar10Files());
    writeFiles(join(folder, 'mnist'), mnistFiles());
    writeFiles(join(folder, 'shards'), {
      'train-0.tar': tar([...members, { name: 'x.jpg', body: 'no image' }, { name: 'x.cls', body: '1' }]),
    });
    writeFiles(join(folder, 'table'), { 'train.parquet': parquet([a, b, null], [0, 1, 0], { names: ['x', 'y'] }) });
    const cifar = await check('cifar');
    assert.deepEqual([cifar.code, cifar.report.format, cifar.report.channels], [0, 'CIFAR-10 binary', { grey: 12 }]);
    const mnist = await check('mnist');
    assert.deepEqual([mnist.code, mnist.report.format, mnist.report.channels], [1, 'IDX', { grey: 6 }]);
    assert.deepEqual(mnist.report.trainInTest[0], {
      first: 'training image 0',
      second: 'test image 0',
      differentClasses: true,
    });
    const shards = await check('shards');
    assert.equal(shards.code, 1);
    assert.match(shards.report.unreadable[0].file, /train-0\.tar: x\.jpg$/);
    const table = await check('table');
    assert.deepEqual([table.code, table.report.format, table.report.classes], [1, 'Parquet', ['x', 'y']]);
    assert.match(table.report.unreadable[0].file, /train\.parquet: row 2$/);
  });

  for (const [what, args, line] of [
    ['no folder', [], /missing required argument 'folder'/],
    ['a folder that does not exist', ['nowhere'], /nowhere does not exist/],
    ['an unknown option', ['photos', '--jsn'], /unknown option '--jsn'/],
    ['what is no data set', ['cache-less'], /cache-less is empty: give a folder/],
  ] as const) {
    test(`${what}: one line, exit code 2`, async () => {
      mkdirSync(join(folder, 'cache-less'), { recursive: true });
      const { code, stdout, stderr } = await glit(folder, 'data', 'check', ...args);
      assert.equal(stdout, '');
      assert.match(stderr, /^glit: .*\n$/);
      assert.match(stderr, line);
      assert.equal(code, 2);
    });
  }

  test('ends at once when it is interrupted', async () => {
    await makePhotos(join(folder, 'more'), 700);
    const started = ({ type }: Readonly<Record<string, unknown>>): boolean => type === 'stageProgress';
    const { code, stderr, seconds } = await interruptedGlit(folder, ['data', 'check', 'more'], started);
    assert.equal(code, 130, stderr);
    assert.ok(seconds < 2, `${seconds} s`);
  });
});
