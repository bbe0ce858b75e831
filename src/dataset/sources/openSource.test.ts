import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { numbered, temporaryFolder, writeImages } from '../../../test/support/imageFiles.js';
import {
  cifar10Files,
  cifarRecords,
  idx,
  mnistFiles,
  parquet,
  pax,
  pngs,
  samples,
  tar,
  writeFiles,
} from '../../../test/support/sourceFiles.js';
import { Interrupted } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { decoderInput } from '../encodedBytes.js';
import { evaluationLoader } from '../../loader/loader.js';
import { imageName, isStored, storedImage } from '../source.js';
import type { ImageSource } from '../source.js';
import { Cache } from './cache.js';
import { findSource, openSource } from './openSource.js';

const base = temporaryFolder();
const cache = new Cache(path.join(base, 'cache'));
const at = (name: string): string => path.join(base, name);
const find = (name: string): ReturnType<typeof findSource> => findSource(at(name), { cache });

/** The values of image `index` of a stored source. */
function pixels(source: ImageSource, index: number): number[] {
  assert.ok(isStored(source));
  return [...storedImage(source.store, source.rows[index]).pixels];
}

/** The encoded bytes of every image. */
async function encoded(source: ImageSource): Promise<(string | Buffer)[]> {
  assert.ok(!isStored(source));
  return Promise.all(Array.from(source.labels, (_, index) => decoderInput(source.encoded(index))));
}

describe('openSource', () => {
  test('opens class folders as openImageFolder does, with or without a test split', async () => {
    await writeImages(at('folder'), [...numbered('a', 10), ...numbered('b', 5)]);
    const { name, classes, train, test: testing, notices } = await openSource(at('folder'), { rng: seeded(1), cache });
    assert.deepEqual([name, classes], ['folder', ['a', 'b']]);
    assert.deepEqual([train.labels.length, testing.labels.length], [12, 3]);
    assert.match(notices[0], /has no test split: 3 of its 15 images/);
    assert.equal((await find('folder')).format, 'image folder');
    assert.equal((await find('folder')).test, undefined);
  });

  test('opens a set of more class folders than it looks into', async () => {
    const files = Array.from({ length: 80 }, (_, index) => `${index}/1.png`);
    writeFiles(at('many'), Object.fromEntries(files.map((file) => [file, ''])));
    assert.equal((await find('many')).classes.length, 80);
  });

  test('ignores pictures and texts beside the files, and archives in class folders', async () => {
    writeFiles(at('beside'), { ...mnistFiles(), 'logo.png': '', 'README.md': '', '.git/x': '' });
    assert.equal((await find('beside')).format, 'IDX');
    writeFiles(at('left'), { 'a/1.png': '', 'a/a.tar': '', 'b/1.png': '', 'b/b.tar': '' });
    assert.equal((await find('left')).format, 'image folder');
  });

  test('reports a class without images unless those are allowed', async () => {
    writeFiles(at('hollow'), { 'train/a/1.png': '', 'train/b/notes.txt': '', 'test/a/1.png': '', 'test/b/1.png': '' });
    await assert.rejects(find('hollow'), /the class folder .*train.b has no image/);
    const { train } = await findSource(at('hollow'), { cache, emptyClasses: true });
    assert.deepEqual([...train.source.labels], [0]);
  });
});

