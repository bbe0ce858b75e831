import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { UserError } from '../../errors.js';
import { float32, sizeOf } from '../../tensor/tensor.js';
import { PytorchFile } from './pytorchFile.js';
import { readPytorchStateDict } from './stateDict.js';
import { storedZip, type ZipEntry } from './storedZip.js';
import { formatPath } from './tensorNames.js';
import { Namespace, type Pickled } from './values.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-pytorch-'));
after(() => rm(folder, { recursive: true }));

/** Bytes from numbers and latin-1 texts. */
function raw(...parts: readonly (string | number | Uint8Array)[]): Buffer {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Uint8Array.of(part) : typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
    ),
  );
}

/** Pickle: a string, an integer, and a call to a global with a tuple of arguments. */
const text = (value: string): Buffer => raw('\x8c', value.length, value);
const integer = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return raw('\x8a\x08', bytes);
};
const tuple = (...items: readonly Uint8Array[]): Buffer => raw('(', ...items, 't');
const call = (module: string, name: string, ...args: readonly Uint8Array[]): Buffer =>
  raw(`c${module}\n${name}\n`, tuple(...args), 'R');
const dictionary = (entries: Readonly<Record<string, Uint8Array>>): Buffer =>
  raw('}(', ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), 'u');

interface View {
  readonly key?: string;
  readonly type?: string;
  readonly stored?: number;
  readonly offset?: number;
  readonly shape: readonly (number | bigint)[];
  readonly strides: readonly (number | bigint)[];
}

function view({ key = '0', type = 'FloatStorage', stored = 6, offset = 0, shape, strides }: View): Buffer {
  const id = tuple(text('storage'), raw(`ctorch\n${type}\n`), text(key), text('cpu'), integer(stored));
  const sizes = [tuple(...shape.map(integer)), tuple(...strides.map(integer))];
  return call('torch._utils', '_rebuild_tensor_v2', raw(id, 'Q'), integer(offset), ...sizes, raw('\x89'), raw('N'));
}

const NUMBERS = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);

/** An archive with this pickle and six numbers under the name 0. */
function archive(pickle: Uint8Array, entries: readonly ZipEntry[] = [{ name: 'a/data/0', data: NUMBERS }]): Uint8Array {
  return storedZip([{ name: 'a/data.pkl', data: raw('\x80\x02', pickle, '.') }, ...entries]);
}

let files = 0;
async function open<Result>(
  bytes: Uint8Array,
  use: (checkpoint: PytorchFile) => Result | Promise<Result>,
): Promise<Result> {
  const file = join(folder, `${files++}.pth`);
  await writeFile(file, bytes);
  const checkpoint = await PytorchFile.open(file);
  try {
    return await use(checkpoint);
  } finally {
    await checkpoint.close();
    await rm(file);
  }
}

const contentOf = (pickle: Uint8Array): Promise<Pickled> => open(archive(pickle), ({ content }) => content);

