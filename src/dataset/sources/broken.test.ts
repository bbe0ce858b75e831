// A zoo of broken sources: each gives one line that says what was found.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parquetMetadata, type ColumnMetaData, type FileMetaData } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { temporaryFolder } from '../../../test/support/imageFiles.js';
import {
  cifar10Files,
  cifarRecords,
  idx,
  mnistFiles,
  parquet,
  pax,
  pngs,
  samples,
  sign,
  tar,
  writeFiles,
} from '../../../test/support/sourceFiles.js';
import { UserError } from '../../errors.js';
import { Cache } from './cache.js';
import { findSource } from './openSource.js';
import { findParquet } from './parquet.js';

const base = temporaryFolder();
const cache = new Cache(path.join(base, 'cache'));
mkdirSync(cache.folder);
const images = await pngs(4);
const good = await samples([0, 1]);
const goodTar = tar(good);
const names = ['cat', 'dog'];
const goodParquet = parquet(images, [0, 1, 0, 1], { names });

const textTable = Buffer.from(
  parquetWriteBuffer({
    columnData: [
      { name: 'text', data: ['a', 'b'], type: 'STRING' },
      { name: 'label', data: [0, 1], type: 'INT32' },
    ],
  }),
);

/** A Parquet file whose footer says something else. */
function withFooter(table: Buffer, change: (metadata: FileMetaData) => void): Buffer {
  const metadata = parquetMetadata(Uint8Array.from(table).buffer);
  const writer = new ByteWriter();
  change(metadata);
  writeMetadata(writer, metadata);
  return Buffer.concat([
    table.subarray(0, table.length - 8 - metadata.metadata_length),
    writer.getBytes(),
    Buffer.from('PAR1'),
  ]);
}

/** The column of images, the second one, in the first row group. */
function imagesIn({ row_groups: [group] }: FileMetaData): ColumnMetaData {
  const [, { meta_data: images }] = group.columns;
  assert.ok(images !== undefined);
  return images;
}

/** A Parquet file with megabytes of nothing, packed, whose first page of images, a megabyte, says that it unpacks to fewer or more bytes. */
function packedNothing(codec: 'SNAPPY' | 'GZIP', factor: number): Buffer {
  const blank = [1, 2, 3, 4].map((value) => Buffer.alloc(2 ** 20, value));
  const table = parquet(blank, [0, 1, 0, 1], { plain: true, codec });
  const { data_page_offset: begin } = imagesIn(parquetMetadata(Uint8Array.from(table).buffer));
  // Thrift: a field's number and type, then a zigzag number, seven bits a byte. The second field is the length after unpacking.
  const numberAt = (from: number): { readonly value: number; readonly end: number } => {
    let [value, at] = [0, from];
    for (let shift = 0; ; shift += 7) {
      value += (table[at] & 127) * 2 ** shift;
      if ((table[at++] & 128) === 0) return { value: value / 2, end: at };
    }
  };
  const from = numberAt(Number(begin) + 1).end + 1;
  const { value, end } = numberAt(from);
  assert.ok(value > 2 ** 20 && value < 1.1 * 2 ** 20, `${value}`);
  const other = 2 * Math.round(factor * value);
  const digits = Array.from({ length: end - from }, (_, at) => Math.floor(other / 128 ** at) % 128);
  return changed(
    table,
    from,
    digits.map((digit, at) => (at < digits.length - 1 ? digit | 128 : digit)),
  );
}

type Files = Readonly<Record<string, string | Uint8Array>>;

function without(files: Files, name: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([each]) => each !== name));
}

function changed(bytes: Uint8Array, at: number, to: readonly number[] | string): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(Buffer.from(to as string), at);
  return copy;
}

/** A tar with a changed first header and the matching checksum. */
function withHeader(at: number, to: readonly number[] | string): Buffer {
  const archive = changed(goodTar, at, to);
  sign(archive);
  return archive;
}