describe('CIFAR', () => {
  test('10: five batches in order, names, planes as they are', async () => {
    writeFiles(at('c10/cifar-10-batches-bin'), cifar10Files());
    const { format, classes, train, test: testing } = await find('c10');
    assert.equal(format, 'CIFAR-10 binary');
    assert.deepEqual(classes, ['airplane', 'automobile']);
    assert.deepEqual([...train.source.labels], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    assert.deepEqual([...(testing?.source.labels ?? [])], [1, 0]);
    assert.deepEqual(new Set(pixels(train.source, 3)), new Set([5]));
  });

  test('100: the fine labels and their names', async () => {
    const image = Buffer.from(Array.from({ length: 3072 }, (_, index) => index % 251));
    writeFiles(at('c100'), {
      'train.bin': Buffer.concat([cifarRecords([[9, 1]]), Buffer.from([9, 0]), image]),
      'test.bin': cifarRecords([[9, 0]]),
      'fine_label_names.txt': 'apple\r\nbee\r\n',
      'coarse_label_names.txt': 'x\n',
    });
    const { classes, train } = await find('c100');
    assert.deepEqual(classes, ['apple', 'bee']);
    assert.deepEqual([...train.source.labels], [1, 0]);
    assert.deepEqual(pixels(train.source, 1), [...image]);
  });
});

describe('IDX', () => {
  const expected = (image: number): number[] =>
    [0, 1, 2].flatMap(() => Array.from({ length: 9 }, (_, pixel) => 16 * image + pixel));

  test('gives grey images in three channels and the labels that occur', async () => {
    writeFiles(at('mnist'), mnistFiles());
    const { classes, train, test: testing } = await find('mnist');
    assert.deepEqual(classes, ['3', '7']);
    assert.deepEqual([...train.source.labels], [1, 0, 0, 1]);
    assert.deepEqual([...(testing?.source.labels ?? [])], [0, 1]);
    for (const image of [0, 1, 3]) assert.deepEqual(pixels(train.source, image), expected(image));
  });

  test('is read packed, with a dot for a hyphen, and with a set before the names', async () => {
    const files = Object.entries(mnistFiles());
    writeFiles(at('emnist/raw'), {
      ...Object.fromEntries(files.map(([name, bytes]) => [`emnist-letters-${name}.gz`, gzipSync(bytes)])),
    });
    assert.deepEqual(pixels((await find('emnist')).train.source, 3), expected(3));
    writeFiles(at('dots'), Object.fromEntries(files.map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes])));
    assert.deepEqual(pixels((await find('dots')).train.source, 3), expected(3));
  });

  test('does not depend on how a stream is chunked', async () => {
    const count = 3000;
    const values = Uint8Array.from({ length: count * 49 }, (_, index) => (index * 31) % 256);
    writeFiles(at('larger'), {
      ...mnistFiles(),
      'train-images-idx3-ubyte': idx([count, 7, 7], values),
      'train-labels-idx1-ubyte': idx(
        [count],
        Uint8Array.from({ length: count }, (_, index) => 3 + 4 * (index % 2)),
      ),
    });
    const { train } = await find('larger');
    for (const image of [0, 1337, 1338, 2999]) {
      const plane = [...values.subarray(49 * image, 49 * image + 49)];
      assert.deepEqual(pixels(train.source, image), [...plane, ...plane, ...plane]);
    }
  });
});