describe('a pickle', () => {
  test('of plain data is read as plain data', async () => {
    const cases: readonly (readonly [Uint8Array, unknown])[] = [
      [raw('N'), null],
      [raw('\x88'), true],
      [raw('J', Buffer.from([0xfe, 0xff, 0xff, 0xff])), -2],
      [raw('M\x00\x01'), 256],
      [raw('\x8a\x00'), 0],
      [raw('\x8a\x01\xff'), -1],
      [raw('\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01'), 2n ** 64n],
      [raw('G', Buffer.from([0x40, 0x04, 0, 0, 0, 0, 0, 0])), 2.5],
      [raw('U\x02ab'), 'ab'],
      [raw('](K\x01K\x02e'), [1, 2]],
      [raw(']K\x01a'), [1]],
      [raw('K\x01K\x02\x86'), [1, 2]],
      [raw('K\x01K\x02K\x03\x87'), [1, 2, 3]],
      [raw('\x8f(K\x01\x90'), new Set([1])],
      [dictionary({ a: raw('K\x01') }), new Map([['a', 1]])],
      [call('collections', 'OrderedDict', raw(']', tuple(text('k'), raw('K\x07')), 'a')), new Map([['k', 7]])],
      [call('__builtin__', 'set', raw('](K\x01K\x02e')), new Set([1, 2])],
      [call('torch', 'Size', tuple(integer(2), integer(3))), [2, 3]],
      [call('_codecs', 'encode', raw('\x8c\x03a\xc3\xbf'), text('latin1')), Uint8Array.of(97, 255)],
      [raw('K\x05\x94K\x06\x94h\x00\x86'), [6, 5]],
      [raw('K\x05q\x000h\x00'), 5],
    ];
    for (const [pickle, expected] of cases) assert.deepEqual(await contentOf(pickle), expected);
  });

  test('of a Namespace or a NumPy number is data, too', async () => {
    const namespace = await contentOf(raw('cargparse\nNamespace\n)\x81', dictionary({ lr: integer(3) }), 'b'));
    assert.ok(namespace instanceof Namespace);
    assert.deepEqual(namespace.fields, new Map([['lr', 3]]));
    const type = raw(call('numpy', 'dtype', text('f8'), raw('K\x00'), raw('K\x01')), tuple(integer(3), text('<')), 'b');
    const bytes = raw('C\x08', new Uint8Array(Float64Array.of(76.5).buffer));
    assert.equal(await contentOf(call('numpy.core.multiarray', 'scalar', type, bytes)), 76.5);
  });

  test('can call nothing but what builds tensors and plain data', async () => {
    const names = [
      ['os', 'system'],
      ['builtins', 'eval'],
      ['builtins', 'getattr'],
      ['torch', 'load'],
      ['torch.hub', 'load'],
      ['torch.storage', '_load_from_bytes'],
      ['collections', '__proto__'],
      ['', 'constructor'],
      ['toString', 'call'],
    ] as const;
    for (const [module, name] of names) {
      for (const pickle of [
        call(module, name, text('echo')),
        raw(text(module), text(name), '\x93', tuple(), 'R'),
        raw('(', `i${module}\n${name}\n`),
      ]) {
        await assert.rejects(contentOf(pickle), (error) => {
          assert.ok(error instanceof UserError);
          assert.match(error.message, /would call .*; nothing was called|is not a Python name/);
          return error.message.includes(name);
        });
      }
    }
  });

  test('that is broken or malicious is refused in one line, quickly and in little memory', async () => {
    const big = 300_000;
    const cases: readonly (readonly [what: string, pickle: Uint8Array, fact: RegExp])[] = [
      ['an empty stack', raw(''), /pops more values/],
      ['an unmatched mark', raw('t'), /mark/],
      ['a value that was never remembered', raw('h\x07'), /recalls a value/],
      ['an unknown instruction', raw('\xff'), /instruction 0xff/],
      ['an oversized text', raw('X\xff\xff\xff\xff'), /more than 67108864 bytes of text/],
      ['a text beyond the end', raw('X\xff\xff\xff\x00'), /ends in the middle/],
      ['an oversized text of 64 bits', raw('\x8d', Buffer.alloc(8, 0xff)), /bytes of text/],
      ['an oversized number', raw('\x8b\xff\xff\xff\x7f'), /integer of/],
      ['broken UTF-8', raw('U\x01\xff'), /not UTF-8/],
      ['a call of a text', raw(text('x'), ')R'), /calls something other than a function/],
      ['an entry of a list', raw(']K\x01K\x02s'), /other than a dictionary/],
      ['a key without a value', raw('}(K\x01u'), /key without a value/],
      ['attributes of a number', raw('K\x01}b'), /attributes/],
      ['deep nesting', raw(']'.repeat(big), 'a'.repeat(big - 1)), /nested more than 64 levels/],
      ['a list that holds itself', raw(']q\x00h\x00a'), /nested more than 64 levels/],
      [
        'lists that hold lists many times over',
        raw(']q\x00', ...Array.from({ length: 30 }, () => raw('](', 'h\x00'.repeat(20), 'eq\x00'))),
        /more than \d+ values/,
      ],
      ['a million lists', raw('('.repeat(1), ']'.repeat(1_100_000), 't'), /lists and dictionaries/],
      ['the same list copied into a set again and again', raw(...copies()), /lists and dictionaries/],
      [
        'a tensor that is rebuilt from its own arguments',
        raw('ctorch._tensor\n_rebuild_from_type_v2\n]q\x00(ctorch._tensor\n_rebuild_from_type_v2\nNh\x00eR'),
        /with attributes from something other than a tensor/,
      ],
      [
        'a tensor of no storage',
        call('torch._utils', '_rebuild_tensor_v2', raw('N')),
        /from something other than a storage/,
      ],
      [
        'a persistent id of another kind',
        raw(tuple(text('module'), text('x')), 'Q'),
        /refers to something other than a storage/,
      ],
      ['a negative size', view({ shape: [-1], strides: [1] }), /not whole numbers of at least 0/],
      ['a size that is no number', view({ shape: [2n ** 60n], strides: [1] }), /not whole numbers of at least 0/],
      ['too few strides', view({ shape: [2, 3], strides: [1] }), /2 axes with 1 strides/],
      ['too many axes', view({ shape: Array(65).fill(1), strides: Array(65).fill(1) }), /65 axes/],
      [
        'a view beyond its storage',
        view({ shape: [3, 3], strides: [2, 1] }),
        /reaches element 6 of a storage that has 6/,
      ],
      ['an offset beyond it', view({ offset: 6, shape: [1], strides: [1] }), /reaches element 6/],
      ['a storage that is shorter than told', view({ stored: 7, shape: [1], strides: [1] }), /28 bytes and has 24/],
      ['a storage of no sense', view({ stored: 2 ** 50, shape: [2 ** 40], strides: [1] }), /bytes and has 24/],
      ['no such storage', view({ key: '../data.pkl', shape: [1], strides: [1] }), /"..\/data.pkl" are missing/],
      [
        'a tensor of 10^12 elements that repeat one',
        view({ shape: [1e6, 1e6], strides: [0, 0] }),
        /repeats the 6 elements/,
      ],
      [
        'sizes whose product is infinite',
        view({ shape: Array(40).fill(2 ** 52), strides: Array(40).fill(0) }),
        /repeats/,
      ],
      ['many tensors that repeat a few numbers', raw(...repeated(80)), /but the numbers in the file only 24/],
    ];
    for (const [what, pickle, fact] of cases) {
      const began = performance.now();
      await assert.rejects(
        open(archive(pickle), () => undefined),
        (error) => {
          assert.ok(error instanceof UserError, `${what}: ${String(error)}`);
          assert.match(error.message, fact, what);
          return !error.message.includes('\n');
        },
        what,
      );
      assert.ok(performance.now() - began < 20_000, what);
    }
  });

  test('is as long as its file: a truncated one is refused at every length', async () => {
    const pickle = raw('\x80\x02', dictionary({ a: view({ shape: [2, 3], strides: [3, 1] }) }), '.');
    for (let length = 0; length < pickle.length; length++) {
      const bytes = storedZip([
        { name: 'a/data.pkl', data: pickle.subarray(0, length) },
        { name: 'a/data/0', data: NUMBERS },
      ]);
      await assert.rejects(
        open(bytes, () => undefined),
        UserError,
      );
    }
  });
});

