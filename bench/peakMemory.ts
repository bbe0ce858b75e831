/**
 * Compares the counted peak memory of networks with what ONNX Runtime takes, on Linux. Without its arena, every tensor is
 * an allocation of its own, so the process's peak shows them; glibc must return freed memory at once:
 *
 *     MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536 MALLOC_ARENA_MAX=1 node dist/bench/peakMemory.js deit-tiny
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { preset } from '../src/family/families.js';
import { costOf } from '../src/measure/cost.js';
import { formatBytes } from '../src/measure/measure.js';
import { groupsOf, plainNetwork } from '../src/model/network.js';
import { inferenceModel } from '../src/program/inference.js';
import { seeded } from '../src/random/rng.js';

const BATCH = 32;

const [, , name = 'deit-tiny'] = process.argv;
const architecture = preset(name);
const network = plainNetwork(architecture);
const weights = new Map(
  groupsOf(network).flatMap((group) => {
    const { parameters, buffers } = group.initialize(seeded('memory'));
    return [...group.unpack(parameters, buffers)];
  }),
);
const session = await InferenceSession.create(inferenceModel(network, weights), {
  enableCpuMemArena: false,
  enableMemPattern: false,
  intraOpNumThreads: 1,
});
await peakOf(1);
const peak = (await peakOf(BATCH)) / BATCH;
console.log(`${name}: counted ${formatBytes(costOf(architecture).memory)}, measured ${formatBytes(peak)} per image`);

/** Bytes that the process takes at most during a run, beyond those before it. */
async function peakOf(images: number): Promise<number> {
  const { imageSize } = architecture.backbone;
  const shape = [images, 3, imageSize, imageSize];
  const pixels = new Tensor('float32', new Float32Array(images * 3 * imageSize ** 2).fill(0.1), shape);
  writeFileSync('/proc/self/clear_refs', '5'); // resets the peak
  const before = kilobytes('VmRSS');
  await session.run({ pixel_values: pixels });
  return 1024 * (kilobytes('VmHWM') - before);
}

function kilobytes(field: string): number {
  const [, value] = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(value);
}
