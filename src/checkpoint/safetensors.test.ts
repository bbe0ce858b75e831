import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { goldenPath } from '../../test/golden.js';
import { UserError } from '../errors.js';
import { float32, int64, sizeOf, tensor, type Tensor } from '../tensor/tensor.js';
import { fromHalf } from '../tensor/half.js';
import { decodeSafetensors, encodeSafetensors, readSafetensors, writeSafetensors } from './safetensors.js';

/** A file with this header, as text or as an object, and these data bytes. */
function fileOf(header: object | string, data: ArrayLike<number> = [], claimedLength?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(claimedLength ?? text.length), true);
  return Uint8Array.from([...length, ...text, ...Array.from(data)]);
}

const arbitraryShape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
const arbitraryTensor: fc.Arbitrary<Tensor> = arbitraryShape.chain((shape) => {
  const length = { minLength: sizeOf(shape), maxLength: sizeOf(shape) };
  return fc.oneof(
    fc.float32Array(length).map((data) => tensor('float32', shape, data)),
    fc.bigInt64Array(length).map((data) => tensor('int64', shape, data)),
    fc.int32Array(length).map((data) => tensor('int32', shape, data)),
    fc.uint8Array(length).map((data) => tensor('uint8', shape, data)),
    fc.uint8Array({ ...length, max: 1 }).map((data) => tensor('bool', shape, data)),
  );
});
const arbitraryName = fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__');
const arbitraryContent = fc.record({
  tensors: fc.uniqueArray(fc.tuple(arbitraryName, arbitraryTensor), { selector: ([name]) => name, maxLength: 6 }),
  metadata: fc.dictionary(arbitraryName, arbitraryName, { maxKeys: 3 }),
});

