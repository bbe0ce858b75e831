import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { openDevice } from '../runtime/device.js';
import { float32, int64, tensor, type Tensor } from '../tensor/tensor.js';
import type { OnnxGraph, OnnxNode, OnnxValueInfo } from './graph.js';
import { encodeModel, readInitializers, readMetadata } from './model.js';
import { modelProto } from './schema.js';

const X: OnnxValueInfo = { name: 'x', dtype: 'float32', shape: [2, 3] };
const VALUES = float32([2, 3], [1, 2, 3, -4, 5, -6]);

function graphOf(
  nodes: readonly OnnxNode[],
  outputs: readonly OnnxValueInfo[],
  constants: Readonly<Record<string, Tensor>> = {},
): OnnxGraph {
  const initializers = Object.entries(constants).map(([name, value]) => ({ name, tensor: value }));
  return { name: 'test', nodes, initializers, inputs: [X], outputs };
}

async function run(graph: OnnxGraph, inputs: Readonly<Record<string, Tensor>> = { x: VALUES }) {
  const device = await openDevice({ threads: 1 });
  try {
    return await (await device.compile(encodeModel({ graph }))).run(inputs);
  } finally {
    await device.close();
  }
}

describe('an encoded model', () => {
  test('runs with attributes of every kind', async () => {
    const arm = (name: string, opType: string, attributes: OnnxNode['attributes']): OnnxGraph => {
      const node = { opType, input: ['x'], output: [`${name}.y`], ...(attributes && { attributes }) };
      return { ...graphOf([node], [{ name: `${name}.y`, dtype: 'float32', shape: [2, 3] }]), name, inputs: [] };
    };
    const results = await run(
      graphOf(
        [
          { opType: 'LeakyRelu', input: ['x'], output: ['leaky'], attributes: { alpha: { float: 0.25 } } },
          { opType: 'Transpose', input: ['x'], output: ['turned'], attributes: { perm: { ints: [1, 0] } } },
          { opType: 'Concat', input: ['x', 'x'], output: ['joined'], attributes: { axis: { int: -1 } } },
          {
            opType: 'If',
            input: ['no'],
            output: ['chosen'],
            attributes: {
              then_branch: { graph: arm('then', 'Abs', undefined) },
              else_branch: { graph: arm('else', 'Elu', { alpha: { float: 2 } }) },
            },
          },
          { opType: 'Clip', input: ['x', '', 'most'], output: ['clipped'] },
        ],
        [
          { name: 'leaky', dtype: 'float32', shape: [2, 3] },
          { name: 'turned', dtype: 'float32', shape: [3, 2] },
          { name: 'joined', dtype: 'float32', shape: ['rows', 6] },
          { name: 'chosen', dtype: 'float32', shape: [2, 3] },
          { name: 'clipped', dtype: 'float32', shape: [2, 3] },
        ],
        { no: tensor('bool', [1], Uint8Array.of(0)), most: float32([], [1]) },
      ),
    );
    const of = (value: (x: number) => number): Float32Array => VALUES.data.map(value);
    assert.deepEqual(
      results.leaky.data,
      of((x) => (x < 0 ? x / 4 : x)),
    );
    assert.deepEqual(results.turned, float32([3, 2], [1, -4, 2, 5, 3, -6]));
    assert.deepEqual(results.joined, float32([2, 6], [1, 2, 3, 1, 2, 3, -4, 5, -6, -4, 5, -6]));
    assert.deepEqual(
      results.clipped.data,
      of((x) => Math.min(x, 1)),
    );
    const elu = of((x) => (x < 0 ? 2 * (Math.exp(x) - 1) : x));
    elu.forEach((value, at) => assert.ok(Math.abs(Number(results.chosen.data[at]) - value) < 1e-5));
  });

  test('holds constants of every dtype, also those that are part of a larger buffer', async () => {
    const large = Float32Array.of(9, 9, 1.5, -2.5, 9);
    const constants = {
      part: tensor('float32', [2], large.subarray(2, 4)),
      whole: int64([2], [-(2 ** 40), 7]),
      small: tensor('int32', [1], Int32Array.of(-5)),
      bytes: tensor('uint8', [3], Uint8Array.of(1, 2, 255)),
      truth: tensor('bool', [2], Uint8Array.of(1, 0)),
      nothing: float32([0, 2], []),
      scalar: float32([], [0.5]),
    };
    const nodes = Object.keys(constants).map((name) => ({ opType: 'Identity', input: [name], output: [`${name}.y`] }));
    const outputs = Object.entries(constants).map(([name, { dtype, shape }]) => ({ name: `${name}.y`, dtype, shape }));
    const results = await run({ ...graphOf(nodes, outputs, constants), inputs: [] }, {});
    for (const [name, value] of Object.entries(constants)) {
      const { dtype, shape, data } = results[`${name}.y`];
      assert.deepEqual([dtype, shape, [...data]], [value.dtype, value.shape, [...value.data]]);
    }
    const read = readInitializers(encodeModel({ graph: graphOf(nodes, outputs, constants) }));
    assert.deepEqual([...read], Object.entries(constants));
  });
});

describe('metadata', () => {
  const graph = graphOf(
    [{ opType: 'Abs', input: ['x'], output: ['y'] }],
    [{ name: 'y', dtype: 'float32', shape: [2, 3] }],
  );

  test('asks for the oldest operator set and format that have its operators, also in branches', () => {
    const versions = (opType: string): readonly number[] => {
      const inner = { name: 'arm', nodes: [{ opType, input: ['x'], output: ['y'] }], initializers: [], inputs: [] };
      const arm = { graph: { ...inner, outputs: [{ name: 'y', dtype: 'float32' }] } } as const;
      const attributes = { then_branch: arm, else_branch: arm };
      const graph = graphOf([{ opType: 'If', input: ['no'], output: ['z'], attributes }], []);
      const message = modelProto.decode(encodeModel({ graph })) as unknown as {
        readonly irVersion: unknown;
        readonly opsetImport: readonly { readonly version: unknown }[];
      };
      return [Number(message.opsetImport[0].version), Number(message.irVersion)];
    };
    assert.deepEqual(['Add', 'BatchNormalization', 'LayerNormalization', 'Gelu'].map(versions), [
      [13, 7],
      [15, 8],
      [17, 8],
      [20, 9],
    ]);
  });

  test('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
        (metadata) => {
          assert.deepEqual(readMetadata(encodeModel({ graph, metadata })), metadata);
        },
      ),
    );
    assert.deepEqual(readMetadata(encodeModel({ graph })), {});
  });

  test('of bytes that are not an ONNX model is an Error', () => {
    assert.throws(() => readMetadata(new Uint8Array()), /^Error: the bytes are not an ONNX model/);
    assert.throws(
      () => readMetadata(new TextEncoder().encode('{"json": true}')),
      /^Error: the bytes are not an ONNX model/,
    );
    const held = { ...graph, initializers: [{ name: 'w', tensor: VALUES }] };
    const model = encodeModel({ graph: held, metadata: { key: 'value' } });
    const readOrRefused = (bytes: Uint8Array): void => {
      try {
        readMetadata(bytes);
        readInitializers(bytes);
      } catch (error) {
        assert.match(String(error), /^Error: the bytes are not an ONNX model/);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readOrRefused));
    fc.assert(fc.property(fc.nat(model.length - 1), fc.nat(255), (at, byte) => readOrRefused(model.with(at, byte))));
    for (let length = 0; length < model.length; length++) readOrRefused(model.subarray(0, length));
  });
});
