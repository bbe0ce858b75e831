/**
 * What several ranks cost and gain: the all-reduce, and a training step with the same images on any number of them.
 *
 *   npm run build && mpirun -n 2 node dist/bench/ranks.js [architecture] [batch] [batches per step] [threads per rank]
 *
 * Without mpirun, one process does all batches of the step.
 */
import { openCommunicator } from '../src/comm/openCommunicator.js';
import { threadShare } from '../src/comm/sharedCores.js';
import { preset } from '../src/family/families.js';
import type { Batch, Loader } from '../src/loader/loader.js';
import { plainNetwork } from '../src/model/network.js';
import { seeded } from '../src/random/rng.js';
import { openDevice } from '../src/runtime/device.js';
import { quantile } from '../src/statistics/quantile.js';
import { train } from '../src/train/loop.js';
import { adamw } from '../src/train/optimizers/adamw.js';

const STEPS = 9;
const WARM_UP = 2;

const ranks = await openCommunicator(process.env);
const [name = 'deit-tiny', batch = '16', batches = '2', threads = String(await threadShare(ranks))] =
  process.argv.slice(2);
const batchSize = Number(batch);
const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
const say = (line: string): void => {
  if (ranks.rank === 0) console.log(line);
};

for (const bytes of [4, 4e3, 1e6, 24e6]) {
  const values = new Float32Array(bytes / 4);
  const times: number[] = [];
  for (let round = 0; round < STEPS + WARM_UP; round++) {
    await ranks.barrier();
    const began = performance.now();
    await ranks.allReduce(values);
    times.push(performance.now() - began);
  }
  say(`all-reduce of ${String(bytes).padStart(8)} bytes: ${median(times.slice(WARM_UP)).toFixed(2)} ms`);
}

const network = plainNetwork(preset(name));
const { imageSize } = network.backbone;
const images: Loader<'uint8'> = {
  batchesPerEpoch: 1000,
  pixels: 'uint8',
  waited: 0,
  async *epoch() {
    yield* this.from(0);
  },
  async *from(): AsyncGenerator<Batch<'uint8'>, void, undefined> {
    for (;;) {
      const pixels = new Uint8Array(batchSize * 3 * imageSize ** 2).fill(100);
      yield { images: pixels, labels: new BigInt64Array(batchSize), size: batchSize };
    }
  },
  reuse: () => undefined,
  close: () => Promise.resolve(),
};

const device = await openDevice({ threads: Number(threads) });
const ends: number[] = [];
const state = await train({
  device,
  network,
  ranks,
  loader: images,
  normalization: network.preprocessing,
  recipe: {
    steps: STEPS + WARM_UP,
    batchSize,
    accumulate: Number(batches),
    learningRate: 1e-4,
    warmupLearningRate: 1e-6,
    minLearningRate: 1e-6,
    warmupSteps: 0,
    optimizer: adamw(),
    weightDecay: 0.05,
    clipNorm: 1,
    labelSmoothing: 0.1,
    dropPath: 0,
    averageDecay: 0,
  },
  rng: seeded('bench'),
  onStep: () => ends.push(performance.now()),
});
const steps = ends.slice(1).map((end, at) => end - ends[at]);
const step = median(steps.slice(WARM_UP - 1));
const perSecond = (1000 * Number(batches) * batchSize) / step;
say(
  `${name}, ${batches} batches of ${batch} a step, ${ranks.size} × ${threads} threads: ` +
    `${step.toFixed(0)} ms a step, ${perSecond.toFixed(1)} images/s`,
);
state.free();
await device.close();
await ranks.close();