/** `set(list)` of one list of 1000, 2000 times. */
function copies(): Uint8Array[] {
  const list = raw('](', 'N'.repeat(1000), 'eq\x00');
  return [list, raw('('), ...Array.from({ length: 2000 }, () => raw('cbuiltins\nset\nh\x00\x85R')), raw('t')];
}

/** Many tensors that each repeat one number a million times. */
function repeated(count: number): Uint8Array[] {
  const one = view({ shape: [1_000_000], strides: [0] });
  return [raw('('), ...Array.from({ length: count }, () => one), raw('t')];
}

describe('a tensor', () => {
  test('is the view that strides and offset describe', async () => {
    const axes = fc.array(fc.record({ extent: fc.nat(4), stride: fc.nat(7) }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(axes, fc.nat(3), async (given, offset) => {
        const [shape, strides] = [given.map(({ extent }) => extent), given.map(({ stride }) => stride)];
        const last = given.reduce((sum, { extent, stride }) => sum + Math.max(0, extent - 1) * stride, offset);
        const data = new Uint8Array(Float32Array.from({ length: last + 1 }, (_, at) => at + 0.5).buffer);
        const pickle = view({ stored: last + 1, offset, shape, strides });
        await open(archive(pickle, [{ name: 'a/data/0', data }]), async (checkpoint) => {
          const [{ path, view: found }] = checkpoint.views;
          assert.deepEqual(path, []);
          const expected: number[] = [];
          const walk = (axis: number, at: number): void => {
            if (axis === shape.length) expected.push(at + 0.5);
            else for (let index = 0; index < shape[axis]; index++) walk(axis + 1, at + index * strides[axis]);
          };
          walk(0, offset);
          assert.deepEqual(await checkpoint.read(found), float32(shape, expected));
          assert.equal(expected.length, sizeOf(shape));
        });
      }),
      { numRuns: 200 },
    );
  });

  test('is found wherever it is, and one of a type that is not read is refused only when it is read', async () => {
    const one = view({ shape: [2], strides: [1] });
    const complex = view({ type: 'ComplexFloatStorage', stored: 3, shape: [1], strides: [1] });
    const pickle = dictionary({ a: raw('](', one, one, 'e'), b: complex });
    await open(archive(pickle), async (checkpoint) => {
      assert.deepEqual(
        checkpoint.views.map(({ path }) => formatPath(path)),
        ['a/0', 'a/1', 'b'],
      );
      assert.deepEqual(await checkpoint.read(checkpoint.views[1].view), float32([2], [0, 1]));
      await assert.rejects(checkpoint.read(checkpoint.views[2].view), /complex64, which glit does not read/);
    });
  });
});

describe('the weights in a checkpoint', () => {
  const one = view({ shape: [2], strides: [1] });
  const other = view({ offset: 2, shape: [2], strides: [1] });
  const namesIn = async (pickle: Uint8Array, average = false): Promise<unknown> => {
    const file = join(folder, 'weights.pth');
    await writeFile(file, archive(pickle));
    const { key, tensors, epoch } = await readPytorchStateDict(file, { average });
    return [key, epoch, Object.fromEntries([...tensors].map(([name, { data }]) => [name, Number(data[0])]))];
  };

  test('are found under the usual names, alone, and without the prefix of parallel training', async () => {
    const both = dictionary({
      epoch: integer(4),
      state_dict: dictionary({ 'module.w': one, 'module.b': one }),
      state_dict_ema: dictionary({ 'module.w': other, 'module.b': other }),
    });
    assert.deepEqual(await namesIn(both), ['state_dict', 4, { w: 0, b: 0 }]);
    assert.deepEqual(await namesIn(both, true), ['state_dict_ema', 4, { w: 2, b: 2 }]);
    const model = dictionary({ model_ema: dictionary({ w: other }), model: dictionary({ w: one, 'module.b': one }) });
    assert.deepEqual(await namesIn(model), ['model', undefined, { w: 0, 'module.b': 0 }]);
    assert.deepEqual(await namesIn(model, true), ['model_ema', undefined, { w: 2 }]);
    // PyTorch's AveragedModel, as torchvision saves it.
    const averaged = dictionary({ n_averaged: one, 'module.w': other });
    assert.deepEqual(await namesIn(dictionary({ model_ema: averaged }), true), ['model_ema', undefined, { w: 2 }]);
    const counted = dictionary({ n_averaged: one, w: other });
    assert.deepEqual(await namesIn(counted), [undefined, undefined, { n_averaged: 0, w: 2 }]);
    assert.deepEqual(await namesIn(dictionary({ w: other, note: text('x') })), [undefined, undefined, { w: 2 }]);
  });

  test('that are missing are a one-line error', async () => {
    await assert.rejects(namesIn(one), /has no named weights/);
    await assert.rejects(
      namesIn(dictionary({ optimizer: dictionary({ a: integer(1) }) })),
      /it has "optimizer"; save the/,
    );
    await assert.rejects(namesIn(raw('}')), /it has nothing/);
    await assert.rejects(
      namesIn(dictionary({ w: one }), true),
      /no moving average.*it is a bare state dict; leave --ema out/,
    );
    await assert.rejects(
      namesIn(dictionary({ model: dictionary({ w: one }) }), true),
      /no moving average.*it has "model"/,
    );
  });
});

/**
 * An archive in the zip format for more than 4 GiB: sizes and offsets are in 64-bit extra fields, also in the central
 * directory.
 */
function zip64(entries: readonly ZipEntry[]): Uint8Array {
  const wide = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(8 * values.length);
    values.forEach((value, at) => bytes.writeBigUInt64LE(BigInt(value), 8 * at));
    return bytes;
  };
  const short = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  for (const { name, data } of entries) {
    const local = storedZip([{ name, data }]).subarray(0, 30 + name.length + data.length);
    const extra = raw(short(1), short(24), wide(data.length, data.length, position));
    const lies = Buffer.alloc(8, 0xff); // the sizes are in the extra field
    const lengths = raw(short(name.length), short(extra.length), Buffer.alloc(10), Buffer.alloc(4, 0xff));
    directory.push(raw('PK\x01\x02\x2d\x00', local.subarray(4, 18), lies, lengths, name, extra));
    parts.push(Buffer.from(local));
    position += local.length;
  }
  const size = Buffer.concat(directory).length;
  const record = [short(45), short(45), Buffer.alloc(8), wide(entries.length, entries.length, size, position)];
  const locator = raw('PK\x06\x07', Buffer.alloc(4), wide(position + size), 1, Buffer.alloc(3));
  const end = raw('PK\x05\x06', Buffer.alloc(4), Buffer.alloc(12, 0xff), short(0));
  return raw(...parts, ...directory, 'PK\x06\x06', wide(44), ...record, locator, end);
}

