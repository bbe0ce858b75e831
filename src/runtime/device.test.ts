import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { UserError } from '../errors.js';
import type { OnnxNode, OnnxValueInfo } from '../onnx/graph.js';
import { encodeModel } from '../onnx/model.js';
import { float32, int64, tensor, zeros, type Tensor } from '../tensor/tensor.js';
import { whyNoOpenVino } from '../../test/openVino.js';
import { whyNoWebGpu } from '../../test/webGpu.js';
import { openDevice, type Device, type DeviceKind } from './device.js';

/** The bytes of a model with these nodes. */
function model(inputs: OnnxValueInfo[], nodes: OnnxNode[], outputs: OnnxValueInfo[]): Uint8Array {
  return encodeModel({ graph: { name: 'test', nodes, initializers: [], inputs, outputs } });
}

const value = (name: string, ...shape: (number | string)[]): OnnxValueInfo => ({ name, dtype: 'float32', shape });
const node = (opType: string, input: string[], output: string): OnnxNode => ({ opType, input, output: [output] });

/** Momentum on two parameters: m' = m + g, p' = p + m'; also returns the sum of p'. */
const MOMENTUM = model(
  [value('p', 2), value('m', 2), value('g', 2)],
  [node('Add', ['m', 'g'], 'm2'), node('Add', ['p', 'm2'], 'p2'), node('ReduceSum', ['p2'], 'sum')],
  [value('p2', 2), value('m2', 2), value('sum', 1)],
);

/** n matrix products in a row: a run of any length. */
function products(count: number, size: number): Uint8Array {
  const nodes = Array.from({ length: count }, (_, i) => node('MatMul', [`x${i}`, 'x0'], `x${i + 1}`));
  return model([value('x0', size, size)], nodes, [value(`x${count}`, size, size)]);
}

/**
 * The tests for every kind of device. Products of matrices of this `size` take some milliseconds. OpenVINO keeps no names
 * of free dimensions, and computes with the lower half of 64-bit integers.
 */