/** The defect, the files, the message. */
const zoo: readonly (readonly [what: string, files: Files, message: RegExp])[] = [
  ['an empty folder', { '.hidden': '' }, /is empty: give a folder with class folders of images, CIFAR/],
  ['only empty folders', { 'train/.keep': '' }, /train has no class folders: put the images/],
  ['two formats', { 'a.tar': goodTar, 'b.parquet': goodParquet }, /holds tar shards \(.*a\.tar\) and Parquet files/],
  ['images beside files that hold many', { ...mnistFiles(), 'a/1.png': '', 'b/1.png': '' }, /class folders of images/],
  ['two sets of one format', { 'x/train.bin': '', 'y/train.bin': '' }, /several sets of CIFAR-100 binary files/],
  ['only a test split of images', { 'test/a/1.png': '', 'test/b/1.png': '' }, /has test\/ but no train\//],
  ['a class folder without images', { 'a/1.png': '', 'b/1.txt': '' }, /class folder .*b has no image/],

  ['the Python version of CIFAR', { data_batch_1: '', 'batches.meta': '' }, /is the Python version of CIFAR: get the/],
  ['a missing CIFAR batch', without(cifar10Files(), 'data_batch_4.bin'), /but no data_batch_4\.bin: unpack/],
  ['CIFAR without its test batch', without(cifar10Files(), 'test_batch.bin'), /but no test_batch\.bin/],
  ['CIFAR without class names', without(cifar10Files(), 'batches.meta.txt'), /but no batches\.meta\.txt/],
  ['a cut CIFAR batch', { ...cifar10Files(), 'data_batch_2.bin': Buffer.alloc(4000) }, /has 4000 bytes, which is not/],
  ['an empty CIFAR batch', { ...cifar10Files(), 'data_batch_2.bin': '' }, /has 0 bytes, which is not a whole number/],
  [
    'a CIFAR label without a name',
    { ...cifar10Files(), 'data_batch_3.bin': cifarRecords([[0], [2]]) },
    /image 1 of .*data_batch_3\.bin has the label 2, but there are 2 classes/,
  ],
  [
    'CIFAR-100 in the shape of CIFAR-10',
    { 'train.bin': cifarRecords([[0], [1]]), 'test.bin': cifarRecords([[0]]), 'fine_label_names.txt': 'a\nb' },
    /train\.bin has 6146 bytes, which is not a whole number of images of 3074/,
  ],
  ['CIFAR class names twice', { ...cifar10Files(), 'batches.meta.txt': 'a\na\n' }, /is not a list of classes/],
  ['a CIFAR class without images', { ...cifar10Files(), 'batches.meta.txt': 'a\nb\nc' }, /no image of class "c"/],

  ['IDX without its labels', without(mnistFiles(), 'train-labels-idx1-ubyte'), /no train labels, train-labels-idx1/],
  [
    'IDX for training only',
    without(without(mnistFiles(), 't10k-images-idx3-ubyte'), 't10k-labels-idx1-ubyte'),
    /no test/,
  ],
  ['IDX of another magic', { ...mnistFiles(), 'train-images-idx3-ubyte': 'not an IDX file' }, /is not an IDX file/],
  [
    'IDX of floats',
    { ...mnistFiles(), 'train-labels-idx1-ubyte': changed(idx([1], Uint8Array.of(1)), 2, [13]) },
    /0x0d/,
  ],
  [
    'IDX images for labels',
    { ...mnistFiles(), 'train-labels-idx1-ubyte': idx([1, 1, 1], Uint8Array.of(1)) },
    /in 3 dim/,
  ],
  ['a cut IDX header', { ...mnistFiles(), 'train-images-idx3-ubyte': Buffer.from([0, 0, 8]) }, /is not an IDX file/],
  [
    'IDX that claims 2^31 images',
    { ...mnistFiles(), 'train-images-idx3-ubyte': idx([2 ** 31, 28, 28], new Uint8Array(784)) },
    /claims 2147483648 × 28 × 28 values, but it has 800 bytes: it is truncated/,
  ],
  [
    'packed IDX that claims 2^31 images',
    { ...mnistFiles(), 'train-images-idx3-ubyte': gzipSync(idx([2 ** 31, 28, 28], new Uint8Array(784))) },
    /claims .* bytes packed: it is truncated/,
  ],
  [
    'packed IDX that claims a little more than it holds',
    { ...mnistFiles(), 'train-images-idx3-ubyte': gzipSync(idx([4, 3, 3], new Uint8Array(35))) },
    /holds less than its header says/,
  ],
  [
    'packed IDX that holds a little more than it claims',
    { ...mnistFiles(), 'train-images-idx3-ubyte': gzipSync(idx([4, 3, 3], new Uint8Array(37))) },
    /holds more than its header says/,
  ],
  [
    'packed IDX that is cut',
    { ...mnistFiles(), 'train-images-idx3-ubyte': gzipSync(idx([4, 3, 3], new Uint8Array(36))).subarray(0, -9) },
    /cannot be unpacked \(Z_BUF_ERROR\)/,
  ],
  ['IDX of no images', { ...mnistFiles(), 'train-images-idx3-ubyte': idx([0, 3, 3], new Uint8Array(0)) }, /is empty/],
  [
    'fewer IDX images than labels',
    { ...mnistFiles(), 'train-images-idx3-ubyte': idx([3, 3, 3], new Uint8Array(27)) },
    /has 3 images, but .*train-labels-idx1-ubyte has 4 labels/,
  ],
  [
    'more packed IDX labels than images, before they are unpacked',
    { ...mnistFiles(), 'train-labels-idx1-ubyte': gzipSync(idx([5], new Uint8Array(5))).subarray(0, -9) },
    /has 4 images, but .*train-labels-idx1-ubyte has 5 labels/,
  ],
  [
    'IDX images that are not square',
    { ...mnistFiles(), 'train-images-idx3-ubyte': idx([4, 3, 2], new Uint8Array(24)) },
    /images of 2 × 3; glit reads square ones/,
  ],
  [
    'more IDX classes in the test split',
    { ...mnistFiles(), 't10k-labels-idx1-ubyte': idx([2], Uint8Array.of(3, 9)) },
    /t10k-labels.* has the class "9", which .*train-labels.* lacks/,
  ],
  [
    'fewer IDX classes in the test split',
    { ...mnistFiles(), 't10k-labels-idx1-ubyte': idx([2], Uint8Array.of(3, 3)) },
    /train-labels.* has the class "7", which .*t10k-labels.* lacks/,
  ],
  [
    'two parts of EMNIST',
    { 'emnist-digits-train-images-idx3-ubyte': '', 'emnist-letters-train-images-idx3-ubyte': '' },
    /has several sets of IDX files \(emnist-digits-, emnist-letters-\)/,
  ],

  ['an empty tar', { 'train.tar': tar([]) }, /train\.tar has no image: shards of .* hold samples/],
  ['a tar without bytes', { 'train.tar': '' }, /train\.tar has no image/],
  ['a text for a tar', { 'train.tar': 'x'.repeat(2000) }, /is not a tar archive/],
  ['a short text for a tar', { 'train.tar': 'x' }, /ends in the middle of its first header/],
  [
    'a packed tar',
    { 'train.tar': gzipSync(Buffer.concat([goodTar, Buffer.from(base)]), { level: 0 }) },
    /is compressed/,
  ],
  [
    'a tar that is cut in an image',
    { 'train.tar': goodTar.subarray(0, 1600) },
    /ends in the middle of 0000\.png \(64 of \d+/,
  ],
  ['a tar that is cut in a header', { 'train.tar': goodTar.subarray(0, 1124) }, /ends in the middle of a header/],
  [
    'a member of 8 EiB',
    { 'train.tar': withHeader(124, [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) },
    /ends in the middle of 0000\.cls/,
  ],
  [
    'a member of a negative size',
    { 'train.tar': withHeader(124, Array<number>(12).fill(0xff)) },
    /in the middle of 0000/,
  ],
  ['a member whose size is no number', { 'train.tar': withHeader(124, 'eleven  eight') }, /in the middle of 0000/],
  [
    'a pax size of 8 EiB',
    { 'train.tar': tar([{ name: 'p', type: 'x', body: pax('size', '9223372036854775808') }, ...good]) },
    /in the middle of 0000\.cls/,
  ],
  [
    'a damaged pax header',
    { 'train.tar': tar([{ name: 'p', type: 'x', body: '99 path=a\n' }, ...good]) },
    /damaged at byte 512, in a pax header/,
  ],
  [
    'a name of a mebibyte',
    { 'train.tar': tar([{ name: 'L', type: 'L', body: 'a'.repeat(2 ** 20) }, ...good]) },
    /has a name of 1048576 bytes/,
  ],
  ['a sparse file', { 'train.tar': tar([{ name: 'a.png', type: 'S', body: 'x' }]) }, /stores a\.png as a sparse file/],
  ['a damaged header in a tar', { 'train.tar': changed(goodTar, 1024 + 148, 'x') }, /is damaged at byte 1024/],
  ['an image without a label', { 'train.tar': tar(good.slice(1)) }, /no label for 0000\.png: add 0000\.cls/],
  [
    'an empty label',
    { 'train.tar': tar([{ name: '0000.cls', body: ' ' }, ...good]) },
    /0000\.cls in .* is not a label/,
  ],
  [
    'two images of one sample',
    { 'train.tar': tar([...good, { name: '0001.jpg', body: 'x' }]) },
    /two images for one sample/,
  ],
  [
    'labels of both kinds',
    { 'train.tar': tar([...good, { name: 'a.png' }, { name: 'a.cls', body: 'cat' }]) },
    /has numbers and names for labels, such as 0 and "cat"/,
  ],
  ['a single class', { 'train.tar': tar(good.slice(0, 2)) }, /has only one class, "0"/],
  [
    'a label that has no name',
    { 'train.tar': tar([...good, { name: 'a.png' }, { name: 'a.cls', body: '2' }]), 'classes.txt': 'a\nb\n' },
    /has the label 2, but .*classes\.txt names 2 classes, 0 to 1/,
  ],
  [
    'a negative label',
    { 'train.tar': tar([...good, { name: 'a.png' }, { name: 'a.cls', body: '-1' }]), 'classes.txt': 'a\nb\n' },
    /has the label -1, but/,
  ],
  ['a blank class name', { 'train.tar': goodTar, 'classes.txt': 'a\n\nb\n' }, /names no class in line 2/],
  ['a class that is named twice', { 'train.tar': goodTar, 'classes.txt': 'a\na\n' }, /names the class "a" twice/],
  ['shards for the test only', { 'test-0.tar': goodTar }, /test-0\.tar but no training files/],
  ['a shard of no split', { 'train-0.tar': goodTar, 'more.tar': goodTar }, /more\.tar does not name its split/],
  [
    'shards of two sets',
    { 'a/train-0.tar': goodTar, 'b/train-0.tar': goodTar },
    /holds several sets: give the folder of one/,
  ],

  [
    'a text for Parquet',
    { 'train.parquet': 'this is no table, but it is long enough' },
    /is not a Parquet file: it does not/,
  ],
  ['Parquet without bytes', { 'train.parquet': '' }, /is not a Parquet file/],
  ['a cut Parquet', { 'train.parquet': goodParquet.subarray(0, 300) }, /does not end with PAR1: it is truncated/],
  [
    'a Parquet footer of 4 GiB',
    { 'train.parquet': changed(goodParquet, goodParquet.length - 8, [255, 255, 255, 255]) },
    /cannot be read as Parquet/,
  ],
  [
    'a Parquet page that says more than its column',
    { 'train.parquet': packedNothing('SNAPPY', 2) },
    /a page of the column image says more than the column holds/,
  ],
  [
    'a Parquet page that unpacks to more than it says',
    { 'train.parquet': packedNothing('GZIP', 0.5) },
    /cannot be read as Parquet|is damaged/,
  ],
  [
    'a Parquet column that unpacks to gigabytes',
    {
      'train.parquet': withFooter(goodParquet, (metadata) => {
        imagesIn(metadata).total_uncompressed_size = 2n ** 31n;
      }),
    },
    /has a row group of 2048 MiB: write it with row groups of at most 1024 MiB/,
  ],
  [
    'a Parquet row group of a billion rows',
    {
      'train.parquet': withFooter(goodParquet, ({ row_groups: [group] }) => {
        group.num_rows = 10n ** 9n;
      }),
    },
    /has a row group of 1000000000 rows: write it with row groups of at most 16777216 rows/,
  ],
  [
    'a Parquet column beyond the end of its file',
    {
      'train.parquet': withFooter(goodParquet, (metadata) => {
        imagesIn(metadata).total_compressed_size = 10n ** 9n;
      }),
    },
    /the column image is said to lie at bytes \d+ to \d+ of \d+/,
  ],
  ['Parquet without images', { 'train.parquet': textTable }, /no column of images; it has text, label: name one image/],
  [
    'Parquet without labels',
    { 'train.parquet': parquet(images, [0, 1, 0, 1], { labelColumn: 'number' }) },
    /no column of labels; it has index, image, number: name one label/,
  ],
  [
    'Parquet of paths alone',
    { 'train.parquet': parquet([null, null], [0, 1]) },
    /no bytes in its column image, only paths/,
  ],
  ['a Parquet row without a label', { 'train.parquet': parquet(images, [0, 1, null, 1]) }, /row 2 of .* has no label/],
  [
    'a Parquet label without a name',
    { 'train.parquet': parquet(images, [0, 1, 2, 1], { names }) },
    /has the label 2, but .*train\.parquet names 2 classes/,
  ],
  [
    'Parquet without any label',
    { 'train.parquet': parquet(images, [-1, -1, -1, -1], { names }) },
    /has no labels: all of them are -1/,
  ],
  [
    'Parquet splits of different classes',
    { 'train.parquet': goodParquet, 'test.parquet': parquet(images, [0, 1, 0, 1], { names: ['cat', 'dog', 'eel'] }) },
    /train\.parquet has 2 classes and .*test\.parquet has 3 classes/,
  ],
  ['Parquet for the test only', { 'test-0.parquet': goodParquet }, /no training files: name files train-/],
];

describe('a broken source ends with one line:', () => {
  for (const [index, [what, files, message]] of zoo.entries()) {
    test(what, async () => {
      const root = writeFiles(path.join(base, String(index)), files);
      await assert.rejects(findSource(root, { cache }), (error) => {
        assert.ok(error instanceof UserError, String(error));
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        assert.ok(error.message.includes(root), 'it names the path');
        return true;
      });
      const leftOver = readdirSync(cache.folder, { recursive: true }).filter((name) => String(name).endsWith('.tmp'));
      assert.deepEqual(leftOver, [], 'nothing half done is left');
    });
  }

  test('a path that does not exist, and a file of no known kind', async () => {
    await assert.rejects(findSource(path.join(base, 'nowhere')), /nowhere does not exist: check the path/);
    writeFiles(base, { 'images.zip': '' });
    await assert.rejects(findSource(path.join(base, 'images.zip')), /is not a folder: give a folder with class/);
  });

  test('a Parquet file that makes its reader take memory until the engine aborts', async () => {
    // The definition levels of the images, before the length and the bytes of the first, become a run of 2^30 values.
    const table = parquet(images, [0, 1, 0, 1], { plain: true, codec: 'UNCOMPRESSED' });
    const levels = table.indexOf(images[0]) - 6;
    assert.deepEqual([...table.subarray(levels, levels + 2)], [3, 15], 'four values, all of them there');
    const root = writeFiles(path.join(base, 'run'), {
      'train.parquet': changed(table, levels, [0xfe, 0xff, 0xff, 0xff, 0x07]),
    });
    // Node 20 runs out of memory before it rejects the array length; 22 and 24 reject it first.
    await assert.rejects(findSource(root, { cache }), /takes more memory than a table of|\(Invalid array length\)/);
  });

  test('a Parquet file that is not read in time', async () => {
    const root = writeFiles(path.join(base, 'slow'), { 'train.parquet': goodParquet });
    const opening = findParquet(root, ['train.parquet'], { cache, patience: 0.001 });
    await assert.rejects(opening, /takes more than 0\.001 s to decode a row group/);
    assert.deepEqual(
      readdirSync(cache.folder).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  test('a cache folder that cannot be written', async () => {
    const root = writeFiles(path.join(base, 'closed'), { 'train.parquet': goodParquet, file: '' });
    const inFile = new Cache(path.join(root, 'file', 'cache'));
    await assert.rejects(findSource(root, { cache: inFile }), /cache folder .* cannot be written \(ENOTDIR\)/);
  });
});
