import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { crc32, deflateSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { UserError } from '../src/errors.js';
import { readLayer } from '../src/config/layers.js';
import { readArchitecture } from '../src/modelfile/architectureFile.js';
import { readClassNames } from '../src/modelfile/classNames.js';
import { readModel } from '../src/modelfile/modelFile.js';
import { openLatencyTable } from '../src/run/latencyTable.js';
import { readSeed } from '../src/run/ablation/seedFile.js';
import { openSource } from '../src/dataset/sources/openSource.js';
import { seeded } from '../src/random/rng.js';
import { glit, makePhotos, TINY } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-hostile-'));
after(() => rmSync(folder, { recursive: true }));

const MEGABYTE = 2 ** 20;
const dot = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

function write(name: string, content: Uint8Array | string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** A file of this size that takes no room on the disk, beginning with `head`. */
function sparse(name: string, size: number, head: Uint8Array = new Uint8Array()): string {
  const file = write(name, head);
  truncateSync(file, size);
  return file;
}

/** Two classes of six images. */
function images(name: string): void {
  for (const each of ['a', 'b']) for (let at = 0; at < 6; at++) write(`${name}/${each}/${at}.png`, dot);
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
  return bytes;
}

/** A black-and-white PNG whose pixels are all there, a bit each. */
function wholePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
  };
  const header = Buffer.concat([uint32(width, height), Buffer.from([1, 0, 0, 0, 0])]);
  const pixels = deflateSync(Buffer.alloc(height * (1 + Math.ceil(width / 8))), { level: 9 });
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

/** A GIF of one frame whose header says that it has this side. */
function lyingGif(side: number): Buffer {
  const extent = Buffer.from([side & 255, side >> 8, side & 255, side >> 8]);
  const head = Buffer.concat([Buffer.from('GIF89a'), extent, Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255])]);
  const frame = Buffer.concat([Buffer.from([0x2c, 0, 0, 0, 0]), extent, Buffer.from([0, 2, 2, 0x44, 1, 0, 0x3b])]);
  return Buffer.concat([head, frame]);
}

interface Member {
  readonly name: string;
  readonly content?: Uint8Array | string;
  /** Where a symbolic link leads. */
  readonly link?: string;
}