function behavesAsADevice(kind: DeviceKind, size: number): void {
  const isOpenVino = kind === 'openvino';
  let device: Device;
  before(async () => {
    device = await openDevice({ kind, threads: 2 });
  });
  after(() => device.close());

  test('runs a program on host tensors and leaves them usable', async () => {
    const program = await device.compile(MOMENTUM, 'momentum');
    assert.deepEqual(
      program.signature.inputs.map(({ name, dtype, shape }) => `${name} ${dtype} ${shape.join()}`),
      ['p float32 2', 'm float32 2', 'g float32 2'],
    );
    const inputs = { p: float32([2], [1, 2]), m: float32([2], [0.5, 0]), g: float32([2], [1, 1]) };
    const { p2, sum } = await program.run(inputs, { outputs: ['p2', 'sum'] });
    assert.deepEqual(p2, float32([2], [2.5, 3]));
    assert.deepEqual(sum.data, Float32Array.of(5.5));
    assert.deepEqual(inputs.p, float32([2], [1, 2]));
    assert.deepEqual(Object.keys(await program.run(inputs)), ['p2', 'm2', 'sum']);
    await program.release();
    await assert.rejects(program.run(inputs), /^Error: momentum: the program was released$/);
  });

  test('times runs, and says which program a bad one was', async () => {
    const program = await device.compile(products(4, size), 'products');
    const times = await program.time({ x0: zeros('float32', [size, size]) }, 3);
    assert.equal(times.length, 3);
    assert.ok(times.every((each) => each > 0));
    await assert.rejects(program.time({}, 1), /^Error: products: input 'x0' is missing$/);
    await program.release();
  });

  test('keeps tensors between runs: updates replace their content, several runs may be under way', async () => {
    const program = await device.compile(MOMENTUM, 'momentum');
    const p = await device.upload(float32([2], [0, 10]));
    const m = await device.upload(float32([2], [0, 0]));
    const runs = Array.from({ length: 5 }, () =>
      program.run({ p, m, g: float32([2], [1, -1]) }, { updates: { p2: p, m2: m } }),
    );
    const sums = (await Promise.all(runs)).map(({ sum }) => Number(sum?.data[0]));
    assert.deepEqual(sums, [10, 10, 10, 10, 10]);
    assert.deepEqual(await device.download(m), float32([2], [5, -5]));
    assert.deepEqual(await device.download(p), float32([2], [15, -5]));

    await device.write(m, float32([2], [0, 0]));
    assert.deepEqual(await device.download(m), zeros('float32', [2]));
    await assert.rejects(device.write(m, float32([3], [0, 0, 0])), /float32 \[3\] cannot be written .* float32 \[2\]/);
    device.free(m);
    await assert.rejects(device.download(m), /float32 \[2\] device tensor was used after it was freed/);
    await assert.rejects(program.run({ p, m, g: p }), /momentum: .*freed/);

    await program.release();
    const negation = await device.compile(model([value('x', 2)], [node('Neg', ['x'], 'y')], [value('y', 2)]));
    assert.deepEqual(
      (await negation.run({ x: p })).y,
      float32([2], [-15, 5]),
      'tensors outlive the program that made them',
    );
  });

  test('a run that fails updates nothing', async () => {
    const program = await device.compile(
      model(
        [value('x', 'n')],
        [node('Neg', ['x'], 'y'), node('Identity', ['x'], 'z')],
        [value('y', 'n'), value('z', 'n')],
      ),
      'negation',
    );
    const x = await device.upload(float32([2], [1, 2]));
    const other = await device.upload(float32([3], [7, 8, 9]));
    await assert.rejects(
      program.run({ x }, { updates: { y: x, z: other } }),
      /negation: output 'z' is float32 \[2\] and cannot update a device tensor that is float32 \[3\]/,
    );
    assert.deepEqual(await device.download(x), float32([2], [1, 2]));
    await assert.rejects(
      program.run({ x }, { updates: { y: x, z: x } }),
      /output 'z' updates a device tensor that another/,
    );
  });

  test('an output may be updated and returned, and all element types go through', async () => {
    const inputs = (['int64', 'int32', 'uint8', 'bool', 'float32'] as const).map((dtype) => ({
      name: dtype,
      dtype,
      shape: [2],
    }));
    const nodes = inputs.map(({ name }) => node('Identity', [name], `${name}2`));
    const program = await device.compile(
      model(
        inputs,
        nodes,
        inputs.map((info) => ({ ...info, name: `${info.name}2` })),
      ),
    );
    const values: Record<string, Tensor> = {
      int64: int64([2], [-1, isOpenVino ? 2 ** 30 : 2 ** 40]),
      int32: tensor('int32', [2], Int32Array.of(-7, 7)),
      uint8: tensor('uint8', [2], Uint8Array.of(0, 255)),
      bool: tensor('bool', [2], Uint8Array.of(0, 1)),
      float32: float32([2], [0.5, -1]),
    };
    const kept = await device.upload(int64([2], [0, 0]));
    const results = await program.run(values, {
      outputs: inputs.map(({ name }) => `${name}2`),
      updates: { int642: kept },
    });
    for (const [name, expected] of Object.entries(values)) assert.deepEqual(results[`${name}2`], expected);
    assert.deepEqual(await device.download(kept), values.int64);
  });

  test('hands over the memory of the inputs named in transfer, and of no other', async () => {
    const program = await device.compile(MOMENTUM);
    const inputs = { p: float32([2], [1, 2]), m: float32([2], [0, 0]), g: float32([2], [1, 1]) };
    await program.run(inputs, { transfer: ['p'] });
    assert.equal(inputs.p.data.length, 0);
    assert.equal(inputs.m.data.length, 2);
    const shared = new Float32Array(4).subarray(1, 3);
    await program.run({ ...inputs, p: tensor('float32', [2], shared) }, { transfer: ['p'] });
    assert.equal(shared.length, 2, 'a view of a larger buffer is copied');
  });

  test('reads shared memory in place, again in every run', async () => {
    const program = await device.compile(MOMENTUM);
    const data = new Float32Array(new SharedArrayBuffer(8));
    const inputs = { p: tensor('float32', [2], data), m: float32([2], [0, 0]), g: float32([2], [0, 0]) };
    for (const values of [
      [1, 2],
      [3, 4],
    ]) {
      data.set(values);
      const { p2 } = await program.run(inputs, { transfer: ['p'] });
      assert.deepEqual([...(p2.data as Float32Array)], values);
      assert.deepEqual([...data], values);
    }
  });

  test('uploads a copy of shared memory', async () => {
    const data = Float32Array.of(1, 2);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set(data);
    const kept = await device.upload(tensor('float32', [2], shared));
    shared.fill(0);
    assert.deepEqual((await device.download(kept)).data, data);
  });

  test('errors name the program, the input and both types', async () => {
    const program = await device.compile(
      model(
        [value('x', 'batch', 3), value('y', 'batch')],
        [node('Neg', ['x'], 'z'), node('Neg', ['y'], 'w')],
        [value('z', 'batch', 3), value('w', 'batch')],
      ),
      'pair',
    );
    const x = zeros('float32', [4, 3]);
    const y = zeros('float32', [4]);
    await program.run({ x, y });
    await assert.rejects(program.run({ x }), /^Error: pair: input 'y' is missing$/);
    await assert.rejects(program.run({ x, y, q: y }), /^Error: pair: there is no input 'q'$/);
    await assert.rejects(
      program.run({ x, y: zeros('int64', [4]) }),
      isOpenVino
        ? /input 'y' is int64 \[4\], expected float32 \[\?\]/
        : /'y' is int64 \[4\], expected float32 \[batch\]/,
    );
    await assert.rejects(
      program.run({ x: zeros('float32', [4, 2]), y }),
      isOpenVino
        ? /pair: input 'x' is float32 \[4, 2\], expected float32 \[\?, 3\]$/
        : /pair: input 'x' is float32 \[4, 2\], expected float32 \[batch, 3\] with batch = 4$/,
    );
    const longer = program.run({ x, y: zeros('float32', [5]) });
    if (isOpenVino) await longer;
    else await assert.rejects(longer, /input 'y' is float32 \[5\].*with batch = 4$/);
    await assert.rejects(program.run({ x, y }, { outputs: ['v'] }), /pair: there is no output 'v'/);
    await assert.rejects(device.compile(Uint8Array.of(1, 2, 3), 'nonsense'), /^Error: nonsense does not compile: \S/);
  });

  test('errors of the engine name the program and what it reports', async () => {
    const program = await device.compile(
      model([value('x', 'n'), value('y', 'm')], [node('Add', ['x', 'y'], 'z')], [value('z', 'k')]),
      'sum',
    );
    const x = zeros('float32', [2]);
    await assert.rejects(program.run({ x, y: zeros('float32', [3]) }), /^Error: sum: .*Add/);
    assert.deepEqual((await program.run({ x, y: x })).z, x, 'the device goes on');
  });

  test('does not block the thread that calls', async () => {
    const program = await device.compile(products(60, size));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const started = performance.now();
    await program.run({ x0: zeros('float32', [size, size]) });
    const elapsed = performance.now() - started;
    clearInterval(timer);
    assert.ok(ticks >= 3, `${ticks} timer ticks in a run of ${elapsed.toFixed(0)} ms`);
  });

  test('tensors of another device are refused', async () => {
    const other = await openDevice({ threads: 1 });
    const program = await device.compile(MOMENTUM);
    const foreign = await other.upload(zeros('float32', [2]));
    const own = zeros('float32', [2]);
    await assert.rejects(program.run({ p: foreign, m: own, g: own }), /belongs to another device/);
    await other.close();
  });
}