describe('tar shards', () => {
  test('give their images in place, by shard and order, with classes by number', async () => {
    const members = await samples([10, 2, 10, 2]);
    writeFiles(at('shards'), {
      'train-001.tar': tar(members.slice(4)),
      'train-000.tar': tar(members.slice(0, 4)),
      'val-000.tar': tar(members),
    });
    const { format, classes, train, test: testing, notices } = await find('shards');
    assert.equal(format, 'WebDataset tar shards');
    assert.deepEqual(classes, ['2', '10']);
    assert.deepEqual([...train.source.labels], [1, 0, 1, 0]);
    assert.equal(testing?.source.labels.length, 4);
    assert.deepEqual(await encoded(train.source), await pngs(4));
    assert.ok(!isStored(train.source));
    assert.equal(imageName(train.source.encoded(2)), `${at('shards/train-001.tar')}: 0002.png`);
    assert.deepEqual(notices, []);
  });

  test('take classes from names, JSON, and files beside them; samples may be interleaved', async () => {
    const [a, b] = await pngs(2);
    writeFiles(at('named/train'), {
      'x.tar': tar([
        { name: './1.JPG', body: a },
        { name: './deep/1.seg.png', body: b },
        { name: './2.jpg', body: b },
        { name: './1.cls', body: 'dog\n' },
        { name: './2.cls.txt', body: 'cat' },
        { name: './._2.jpg', body: 'left by a Mac' },
        { name: './deep', type: '5' },
        { name: 'meta.json', body: '{}' },
      ]),
    });
    const named = await find('named');
    assert.deepEqual(named.classes, ['cat', 'dog']);
    assert.deepEqual([...named.train.source.labels], [1, 0]);
    writeFiles(at('json'), {
      'classnames.txt': 'tench\nshark\n\n',
      'a.tar': tar([
        { name: '1.jpg', body: a },
        { name: '1.json', body: '{"label": 1, "caption": "a shark"}' },
        { name: '2.jpg', body: b },
        { name: '2.json', body: '{"cls": "0"}' },
        { name: '2.txt', body: 'a tench' },
      ]),
    });
    const { classes, train, test: none } = await find('json');
    assert.deepEqual(classes, ['tench', 'shark']);
    assert.deepEqual([...train.source.labels], [1, 0]);
    assert.equal(none, undefined);
    const { train: one } = await find('json/a.tar');
    assert.equal(one.source.labels.length, 2, 'one shard is a set, too');
  });

  test('are read with long names: ustar, pax and GNU', async () => {
    const [a, b, c] = await pngs(3);
    const long = `${'folder/'.repeat(30)}é`;
    writeFiles(at('long'), {
      'train.tar': tar([
        { name: 'file.jpg', prefix: 'folder/'.repeat(20), body: a },
        { name: 'file.cls', prefix: 'folder/'.repeat(20), body: 'a' },
        { name: 'pax', type: 'g', body: pax('comment', 'of no interest') },
        { name: 'pax', type: 'x', body: pax('mtime', '1.5') + pax('path', `${long}1.jpg`) },
        { name: 'short', body: b },
        { name: 'pax', type: 'x', body: pax('path', `${long}1.cls`) },
        { name: 'short', body: 'b' },
        { name: '././@LongLink', type: 'L', body: `${long}2.jpg\0` },
        { name: 'short', body: c },
        { name: '2.cls', body: 'b' },
        { name: '././@LongLink', type: 'L', body: `${long}2.cls\0` },
        { name: 'short', body: 'a' },
        { name: 'link', type: '2' },
      ]),
    });
    const { train } = await find('long');
    assert.deepEqual([...train.source.labels], [0, 1, 0]);
    assert.deepEqual(await encoded(train.source), [a, b, c]);
    assert.ok(!isStored(train.source));
    assert.match(imageName(train.source.encoded(1)), /folder\/é1\.jpg$/);
  });

  test('give batches in worker threads, with errors that name the member', async () => {
    const members = await samples([0, 1, 0, 1]);
    members[3] = { name: '0001.png', body: 'no image' };
    writeFiles(at('work'), { 'train-0.tar': tar(members) });
    const named: string[] = [];
    const { train } = await find('work');
    const loader = evaluationLoader(train.source, {
      imageSize: 8,
      batchSize: 4,
      workers: 1,
      onUnreadable: ({ file }) => named.push(file),
    });
    const sizes: number[] = [];
    for await (const batch of loader.epoch(0)) sizes.push(batch.size);
    await loader.close();
    assert.deepEqual(sizes, [3]);
    assert.deepEqual(named, [`${at('work/train-0.tar')}: 0001.png`]);
  });
});