/** What the directory of an archive says about an entry that is compressed. */
interface Claim {
  readonly packed?: number;
  readonly whole: number;
}

/** An archive whose storage is compressed, and of which the directory claims these sizes. */
function compressed(content: Uint8Array, { whole, packed }: Claim): Uint8Array {
  const name = 'a/data/0';
  const data = deflateRawSync(content);
  const bytes = Buffer.from(archive(view({ shape: [6], strides: [1] }), [{ name, data }]));
  const entry = bytes.lastIndexOf(name) - 46;
  bytes.writeUInt16LE(8, entry + 10);
  bytes.writeUInt32LE(packed ?? data.length, entry + 20);
  bytes.writeUInt32LE(whole, entry + 24);
  return bytes;
}

describe('a file', () => {
  test('may be compressed, and is refused without much memory where it would unfold', async () => {
    const read = (content: Uint8Array, claim: Claim): Promise<unknown> =>
      open(compressed(content, claim), (checkpoint) => checkpoint.read(checkpoint.views[0].view));
    const length = NUMBERS.length;
    assert.deepEqual(await read(NUMBERS, { whole: length }), float32([6], [0, 1, 2, 3, 4, 5]));
    // Deflate cannot unfold that far.
    await assert.rejects(read(NUMBERS, { whole: 2 ** 30 }), /cannot have 1073741824 bytes, compressed to \d+/);
    // It unfolds further than it says: this must end at the size that it says.
    await assert.rejects(read(Buffer.alloc(2 ** 26), { whole: length }), /in the archive cannot be decompressed/);
    // Many entries can share the same compressed bytes.
    await assert.rejects(read(NUMBERS, { whole: length, packed: 2 ** 20 }), /its entries overlap/);
  });

  test('is read as an archive of 64 bits, and refused where such sizes lie', async () => {
    const pickle = raw('\x80\x02', view({ shape: [6], strides: [1] }), '.');
    const bytes = zip64([
      { name: 'a/data.pkl', data: pickle },
      { name: 'a/data/0', data: NUMBERS },
    ]);
    await open(bytes, async (checkpoint) => {
      assert.deepEqual(await checkpoint.read(checkpoint.views[0].view), float32([6], [0, 1, 2, 3, 4, 5]));
    });
    for (let at = 0; at + 8 <= bytes.length; at++) {
      const lying = Uint8Array.from(bytes);
      lying.fill(0xff, at, at + 8);
      await open(lying, () => undefined).catch((error: unknown) =>
        assert.ok(error instanceof UserError, String(error)),
      );
    }
  });

  test('that is missing, empty, a folder or another kind of archive is refused', async () => {
    await assert.rejects(PytorchFile.open(join(folder, 'none.pth')), /none\.pth cannot be read: there is no such file/);
    await mkdir(join(folder, 'folder.pth'));
    await assert.rejects(PytorchFile.open(join(folder, 'folder.pth')), UserError);
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(0), /it is empty/],
      [Buffer.from('import torch\n\n'), /not a pickle/],
      [storedZip([{ name: 'readme.txt', data: raw('x') }]), /no data\.pkl/],
      [
        storedZip([
          { name: 'a/data.pkl', data: raw('N.') },
          { name: 'b/data.pkl', data: raw('N.') },
        ]),
        /more than one/,
      ],
      [archive(raw('N'), [{ name: 'a/byteorder', data: raw('big') }]), /"big" byte order/],
      [archive(raw('N')).subarray(0, 100), /zip archive is cut off/],
    ];
    for (const [bytes, fact] of cases)
      await assert.rejects(
        open(bytes, () => undefined),
        fact,
      );
  });

  test('whose numbers are gone when they are read is refused, too', async () => {
    const file = join(folder, 'shrinking.pth');
    await writeFile(file, archive(view({ shape: [6], strides: [1] })));
    const checkpoint = await PytorchFile.open(file);
    await truncate(file, 40);
    await assert.rejects(checkpoint.read(checkpoint.views[0].view), /became shorter while it was read/);
    await checkpoint.close();
  });
});