/** A test that runs keep no memory. */
function freesMemory(kind: DeviceKind): void {
  test('frees what updates replace and what was not requested', async () => {
    const device = await openDevice({ kind });
    const size = 500_000; // 2 MB
    const program = await device.compile(
      model(
        [value('x', size)],
        [node('Neg', ['x'], 'y'), node('Identity', ['x'], 'z')],
        [value('y', size), value('z', size)],
      ),
    );
    const x = await device.upload(zeros('float32', [size]));
    const step = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await program.run({ x }, { updates: { y: x }, outputs: [] });
      await device.download(x);
    };
    await step(20);
    const before = process.memoryUsage.rss();
    await step(200); // 800 MB of outputs
    const growth = (process.memoryUsage.rss() - before) / 2 ** 20;
    assert.ok(growth < 100, `the process grew by ${growth.toFixed(0)} MB`);
    await device.close();
  });
}

describe('a cpu device', () => behavesAsADevice('cpu', 512));

describe('a webgpu device', { skip: await whyNoWebGpu() }, () => {
  behavesAsADevice('webgpu', 48);

  freesMemory('webgpu');
});

describe('an openvino device', { skip: await whyNoOpenVino() }, () => {
  behavesAsADevice('openvino', 512);
  freesMemory('openvino');
});

