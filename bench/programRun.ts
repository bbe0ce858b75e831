/**
 * The overhead of a run beyond ONNX Runtime's work: a program with hundreds of device tensors and almost no arithmetic.
 *
 *   npm run build && node dist/bench/programRun.js
 */
import type { OnnxNode } from '../src/onnx/graph.js';
import { encodeModel } from '../src/onnx/model.js';
import { openDevice, type DeviceTensor } from '../src/runtime/device.js';
import { ort } from '../src/runtime/onnxruntime/ort.node.js';
import { zeros } from '../src/tensor/tensor.js';

const PARAMETERS = 100;
const OTHERS = 200;
const RUNS = 2000;

/** 100 replaced parameters (p' = p + g), 200 read-only inputs, one scalar from the host. */
function updateModel(): Uint8Array {
  const parameters = Array.from({ length: PARAMETERS }, (_, index) => index);
  const others = Array.from({ length: OTHERS }, (_, index) => `x${index}`);
  const value = (name: string, ...shape: number[]) => ({ name, dtype: 'float32' as const, shape });
  const nodes: OnnxNode[] = parameters.map((i) => ({ opType: 'Add', input: [`p${i}`, 'g'], output: [`q${i}`] }));
  return encodeModel({
    graph: {
      name: 'update',
      nodes: [...nodes, { opType: 'Sum', input: others, output: ['sum'] }],
      initializers: [],
      inputs: [...parameters.map((i) => value(`p${i}`, 4)), ...others.map((name) => value(name, 4)), value('g')],
      outputs: [...parameters.map((i) => value(`q${i}`, 4)), value('sum', 4)],
    },
  });
}

async function timed(what: string, run: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < RUNS / 4; i++) await run();
  const start = performance.now();
  for (let i = 0; i < RUNS; i++) await run();
  console.log(`${what}: ${((performance.now() - start) / RUNS).toFixed(3)} ms per run`);
}

const model = updateModel();
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, enableMemPattern: false });
const feeds = Object.fromEntries(
  session.inputNames.map((name) => {
    const { data, shape } = zeros('float32', name === 'g' ? [] : [4]);
    return [name, new ort.Tensor('float32', data, shape)];
  }),
);
await timed('ONNX Runtime alone, on this thread', () => session.run(feeds));

const device = await openDevice({ threads: 1 });
const program = await device.compile(model);
const inputs: Record<string, DeviceTensor> = {};
for (const { name } of program.signature.inputs) {
  if (name !== 'g') inputs[name] = await device.upload(zeros('float32', [4]));
}
const updates = Object.fromEntries(
  Object.entries(inputs)
    .filter(([name]) => name.startsWith('p'))
    .map(([name, tensor]) => [name.replace('p', 'q'), tensor]),
);
const g = zeros('float32', []);
const step = (): Promise<unknown> => program.run({ ...inputs, g }, { updates, outputs: ['sum'] });
await timed('a program, one run after another', step);

let previous: Promise<unknown> = Promise.resolve();
await timed('a program, two runs under way', async () => {
  const next = step();
  await previous;
  previous = next;
});
await previous;
await device.close();