function tar(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ name, content = '', link }) => {
    const data = Buffer.from(content);
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write('0000644\0', 100);
    head.write(data.length.toString(8).padStart(11, '0'), 124);
    head.write('        ', 148);
    head.write(link === undefined ? '0' : '2', 156);
    head.write(link ?? '', 157);
    head.write('ustar\u000000', 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The work is refused in one line, without much memory or time. */
async function refused(work: () => Promise<unknown>, line: RegExp, most = 200 * MEGABYTE): Promise<void> {
  const before = process.memoryUsage.rss();
  const began = performance.now();
  await assert.rejects(work(), (error) => {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, line);
    assert.ok(!error.message.includes('\n') && error.message.length < 500, error.message);
    return true;
  });
  assert.ok(process.memoryUsage.rss() - before < most, `${process.memoryUsage.rss() - before} bytes`);
  assert.ok(performance.now() - began < 20_000);
}

describe('hostile files are refused in one line:', () => {
  const huge = 10 * 2 ** 30;
  const header = (text: string): Buffer => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([length, Buffer.from(text)]);
  };

  test('weights and models that are huge, or whose headers lie', async () => {
    await refused(() => readModel(sparse('a.pth', huge)), /a\.pth cannot be read as a PyTorch checkpoint/);
    await refused(
      () => readModel(sparse('a.safetensors', huge)),
      /a\.safetensors cannot be read as safetensors: its header is not JSON/,
    );
    await refused(() => readModel(sparse('a.onnx', huge)), /a\.onnx has more than 2 GiB/);
    const lying = { a: { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 2 ** 42] } };
    const file = write('lying.safetensors', header(JSON.stringify(lying)));
    await refused(() => readModel(file), /tensor "a" ends 4398046511104 bytes after the file/);
    const nested = write('deep.safetensors', header(`{"a":${'['.repeat(5e6)}${']'.repeat(5e6)}}`));
    await refused(() => readModel(nested), /its header is nested more than 8 levels deep/);
    // A single value of three billion bytes.
    const wide = sparse('wide.pth', huge, Buffer.from('80028e005ed0b200000000', 'hex'));
    await refused(() => readModel(wide), /wide\.pth cannot be read .* more than 67108864 bytes of text/);
    const long = write('long.onnx', Buffer.concat([Buffer.from('3affffffff7f', 'hex'), Buffer.alloc(100)]));
    await refused(() => readModel(long), /long\.onnx is not a model exported by glit/);
  });

  test('configurations and architectures that unfold, nest, or are far too long', async () => {
    const names = 'abcdefghijklm';
    const lines = Array.from(
      names,
      (name, at) =>
        `${name}: &${name} [${Array(9)
          .fill(at === 0 ? 'x' : `*${names[at - 1]}`)
          .join(',')}]`,
    );
    await refused(
      () => readLayer(write('bomb.yaml', lines.join('\n'))),
      /bomb\.yaml is neither YAML nor JSON: Excessive alias/,
    );
    await refused(() => readLayer(write('deep.yaml', '['.repeat(100_000))), /deep\.yaml is neither YAML nor JSON/);
    const long = `{"seed":${'['.repeat(MEGABYTE)}${']'.repeat(MEGABYTE)}}`;
    await refused(
      () => readLayer(write('long.json', long)),
      /long\.json has 2097161 bytes; a configuration has at most/,
    );
    await refused(() => readArchitecture(write('deep.json', long)), /deep\.json/);
    // Larger than a string can be.
    const endless = sparse('endless.json', 600 * MEGABYTE);
    await refused(() => readArchitecture(endless), /endless\.json has 629145600 bytes; an architecture has at most/);
    await refused(() => readClassNames(endless, 'model', 3), /endless\.json has .*; a list of class names has at most/);
    await refused(() => openLatencyTable(endless), /endless\.json has .*; a latency table has at most/);
    await refused(() => readSeed(endless), /endless\.json has .*; a seed's result has at most/);
  });

  test('a file of far more class names than there are classes', async () => {
    const names = write('names.txt', Array.from({ length: 500_000 }, (_, at) => `class ${at}`).join('\n'));
    await refused(() => readClassNames(names, 'model', 3), /names\.txt names 500000 classes, but model has 3 outputs/);
  });

  test('a gzip file that unfolds to a thousand times its size', async () => {
    const labels = (count: number): Buffer =>
      Buffer.concat([uint32(0x801, count), Buffer.from(Array.from({ length: count }, (_, at) => at % 2))]);
    const bomb = gzipSync(Buffer.concat([uint32(0x803, 100, 28, 28), Buffer.alloc(300 * MEGABYTE)]), { level: 9 });
    write('idx/train-images-idx3-ubyte.gz', bomb);
    write('idx/train-labels-idx1-ubyte.gz', gzipSync(labels(100)));
    write('idx/t10k-images-idx3-ubyte.gz', gzipSync(Buffer.concat([uint32(0x803, 10, 28, 28), Buffer.alloc(7840)])));
    write('idx/t10k-labels-idx1-ubyte.gz', gzipSync(labels(10)));
    await refused(() => openSource(join(folder, 'idx'), { rng: seeded('idx') }), /holds more than its header says/);
  });
});