describe('Parquet', () => {
  test('gives the images of a Hugging Face set and its class names, copied once', async () => {
    const images = await pngs(5);
    const names = ['cat', 'dog', 'eel'];
    writeFiles(at('hf/data'), {
      'train-00000-of-00002.parquet': parquet(images.slice(0, 3), [0, 1, 2], { names, rowGroupSize: 2 }),
      'train-00001-of-00002.parquet': parquet(images.slice(3), [2, 0], { names, codec: 'UNCOMPRESSED' }),
      'validation-00000-of-00001.parquet': parquet(images.slice(0, 1), [1], { names }),
    });
    const { format, classes, train, test: testing } = await find('hf');
    assert.equal(format, 'Parquet');
    assert.deepEqual(classes, names);
    assert.deepEqual([...train.source.labels], [0, 1, 2, 2, 0]);
    assert.deepEqual([...(testing?.source.labels ?? [])], [1]);
    assert.deepEqual(await encoded(train.source), images);
    assert.ok(!isStored(train.source));
    assert.equal(imageName(train.source.encoded(4)), `${at('hf/data/train-00001-of-00002.parquet')}: row 1`);

    const copies = readdirSync(cache.folder).sort();
    assert.deepEqual(await encoded((await find('hf')).train.source), images);
    assert.deepEqual(readdirSync(cache.folder).sort(), copies, 'nothing is copied again');
    const file = at('hf/data/validation-00000-of-00001.parquet');
    writeFiles(at('hf/data'), { [path.basename(file)]: parquet(images.slice(1, 2), [2], { names }) });
    await utimes(file, 1e9, 1e9);
    const changed = (await find('hf')).test;
    assert.deepEqual([...(changed?.source.labels ?? [])], [2]);
    assert.deepEqual(changed && (await encoded(changed.source)), [images[1]]);
  });

  test('takes plain bytes, other names of columns, text labels, a row without an image', async () => {
    const [a, b] = await pngs(2);
    writeFiles(at('plain'), {
      'train.parquet': parquet([a, null, b], ['x', 'y', 'y'], {
        plain: true,
        imageColumn: 'img',
        labelColumn: 'class',
      }),
    });
    const { classes, train } = await find('plain');
    assert.deepEqual(classes, ['x', 'y']);
    assert.ok(!isStored(train.source));
    assert.equal(await decoderInput(train.source.encoded(2)).then((bytes) => b.equals(bytes as Buffer)), true);
    await assert.rejects(decoderInput(train.source.encoded(1)), /no bytes/);
  });

  test('of one split is a whole set of its own if asked for', async () => {
    const images = await pngs(2);
    writeFiles(at('part'), {
      'test-0.parquet': parquet(images, [0, 1]),
      'test-0.tar': tar(await samples([0, 1])),
    });
    for (const file of ['test-0.parquet', 'test-0.tar']) {
      await assert.rejects(find(`part/${file}`), /but no training files/);
      const { train, test: testing } = await findSource(at(`part/${file}`), { cache, whole: true });
      assert.deepEqual([[...train.source.labels], testing], [[0, 1], undefined]);
    }
  });

  test('passes a test split without labels over for the validation split', async () => {
    const images = await pngs(2);
    const names = ['a', 'b'];
    writeFiles(at('unlabelled'), {
      'train-0.parquet': parquet(images, [0, 1], { names }),
      'test-0.parquet': parquet(images, [-1, -1], { names }),
      'validation-0.parquet': parquet(images, [1, 0], { names }),
    });
    const { test: testing, notices } = await find('unlabelled');
    assert.deepEqual([...(testing?.source.labels ?? [])], [1, 0]);
    assert.match(notices[0], /test-0\.parquet has no labels: the test images come from .*validation-0/);
  });

  test('stops on request, and leaves no partial files', async () => {
    const images = await pngs(2);
    writeFiles(at('stop'), { 'train.parquet': parquet(images, [0, 1]) });
    const own = new Cache(at('stop-cache'));
    await mkdir(own.folder);
    const controller = new AbortController();
    const opening = findSource(at('stop'), { cache: own, signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 20);
    await assert.rejects(opening, Interrupted);
    assert.deepEqual(readdirSync(own.folder), []);
  });
});