describe('closing a device', () => {
  test('waits for the run in flight and refuses those behind it', async () => {
    const device = await openDevice({ threads: 2 });
    const program = await device.compile(products(40, 512), 'products');
    const x0 = await device.upload(zeros('float32', [512, 512]));
    const runs = Array.from({ length: 50 }, () => program.run({ x0 }));
    const settled = Promise.allSettled(runs);
    await runs[0];
    const started = performance.now();
    await Promise.all([device.close(), device.close()]);
    const elapsed = performance.now() - started;
    const refused = (await settled).filter(({ status }) => status === 'rejected').length;
    assert.ok(refused >= 40, `${refused} of 50 runs were refused`);
    assert.ok(elapsed < 2000, `closing took ${elapsed.toFixed(0)} ms`);
    await assert.rejects(program.run({ x0 }), /^Error: products: the device was closed$/);
    await device.close();
  });

  test('is refused a senseless number of threads', async () => {
    await assert.rejects(openDevice({ threads: 0 }), UserError);
  });
});

/** Runs a script with `device`, `program` (a run of some 100 ms) and `x0`, in a separate process. */
function inProcess(
  script: string,
  kind: DeviceKind = 'cpu',
): { status: number | null; signal: string | null; output: string } {
  const bytes = Buffer.from(products(40, 512)).toString('base64');
  const source = `
    import { openDevice } from '${new URL('./device.js', import.meta.url).href}';
    const device = await openDevice({ kind: '${kind}', threads: 2 });
    const program = await device.compile(Buffer.from('${bytes}', 'base64'));
    const x0 = await device.upload({ dtype: 'float32', shape: [512, 512], data: new Float32Array(512 * 512) });
    ${script}`;
  const result = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  return { status: result.status, signal: result.signal, output: result.stdout + result.stderr };
}

describe('a process with a device', () => {
  test('ends by itself after close', () => {
    const { status, output } = inProcess(`await program.run({ x0 }); await device.close(); console.log('end');`);
    assert.deepEqual({ status, output }, { status: 0, output: 'end\n' });
  });

  test('ends by itself when the device is forgotten, after the runs that it waits for', () => {
    const { status, output } = inProcess(`await program.run({ x0 }); await program.run({ x0 }); console.log('end');`);
    assert.deepEqual({ status, output }, { status: 0, output: 'end\n' });
  });

  test('keeps its exit code when it leaves during a run', () => {
    const leaving = `for (let i = 0; i < 20; i++) program.run({ x0 }).catch(() => {}); setTimeout(() => process.exit(3), 50);`;
    assert.deepEqual(inProcess(leaving), { status: 3, signal: null, output: '' });
  });

  test('reports an uncaught error during a run as usual', () => {
    const { status, signal, output } = inProcess(
      `program.run({ x0 }); setTimeout(() => { throw new Error('oops'); }, 50);`,
    );
    assert.deepEqual({ status, signal }, { status: 1, signal: null });
    assert.match(output, /Error: oops/);
  });
});