describe('hostile data sets', () => {
  test('of images that are far too large are checked in little memory, and the images named', async () => {
    images('large');
    write('large/a/lying.gif', lyingGif(65_535));
    write('large/b/whole.png', wholePng(12_000, 12_000));
    const { code, stdout } = await glit(folder, 'data', 'check', 'large');
    assert.equal(code, 1);
    const reason = 'its header says that it has more than 134 million pixels';
    for (const name of ['lying.gif', 'whole.png'])
      assert.match(stdout, new RegExp(`${name.replace('.', '\\.')}: ${reason}`));
  });

  test('of images just within the limit are read in a known amount of memory', () => {
    const file = write('near/limit.png', wholePng(11_500, 11_600));
    const decode = JSON.stringify(new URL('../src/loader/decode.js', import.meta.url).href);
    const script = `const { centralView, openEncoded } = await import(${decode});
      const before = process.resourceUsage().maxRSS;
      const { size } = await centralView(await openEncoded({ file: ${JSON.stringify(file)} }), 32);
      console.log(size, process.resourceUsage().maxRSS - before);`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const [size, kilobytes] = stdout.split(' ').map(Number);
    assert.equal(size, 32, stderr);
    // Three bytes for each of 133 million pixels, and what the decoder needs besides.
    assert.ok(kilobytes * 1024 < 1.5 * 3 * 11_500 * 11_600, `${kilobytes} kB`);
  });

  test('of tar shards with links and with names that climb out reach no file outside', async () => {
    const pairs = Array.from({ length: 10 }, (_, at): Member[] => [
      { name: `${at}.png`, content: dot },
      { name: `${at}.cls`, content: String(at % 2) },
    ]);
    const secret = write('secret.png', 'not for anyone');
    const hostile: Member[] = [
      { name: '../../climb.png', content: dot },
      { name: '../../climb.cls', content: '0' },
      { name: 'link.png', link: secret },
      { name: 'link.cls', content: '1' },
      { name: '/etc/absolute.png', content: dot },
      { name: '/etc/absolute.cls', content: '1' },
    ];
    write('tars/train-000.tar', tar([...pairs.flat(), ...hostile]));
    const { train, test: held } = await openSource(join(folder, 'tars'), { rng: seeded('tars') });
    for (const source of [train, held]) {
      assert.ok('encoded' in source);
      for (let at = 0; at < source.labels.length; at++) {
        assert.equal(source.encoded(at).file, join(folder, 'tars', 'train-000.tar'));
      }
    }
    // The link has no bytes of its own, so it is no image.
    assert.equal(train.labels.length + held.labels.length, 12);
  });

  test('with links that lead back end, and say what is wrong', async () => {
    images('loop');
    symlinkSync('..', join(folder, 'loop', 'a', 'up'));
    symlinkSync('.', join(folder, 'loop', 'itself'));
    if (process.platform !== 'win32') symlinkSync('/dev/zero', join(folder, 'loop', 'a', 'zero.png'));
    const { code, stdout } = await glit(folder, 'data', 'check', 'loop');
    assert.equal(code, 1);
    assert.match(stdout, /problem: class "itself" has no training image/);
    if (process.platform !== 'win32') assert.match(stdout, /zero\.png: .*it is not a file/);
  });

  test('of many links that lead back are refused without following all of them', async () => {
    for (let at = 0; at < 64; at++) {
      mkdirSync(join(folder, 'links'), { recursive: true });
      symlinkSync('.', join(folder, 'links', `link ${at}`));
    }
    await refused(() => openSource(join(folder, 'links'), { rng: seeded('links') }), /links/);
  });

  test('with control characters in their names print none of them', async () => {
    images('names');
    const name = '\u001b[31mred\u0007\u009b\u202e<img src=x>';
    for (let at = 0; at < 6; at++) write(`names/${name}/${at}.png`, dot);
    write('names/a/\u001b]0;title\u0007.png', 'no image');
    for (const args of [
      ['data', 'check', 'names'],
      ['search', '--data', 'names', '--preset', 'smoke', '--batch-size', '2000', '--out', 'none'],
      ['eval', '--model', 'none\u001b[2J.onnx', '--data', 'names'],
    ]) {
      const { code, stdout, stderr } = await glit(folder, ...args);
      assert.ok(code === 1 || code === 2, `${code}: ${stderr}`);
      assert.doesNotMatch(stdout + stderr, /(?!\n)\p{Cc}|\u202e/u);
      assert.match(stdout + stderr, /\ufffd/);
    }
    // JSON keeps the names, escaped.
    const { stdout } = await glit(folder, 'data', 'check', 'names', '--json', '--quiet');
    assert.doesNotMatch(stdout, /(?!\n)\p{Cc}|\u202e/u);
    assert.ok((JSON.parse(stdout) as { classes: readonly string[] }).classes.includes(name));
  });

  test('with HTML and control characters in their names leave a report that shows them as text', async () => {
    const data = 'photos\u001b[2J\u202e <img src=x onerror=alert(1)> [a](b) `c` *d*';
    await makePhotos(join(folder, data));
    renameSync(join(folder, data, 'red'), join(folder, data, '<script>alert(1)<\u2044script>\u0007'));
    renameSync(join(folder, data, 'blue', '00.png'), join(folder, data, 'blue', '<b>\u001b[31m.png'));
    const args = [
      'run',
      '--data',
      data,
      ...TINY,
      '--no-baselines',
      '--halving',
      '2',
      '--top',
      '1',
      '--out',
      'reported',
    ];
    const { code, stdout, stderr } = await glit(folder, ...args, '--no-tensorboard');
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout + stderr, /(?!\n)\p{Cc}|\u202e/u);
    const report = readFileSync(join(folder, 'reported', 'report.md'), 'utf8');
    assert.match(
      report,
      /^# glit-found on photos\ufffd\\\[2J\ufffd \\<img src=x onerror=alert\(1\)\\> \\\[a\\\]\(b\) \\`c\\` \\\*d\\\*\n/,
    );
    // What is in a block of code is shown as it is.
    assert.doesNotMatch(report.replaceAll(/^```\w+\n[^]*?^```$/gm, ''), /(?!\n)\p{Cc}|\u202e|(?<!\\)<(?:img|script)/u);
    const pictures = ['', 'test', 'trainings'].flatMap((below) =>
      readdirSync(join(folder, 'reported', below))
        .filter((name) => name.endsWith('.svg'))
        .map((name) => join(folder, 'reported', below, name)),
    );
    assert.ok(pictures.length > 4);
    for (const picture of pictures) {
      assert.doesNotMatch(readFileSync(picture, 'utf8'), /(?![\n\t])\p{Cc}|<(?:img|script|b)\b/u, picture);
    }
    assert.doesNotMatch(readFileSync(join(folder, 'reported', 'report.html'), 'utf8'), /<img src=x|<script>alert/);
  });
});
