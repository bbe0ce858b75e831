import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { PytorchFile } from '../../src/checkpoint/pytorch/pytorchFile.js';
import { readPytorchStateDict } from '../../src/checkpoint/pytorch/stateDict.js';
import { encodePytorch } from '../../src/checkpoint/pytorch/write.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/checkpoint/safetensors.js';
import { recognizeArchitecture } from '../../src/family/families.js';
import { float32, int64, sizeOf, tensor, type Tensor } from '../../src/tensor/tensor.js';
import { goldenPath } from '../golden.js';
import { mutated } from './mutations.js';
import { survives } from './verdict.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-fuzz-'));
after(() => rmSync(folder, { recursive: true }));
const RUNS = Number(process.env['GLIT_FUZZ_RUNS'] ?? 400);

const golden = (name: string): Uint8Array => readFileSync(goldenPath(`checkpoints/${name}`));

/** Reads every tensor of a checkpoint, and its weights. */
async function readPytorch(bytes: Uint8Array): Promise<void> {
  const file = join(folder, 'mutated.pth');
  await writeFile(file, bytes);
  const checkpoint = await PytorchFile.open(file);
  try {
    for (const { view } of checkpoint.views) {
      const { data, shape } = await checkpoint.read(view);
      assert.equal(data.length, sizeOf(shape));
    }
  } finally {
    await checkpoint.close();
  }
  await readPytorchStateDict(file);
}

/** Some mutations are harmless; if all or none were, the test would prove nothing. */
function assertMixed(read: number, all: number): void {
  assert.ok(read > 0 && read < all, `${read} of ${all} were read`);
}

describe('mutated files are read or refused in one line', () => {
  const cases: readonly (readonly [
    what: string,
    files: readonly Uint8Array[],
    read: (bytes: Uint8Array) => unknown,
  ])[] = [
    ['.pth, zip', [golden('dtypes_zip.pth'), golden('views_zip.pth'), deflated(), written()], readPytorch],
    [
      '.pth, legacy',
      [golden('dtypes_legacy.pth'), golden('views_legacy.pth'), golden('bad_reduce_legacy.pth')],
      readPytorch,
    ],
    [
      'safetensors',
      [golden('dtypes_expected.safetensors'), golden('views_expected.safetensors')],
      (bytes) => decodeSafetensors(bytes, 'mutated.safetensors'),
    ],
  ];
  for (const [what, files, read] of cases) {
    test(what, async () => {
      let whole = 0;
      await fc.assert(
        fc.asyncProperty(mutated(files), async (bytes) => {
          if (await survives(() => read(bytes))) whole++;
        }),
        { numRuns: RUNS },
      );
      assertMixed(whole, RUNS);
    });
  }

  test('a whole training checkpoint', async () => {
    const files = [golden('ckpt_zip.pth'), golden('ckpt_legacy.pth')];
    await fc.assert(
      fc.asyncProperty(mutated(files), (bytes) => survives(() => readPytorch(bytes)).then(() => undefined)),
      { numRuns: Math.ceil(RUNS / 40) },
    );
  });

  test('bytes that were never a file', async () => {
    const starts = ['', 'PK\x03\x04', '\x80\x02', '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.'];
    const start = fc.constantFrom(...starts).map((text) => Buffer.from(text, 'latin1'));
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 300 }), async (head, bytes) => {
        await survives(() => readPytorch(Buffer.concat([head, bytes])));
        await survives(() => decodeSafetensors(bytes, 'file'));
      }),
      { numRuns: RUNS },
    );
  });
});

test('a state with any names and shapes is recognized or refused in one line', async () => {
  const names = [
    'cls_token',
    'pos_embed',
    'patch_embed.proj.weight',
    'head.weight',
    'blocks.0.mlp.fc1.weight',
    'blocks.0.0.attn.qkv.weight',
    'blocks.0.attn.net.1.weight',
    'blocks.0.attn.net.3.conv.weight',
  ];
  const shape = fc.array(fc.oneof(fc.constantFrom(0, 1, 3, 16, 192, 197, 576, 768), fc.nat(4)), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), shape), async (shapes) => {
      const state = new Map(Object.entries(shapes));
      await survives(() => recognizeArchitecture(state, 'state'));
    }),
    { numRuns: RUNS },
  );
});

/** Tensors of every type. */
function content(): [string, Tensor][] {
  return [
    ['weight', float32([2, 3], [1, -2, 3, 4, 5, 6])],
    ['counter', int64([], [7])],
    ['mask', tensor('bool', [3], Uint8Array.of(1, 0, 1))],
    ['pixels', tensor('uint8', [4], Uint8Array.of(1, 2, 3, 4))],
    ['indices', tensor('int32', [2], Int32Array.of(-1, 5))],
    ['none', float32([0, 4], [])],
  ];
}

function written(): Uint8Array {
  return encodePytorch(content());
}

/** The same archive with its entries deflated. */
function deflated(): Uint8Array {
  const plain = Buffer.from(written());
  const entries: { name: string; data: Buffer }[] = [];
  for (let at = 0; plain.readUInt32LE(at) === 0x04034b50;) {
    const [size, name] = [plain.readUInt32LE(at + 18), plain.readUInt16LE(at + 26)];
    const start = at + 30 + name;
    entries.push({ name: plain.toString('latin1', at + 30, start), data: plain.subarray(start, start + size) });
    at = start + size;
  }
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const packed = deflateRawSync(data);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(data), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, place, Buffer.from(name)]));
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, Buffer.from(name), packed]);
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

describe('what glit writes as a PyTorch checkpoint', () => {
  for (const [how, bytes] of [
    ['as it is', written()],
    ['with its archive deflated', deflated()],
  ] as const) {
    test(`${how} is read again`, async () => {
      const file = join(folder, 'written.pth');
      await writeFile(file, bytes);
      const { key, tensors } = await readPytorchStateDict(file);
      assert.equal(key, 'model');
      assert.deepEqual([...tensors], content());
    });
  }

  test('is the same however often it is written, and so is safetensors', () => {
    assert.deepEqual(written(), written());
    assert.deepEqual(encodeSafetensors(content()), encodeSafetensors(content()));
  });
});
