import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { PytorchFile } from '../../src/checkpoint/pytorch/pytorchFile.js';
import { formatPath } from '../../src/checkpoint/pytorch/tensorNames.js';
import { Namespace, type Pickled } from '../../src/checkpoint/pytorch/values.js';
import { UserError } from '../../src/errors.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { goldenPath } from '../golden.js';
import { values } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-checkpoints-'));
after(() => rm(folder, { recursive: true }));

interface Opened {
  readonly content: Pickled;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

async function open(file: string): Promise<Opened> {
  const checkpoint = await PytorchFile.open(file);
  try {
    const tensors = new Map<string, Tensor>();
    for (const { path, view } of checkpoint.views) tensors.set(formatPath(path), await checkpoint.read(view));
    return { content: checkpoint.content, tensors };
  } finally {
    await checkpoint.close();
  }
}

function field(content: Pickled, ...keys: readonly (string | number)[]): Pickled {
  return keys.reduce<Pickled>((value, key) => {
    const fields = value instanceof Namespace ? value.fields : value;
    assert.ok(fields instanceof Map, String(key));
    return fields.get(key) ?? null;
  }, content);
}

/** A pickled value as JSON. */
function plain(value: Pickled): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key as string, plain(each)]));
  if (value instanceof Namespace) return plain(value.fields);
  return Array.isArray(value) ? value.map(plain) : value;
}

function assertEqual(actual: Tensor | undefined, expected: Tensor, what: string): void {
  assert.ok(actual !== undefined, `${what} is missing`);
  assert.deepEqual(actual.shape, expected.shape, what);
  assert.deepEqual(values(actual), values(expected), what);
}

for (const format of ['zip', 'legacy']) {
  describe(`the ${format} format`, () => {
    test('a training checkpoint: weights, average, optimizer state and plain data', async () => {
      const expected = await GoldenTensors.read('checkpoints/ckpt_expected.safetensors');
      const { ckpt } = await goldenJson<{ ckpt: Record<string, unknown> }>('checkpoints/index.json');
      const { content, tensors } = await open(goldenPath(`checkpoints/ckpt_${format}.pth`));
      assert.deepEqual([...(content as Map<string, unknown>).keys()], ckpt['top_level_keys']);
      for (const part of ['model', 'model_ema']) {
        const wanted = expected.under(`${part}/`);
        assert.equal(wanted.size, ckpt['model_entries']);
        for (const [name, tensor] of wanted) assertEqual(tensors.get(`${part}/${name}`), tensor, name);
      }
      for (const [name, tensor] of expected.under('optimizer/')) {
        assertEqual(tensors.get(`optimizer/state/${name}`), tensor, name);
      }
      assert.equal(field(content, 'epoch'), 3);
      for (const key of ['scaler', 'args', 'lr_scheduler']) assert.deepEqual(plain(field(content, key)), ckpt[key]);
      assert.deepEqual(plain(field(content, 'optimizer', 'param_groups')), ckpt['optimizer_param_groups']);
      const steps = format === 'zip' ? values(tensors.get('optimizer/state/0/step') as Tensor)[0] : undefined;
      assert.equal(steps ?? field(content, 'optimizer', 'state', 0, 'step'), 3);
    });

    test('every type of element', async () => {
      const expected = await GoldenTensors.read('checkpoints/dtypes_expected.safetensors');
      const { dtypes } = await goldenJson<{ dtypes: Record<string, Record<string, unknown>> }>('checkpoints/index.json');
      const { content, tensors } = await open(goldenPath(`checkpoints/dtypes_${format}.pth`));
      assert.equal(tensors.size, Object.keys(dtypes['dtypes']).length);
      for (const name of Object.keys(dtypes['dtypes'])) {
        assertEqual(tensors.get(`model/${name}`), expected.get(name), name);
      }
      assert.equal(field(content, 'note'), 'größe ≥ 1');
      assert.deepEqual(field(content, 'flags'), [true, false, null]);
      assert.equal(field(content, 'big'), 1180591620717411303424n);
      assert.equal(field(content, 'neg'), -5);
      assert.equal(field(content, 'best_acc'), 76.4);
      assert.deepEqual(plain(field(content, 'list')), [1, [2.5, 'x'], {}]);
    });

    test('views: transposed, strided, offset, expanded, diagonal, tied, permuted, channels last', async () => {
      const expected = (await GoldenTensors.read('checkpoints/views_expected.safetensors')).under('');
      const { tensors } = await open(goldenPath(`checkpoints/views_${format}.pth`));
      assert.ok(expected.size >= 16);
      for (const [name, tensor] of expected) assertEqual(tensors.get(`model/${name}`), tensor, name);
    });
  });
}

describe('a checkpoint that must be refused', async () => {
  const { bad } = await goldenJson<{ bad: Record<string, number> }>('checkpoints/index.json');
  const cases: readonly (readonly [file: string, fact: RegExp])[] = [
    ['bad_reduce_zip.pth', /would call "posix\.system".*nothing was called/],
    ['bad_reduce_legacy.pth', /would call "posix\.system".*nothing was called/],
    ['bad_reduce_bare_pickle.pth', /would call "os\.system".*nothing was called/],
    ['bad_truncated_zip.pth', /zip archive is cut off or damaged/],
    ['bad_truncated_legacy.pth', /cut off or damaged/],
    ['bad_random_bytes.pth', /not a pickle/],
    ['bad_missing_storage.pth', /tensor "model\/b" is broken: the numbers of its storage "1" are missing/],
    ['bad_out_of_bounds_view.pth', /tensor "model\/a" is broken: \[9, 4\] reaches element 35 of a storage that has 12/],
  ];
  test('is known by its defect', () => {
    const known = new Set(cases.map(([file]) => file));
    assert.ok(Object.keys(bad).length >= 6);
    for (const file of Object.keys(bad)) assert.ok(known.has(file), file);
  });
  for (const [file, fact] of cases.filter(([name]) => name in bad)) {
    test(`${file}: one line`, async () => {
      const path = goldenPath(`checkpoints/${file}`);
      await assert.rejects(
        open(path),
        (error) =>
          error instanceof UserError &&
          error.message.startsWith(`${path} cannot be read as a PyTorch checkpoint: `) &&
          !error.message.includes('\n') &&
          fact.test(error.message),
      );
    });
  }

  test('a file truncated anywhere is refused or, after its last number, complete', async () => {
    for (const name of ['dtypes_zip.pth', 'dtypes_legacy.pth', 'views_zip.pth', 'views_legacy.pth']) {
      const bytes = await readFile(goldenPath(`checkpoints/${name}`));
      const copy = join(folder, name);
      await writeFile(copy, bytes);
      for (let length = bytes.length - 1; length >= 0; length -= 1 + Math.floor(length / 60)) {
        await truncate(copy, length);
        await assert.rejects(open(copy), UserError, `${name}, ${length} bytes`);
      }
    }
  });
});
