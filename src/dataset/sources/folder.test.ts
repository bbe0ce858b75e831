import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { numbered, temporaryFolder, writeImages } from '../../../test/support/imageFiles.js';
import { UserError } from '../../errors.js';
import { seeded } from '../../random/rng.js';
import { openImageFolder } from './folder.js';
import { IMAGE_ENDINGS } from './listing.js';
import { isStored } from '../source.js';
import type { ImageSource } from '../source.js';

const base = temporaryFolder();

/** Makes empty files: opening a folder only reads names. */
async function tree(name: string, files: readonly string[]): Promise<string> {
  const root = path.join(base, name);
  await mkdir(root, { recursive: true });
  for (const file of files) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), '');
  }
  return root;
}

/** `label file` of each image, with the file relative to `root`. */
function listing(source: ImageSource, root: string): string[] {
  assert.ok(!isStored(source));
  return Array.from(source.labels, (label, index) => {
    const file = path.relative(root, source.encoded(index).file).split(path.sep).join('/');
    return `${label} ${file}`;
  });
}

function open(root: string, seed = 1): ReturnType<typeof openImageFolder> {
  return openImageFolder(root, { rng: seeded(seed) });
}

async function refuses(root: string, message: RegExp): Promise<void> {
  await assert.rejects(open(root), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

describe('openImageFolder', () => {
  test('knows other names of splits, and refuses two for one', async () => {
    const files = (split: string): string[] =>
      ['a/1.png', 'a/2.png', 'b/3.png', 'b/4.png'].map((file) => `${split}/${file}`);
    for (const [train, held] of [
      ['train', 'valid'],
      ['Training', 'Validation'],
      ['train', 'dev'],
      ['train', 'testing'],
    ]) {
      const root = await tree(`named-${train}-${held}`, [...files(train), ...files(held)]);
      const data = await open(root);
      assert.ok(listing(data.test, root).every((line) => line.includes(` ${held}/`)));
      assert.deepEqual([data.train.labels.length, data.test.labels.length], [4, 4]);
    }
    const both = await tree('twice', [...files('train'), ...files('dev'), ...files('valid')]);
    await refuses(both, /has (dev|valid)\/ and (dev|valid)\/, which mean the same/);
    // The usual name comes first, wherever it stands in the list.
    for (const other of ['dev', 'valid']) {
      const root = await tree(`usual-${other}`, [...files('train'), ...files('val'), ...files(other)]);
      assert.ok(listing((await open(root)).test, root).every((line) => line.includes(' val/')));
    }
  });

  test('takes a folder of images beside other classes for a class, even if it is called train', async () => {
    const root = await tree('vehicles', [
      'bus/1.png',
      'bus/2.png',
      'car/3.png',
      'car/4.png',
      'train/5.png',
      'train/6.png',
    ]);
    assert.deepEqual((await open(root)).classes, ['bus', 'car', 'train']);
  });

  test('takes train/ and test/ as they are', async () => {
    const root = await tree('both', [
      'train/a/1.png',
      'train/b/2.jpg',
      'train/b/3.jpg',
      'test/a/4.png',
      'test/b/5.png',
    ]);
    const data = await open(root);
    assert.equal(data.name, 'both');
    assert.deepEqual(data.classes, ['a', 'b']);
    assert.deepEqual(listing(data.train, root), ['0 train/a/1.png', '1 train/b/2.jpg', '1 train/b/3.jpg']);
    assert.deepEqual(listing(data.test, root), ['0 test/a/4.png', '1 test/b/5.png']);
    assert.deepEqual(data.notices, []);
  });

  test('takes val/ for the test where there is no test/', async () => {
    const root = await tree('val', ['train/a/1.png', 'train/b/2.png', 'val/a/3.png', 'val/b/4.png']);
    const data = await open(root);
    assert.deepEqual(listing(data.test, root), ['0 val/a/3.png', '1 val/b/4.png']);
    assert.deepEqual(data.notices, []);
  });

  test('prefers test/ over val/ and says so', async () => {
    const splits = ['train', 'val', 'test'].flatMap((split) => [`${split}/a/1.png`, `${split}/b/1.png`]);
    const root = await tree('three', splits);
    const data = await open(root);
    assert.deepEqual(listing(data.test, root), ['0 test/a/1.png', '1 test/b/1.png']);
    assert.equal(data.notices.length, 1);
    assert.match(data.notices[0], /val is not used/);
  });

  for (const [layout, prefix] of [
    ['a folder of class folders', ''],
    ['train/ alone', 'train/'],
  ]) {
    test(`splits ${layout} by the seed, a fifth of each class for the test`, async () => {
      const files = [...numbered(`${prefix}a`, 20), ...numbered(`${prefix}b`, 10)];
      const root = await tree(`single${prefix}`, files);
      const data = await open(root);
      const train = listing(data.train, root);
      const testing = listing(data.test, root);
      assert.deepEqual(
        [...train, ...testing].map((line) => line.slice(2)).sort(),
        [...files].sort(),
        'every image is in one split',
      );
      const ofClass = (lines: readonly string[], label: string): number =>
        lines.filter((line) => line.startsWith(label)).length;
      assert.deepEqual([ofClass(testing, '0'), ofClass(testing, '1')], [4, 2]);
      assert.equal(data.notices.length, 1);
      assert.match(data.notices[0], /no test split: 6 of its 30 images/);

      assert.deepEqual(listing((await open(root)).test, root), testing, 'the same seed gives the same split');
      assert.notDeepEqual(listing((await open(root, 2)).test, root), testing, 'another seed gives another one');
    });
  }

  test('orders classes and images by their characters, not by a locale or the disk', async () => {
    const classes = ['b', 'B', 'a', 'ä', '10', '9'];
    const names = ['z.png', '10.png', '2.png', 'Z.png', 'é.png'];
    const files = classes.flatMap((one) => names.map((name) => `${one}/${name}`));
    const root = await tree('order', [...files.map((file) => `train/${file}`), ...files.map((file) => `test/${file}`)]);
    const data = await open(root);
    assert.deepEqual(data.classes, ['10', '9', 'B', 'a', 'b', 'ä']);
    assert.deepEqual(
      listing(data.train, root).slice(0, 5),
      ['10.png', '2.png', 'Z.png', 'z.png', 'é.png'].map((name) => `0 train/10/${name}`),
    );
  });

  test('takes the endings of images in any case and passes over hidden and other files', async () => {
    const taken = IMAGE_ENDINGS.flatMap((ending) => [`lower${ending}`, `UPPER${ending.toUpperCase()}`]);
    const others = ['.hidden.png', '._mac.jpg', 'notes.txt', 'png', 'Thumbs.db', 'image.png.part', 'deep/inside.png'];
    const root = await tree('endings', [
      ...[...taken, ...others].map((file) => `train/a/${file}`),
      'train/b/1.png',
      'train/.cache/1.png',
      'test/a/1.png',
      'test/b/1.png',
      '.git/a/1.png',
    ]);
    const data = await open(root);
    assert.deepEqual(data.classes, ['a', 'b']);
    assert.deepEqual(listing(data.train, root), [
      ...taken.map((file) => `0 train/a/${file}`).sort(),
      '1 train/b/1.png',
    ]);
  });

  test('follows links to class folders and to images', async (t) => {
    const root = await tree('links', ['real/1.png', 'set/train/a/1.png', 'set/test/a/1.png', 'set/test/b/1.png']);
    try {
      await symlink(path.join(root, 'real'), path.join(root, 'set/train/b'), 'junction');
      await symlink(path.join(root, 'real/1.png'), path.join(root, 'set/train/a/2.png'));
    } catch (error) {
      t.diagnostic(`links cannot be made here: ${String(error)}`);
      return;
    }
    const data = await open(path.join(root, 'set'));
    assert.deepEqual(listing(data.train, root), ['0 set/train/a/1.png', '0 set/train/a/2.png', '1 set/train/b/1.png']);
  });

  test('reports images beside the class folders, for each split', async () => {
    const root = await tree('loose', [
      ...['train/a/1.png', 'train/b/1.png', 'train/x.png', 'train/y.png'],
      ...['test/a/1.png', 'test/b/1.png', 'test/z.png'],
    ]);
    const { notices } = await open(root);
    assert.equal(notices.length, 2);
    assert.match(notices[0], /train has 2 images outside of its class folders; they are left out/);
    assert.match(notices[1], /test has 1 image outside of its class folders; it is left out/);
  });

  test('gives paths that decode, whatever the working directory', async () => {
    const root = path.join(base, 'relative');
    await writeImages(root, [...numbered('a', 2), ...numbered('b', 2)]);
    const data = await open(path.relative(process.cwd(), root));
    assert.equal(data.name, 'relative');
    assert.ok(!isStored(data.train));
    assert.ok(path.isAbsolute(data.train.encoded(0).file));
  });
});

describe('openImageFolder refuses, in one line,', () => {
  test('a folder that does not exist', () => refuses(path.join(base, 'nowhere'), /nowhere does not exist: check/));

  test('a file', async () => {
    const root = await tree('file', ['image.png']);
    await refuses(path.join(root, 'image.png'), /is not a folder: give the folder/);
  });

  test('an empty folder', async () => {
    await refuses(await tree('empty', []), /has no class folders: put the images of each class in/);
  });

  test('an empty train/', async () => {
    const root = await tree('emptyTrain', ['test/a/1.png', 'test/b/1.png']);
    await mkdir(path.join(root, 'train'));
    await refuses(root, /train has no class folders/);
  });

  test('images that lie in the folder itself', async () => {
    await refuses(await tree('flat', ['1.png', '2.png']), /holds its images directly: put those of each class/);
  });

  test('a class without an image', async () => {
    const root = await tree('hollow', ['a/1.png', 'a/2.png', 'b/notes.txt']);
    await refuses(root, /the class folder .*b has no image \(jpg, .*\): add some or remove it/);
  });

  test('a single class', async () => {
    await refuses(await tree('one', ['a/1.png', 'a/2.png']), /has only one class, "a"/);
  });

  test('a class of one image where it has to split', async () => {
    await refuses(await tree('lonely', ['a/1.png', 'a/2.png', 'b/1.png']), /class "b" has only one image/);
  });

  test('a test class that training lacks', async () => {
    const root = await tree('more', [
      'train/a/1.png',
      'train/b/1.png',
      ...['a', 'b', 'c'].map((c) => `test/${c}/1.png`),
    ]);
    await refuses(root, /test has the class "c", which .*train lacks/);
  });

  test('a training class that the test lacks', async () => {
    const root = await tree('less', [
      ...['a', 'b', 'c'].map((c) => `train/${c}/1.png`),
      'test/a/1.png',
      'test/b/1.png',
    ]);
    await refuses(root, /train has the class "c", which .*test lacks/);
  });

  test('test/ without train/', async () => {
    await refuses(await tree('half', ['test/a/1.png', 'test/b/1.png']), /has test\/ but no train\/: put/);
  });
});
