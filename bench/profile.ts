/**
 * Where the time of a training step goes, by ONNX Runtime's own profiler:
 *
 *   npm run build && node dist/bench/profile.js [architecture] [batch]
 *
 * Prints the share of every kind of ONNX operator, and the path of the trace: a JSON file that chrome://tracing shows
 * node by node. All input values are equal, which does not change the time.
 */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { preset } from '../src/family/families.js';
import { plainNetwork } from '../src/model/network.js';
import { pixelImages } from '../src/program/images.js';
import { createSession, valueInfo, type Ort } from '../src/runtime/onnxruntime/ort.js';
import { ort } from '../src/runtime/onnxruntime/ort.node.js';
import { zeros } from '../src/tensor/tensor.js';
import { adamw } from '../src/train/optimizers/adamw.js';
import { trainingStep } from '../src/train/step.js';

const STEPS = 5;

/** The fields of a trace event that are read here: one run of a node's kernel, in microseconds. */
interface KernelRun {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

const [name = 'deit-tiny', batch = '16'] = process.argv.slice(2);
const network = plainNetwork(preset(name));
const images = pixelImages(Number(batch), network.backbone.imageSize, network.preprocessing);
const { model } = trainingStep(network, images, { optimizer: adamw(), clipNorm: 1, dropPath: false });

const folder = mkdtempSync(join(tmpdir(), 'glit-profile-'));
const profiled: Ort = {
  ...ort,
  InferenceSession: {
    create: (bytes: Uint8Array, options: object) =>
      ort.InferenceSession.create(bytes, {
        ...options,
        enableProfiling: true,
        profileFilePrefix: join(folder, 'step'),
      }),
  } as Ort['InferenceSession'],
};
const session = await createSession(profiled, model, { kind: 'cpu', threads: availableParallelism() }, 'host');
const feeds = Object.fromEntries(
  session.inputMetadata.map(valueInfo).map(({ name: input, dtype, shape }) => {
    const { data } = zeros(dtype, shape.map(Number));
    if (data instanceof Float32Array) data.fill(0.01);
    return [input, new ort.Tensor(dtype, data, shape.map(Number))];
  }),
);
for (let step = 0; step < STEPS; step++) await session.run(feeds);
session.endProfiling();

const trace = join(folder, readdirSync(folder)[0]);
const runs = (JSON.parse(readFileSync(trace, 'utf8')) as readonly KernelRun[]).filter(
  ({ cat, name: event }) => cat === 'Node' && event.endsWith('_kernel_time'),
);
const byOperator = new Map<string, { microseconds: number; count: number }>();
for (const { dur, args } of runs) {
  const operator = args?.op_name ?? '?';
  const { microseconds, count } = byOperator.get(operator) ?? { microseconds: 0, count: 0 };
  byOperator.set(operator, { microseconds: microseconds + dur, count: count + 1 });
}
const total = runs.reduce((sum, { dur }) => sum + dur, 0);
console.log(`${name}, batch ${batch}: ${(total / STEPS / 1000).toFixed(1)} ms per step in kernels`);
for (const [operator, { microseconds, count }] of [...byOperator].sort(
  ([, a], [, b]) => b.microseconds - a.microseconds,
)) {
  const share = ((100 * microseconds) / total).toFixed(1).padStart(5);
  console.log(`${share} %  ${operator.padEnd(24)} ${String(count / STEPS).padStart(5)} nodes`);
}
console.log(trace);