describe('safetensors', () => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(arbitraryContent, ({ tensors, metadata }) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const read = decodeSafetensors(bytes, 'file');
        assert.deepEqual(new Map([...read.tensors].sort()), new Map([...tensors].sort()));
        assert.deepEqual({ ...read.metadata }, { ...metadata });
        assert.equal(new DataView(bytes.buffer).getBigUint64(0, true) % 8n, 0n);
      }),
    );
  });

  test('the same content gives the same bytes, in whatever order it comes', () => {
    fc.assert(
      fc.property(arbitraryContent, ({ tensors, metadata }) => {
        const reversed = Object.fromEntries(Object.entries(metadata).reverse());
        assert.deepEqual(encodeSafetensors(tensors.toReversed(), reversed), encodeSafetensors(tensors, metadata));
      }),
    );
  });

  test('the layout is the documented one', () => {
    const bytes = encodeSafetensors([
      ['b', tensor('uint8', [3], Uint8Array.of(1, 2, 3))],
      ['a', float32([], [1])],
      ['n', int64([1], [-1])],
    ]);
    const header =
      '{"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},' +
      '"b":{"dtype":"U8","shape":[3],"data_offsets":[12,15]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    assert.deepEqual(bytes, fileOf(padded, [...new Array<number>(8).fill(255), 0, 0, 0x80, 0x3f, 1, 2, 3]));
  });

  test('narrow and wide floats become float32', () => {
    const halves = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x3555, 0x0400, 0x7e00];
    const expected = [1, -2, 65504, 2 ** -24, -0, Infinity, -Infinity, 0.333251953125, 2 ** -14, NaN];
    assert.deepEqual(halves.map(fromHalf), expected);

    const data = new Uint8Array(8 + 4 + 4);
    const view = new DataView(data.buffer);
    view.setFloat64(0, 1 / 3, true);
    view.setUint16(8, 0xbf80, true); // -1 in bfloat16
    view.setUint16(10, 0x4049, true); // 3.140625
    view.setUint16(12, 0x3c00, true);
    view.setUint16(14, 0xc000, true);
    const header = {
      double: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      brain: { dtype: 'BF16', shape: [2], data_offsets: [8, 12] },
      half: { dtype: 'F16', shape: [2], data_offsets: [12, 16] },
    };
    const { tensors } = decodeSafetensors(fileOf(header, data), 'file');
    assert.deepEqual(tensors.get('double'), float32([1], [Math.fround(1 / 3)]));
    assert.deepEqual(tensors.get('brain'), float32([2], [-1, 3.140625]));
    assert.deepEqual(tensors.get('half'), float32([2], [1, -2]));
  });

  test('a damaged file is refused in one line that names it and the fact', () => {
    const four = { dtype: 'U8', shape: [4], data_offsets: [0, 4] };
    const data = [1, 2, 3, 4];
    const cases: [Uint8Array, RegExp][] = [
      [Uint8Array.of(1, 2), /it has 2 bytes, fewer than/],
      [fileOf('{}', [], 3), /claims a header of 3 bytes where at most 2/],
      [fileOf('{}', [], 2 ** 62), /claims a header of 4611686018427387904 bytes/],
      [fileOf('{"a":'), /header is not JSON/],
      [fileOf('[]'), /not a JSON object/],
      [fileOf('null'), /not a JSON object/],
      [Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 0xff]), /header is not JSON/],
      [fileOf('{"a": 1, "\\u0061" : 2}'), /names "a" twice/],
      [fileOf('{"a":{"dtype":"U8","shape":[4],"dtype":"I32","data_offsets":[0,4]}}', data), /names "dtype" twice/],
      [fileOf({ a: 1 }), /tensor "a" is not described by an object/],
      [fileOf({ a: { ...four, dtype: 'F8_E4M3' } }, data), /"a" has the dtype "F8_E4M3"; F64, .*BOOL can be read/],
      [fileOf({ a: { shape: [4], data_offsets: [0, 4] } }, data), /"a" has the dtype missing/],
      [fileOf({ a: { ...four, shape: [-4] } }, data), /"a" has the shape \[-4\]/],
      [fileOf({ a: { ...four, shape: [2.5] } }, data), /"a" has the shape \[2.5\]/],
      [fileOf({ a: { ...four, shape: '4' } }, data), /"a" has the shape "4"/],
      [fileOf({ a: { ...four, shape: [2 ** 40, 2 ** 40] } }, data), /takes 1.2\d*e\+24 bytes and has 4/],
      [fileOf({ a: { ...four, data_offsets: [0] } }, data), /has the data_offsets \[0\]/],
      [fileOf({ a: { ...four, data_offsets: [4, 0] } }, data), /takes 4 bytes and has -4/],
      [fileOf({ a: four }, [1, 2, 3]), /"a" ends 1 bytes after the file/],
      [
        fileOf({ a: { ...four, shape: [2 ** 50], data_offsets: [0, 2 ** 50] } }, data),
        /"a" ends \d+ bytes after the file/,
      ],
      [fileOf({ a: four, b: four }, data), /"b" overlaps another/],
      [fileOf({ a: { ...four, data_offsets: [1, 5] } }, [0, ...data]), /1 unused bytes before tensor "a"/],
      [fileOf({ a: four }, [...data, 5]), /1 unused bytes at its end/],
      [fileOf({ __metadata__: { a: 1 } }), /__metadata__ has "a", which is not text/],
      [fileOf({ __metadata__: 'x' }), /__metadata__ is not an object/],
      [fileOf({ 'a\nb': 1 }), /tensor "a\\nb" is not/],
    ];
    for (const [bytes, fact] of cases) {
      assert.throws(
        () => decodeSafetensors(bytes, 'weights.safetensors'),
        (error) =>
          error instanceof UserError &&
          error.message.startsWith('weights.safetensors cannot be read as safetensors: ') &&
          !error.message.includes('\n') &&
          fact.test(error.message),
        String(fact),
      );
    }
  });

  test('a file with any bytes changed is read or refused, and nothing else', () => {
    const bytes = encodeSafetensors([
      ['weight', float32([2, 2], [1, 2, 3, 4])],
      ['flag', tensor('bool', [3], Uint8Array.of(1, 0, 1))],
    ]);
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(bytes.length), (changes, length) => {
        const mutated = bytes.slice(0, length);
        for (const [at, byte] of changes) if (at < length) mutated[at] = byte;
        try {
          decodeSafetensors(mutated, 'file');
        } catch (error) {
          assert.ok(error instanceof UserError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a long header is read in reasonable time', () => {
    const metadata = { text: '"\\'.repeat(2_000_000) };
    assert.deepEqual({ ...decodeSafetensors(encodeSafetensors([], metadata), 'file').metadata }, metadata);
  });

  test('names are checked when writing', () => {
    const value = float32([], [1]);
    assert.throws(() => encodeSafetensors([['__metadata__', value]]), /cannot be called __metadata__/);
    assert.throws(() => encodeSafetensors([['a', value], ['a', value]]), /two tensors have the same name/); // prettier-ignore
  });

  test('round-trips through a file; a missing file is a UserError', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'glit-safetensors-'));
    const file = path.join(folder, 'a.safetensors');
    await writeSafetensors(file, [['a', float32([2], [1, 2])]], { step: '5' });
    const { tensors, metadata } = await readSafetensors(file);
    assert.deepEqual([tensors.get('a'), metadata['step']], [float32([2], [1, 2]), '5']);
    await writeFile(file, 'text');
    await assert.rejects(
      readSafetensors(file),
      (error) => error instanceof UserError && error.message.startsWith(file),
    );
    await rm(folder, { recursive: true });
    await assert.rejects(readSafetensors(file), {
      name: 'UserError',
      message: `${file} cannot be read: there is no such file; give another`,
    });
  });

  test('reads every reference file', async () => {
    const files = (await readdir(goldenPath('.'), { recursive: true })).filter((file) => file.endsWith('.safetensors'));
    assert.ok(files.length > 20, `${files.length} files`);
    for (const file of files) {
      const { tensors } = await readSafetensors(goldenPath(file));
      assert.ok(tensors.size > 0, file);
      const again = decodeSafetensors(encodeSafetensors(tensors), file);
      for (const [name, value] of tensors) assert.deepEqual(again.tensors.get(name), value, `${file}: ${name}`);
    }
    const { tensors } = await readSafetensors(goldenPath('modules/vit_d48_h3_ev1_B3_N33.safetensors'));
    assert.deepEqual(tensors.get('x')?.shape, [3, 33, 48]);
  });
});
