import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gradCamProgram } from '../../src/explain/gradCam.js';
import { heatMap } from '../../src/explain/heatMap.js';
import { architecture } from '../../src/family/architecture.js';
import type { Architecture } from '../../src/family/family.js';
import { resnet } from '../../src/family/resnet/family.js';
import { glitArchitecture } from '../../src/family/glit/architecture.js';
import { attentionBlocks } from '../../src/family/glit/presets.js';
import { input } from '../../src/graph/index.js';
import { plainNetwork } from '../../src/model/network.js';
import { readStateDict } from '../../src/model/stateDict.js';
import { CompiledProgram } from '../../src/program/compiled.js';
import { openDevice, type Device } from '../../src/runtime/device.js';
import { float32, type Tensor } from '../../src/tensor/tensor.js';
import { GoldenTensors, row } from './data.js';

/** The network that the package grad-cam was run on, by the prefix of its tensors. */
const NETWORKS: Readonly<Record<string, Architecture>> = {
  vit: glitArchitecture({
    backbone: { imageSize: 32, patchSize: 8, dim: 24, heads: 3, classes: 5 },
    blocks: attentionBlocks(3, 3),
  }),
  resnet: architecture(resnet, {
    backbone: { imageSize: 64, stemWidth: 64, stemKernel: 7, stemStride: 2, poolStride: 2, classes: 7 },
    blocks: [
      { width: 8, channels: 32, stride: 1, groups: 1 },
      { width: 16, channels: 64, stride: 2, groups: 1 },
      { width: 16, channels: 64, stride: 1, groups: 1 },
      { width: 24, channels: 96, stride: 2, groups: 1 },
      { width: 32, channels: 128, stride: 2, groups: 1 },
    ],
  }),
};
const CLASSES = [0, 1, 2];
/** Relative to a raw map's maximum: float32 gradients, summed in another order. */
const RAW_TOLERANCE = 1e-4;
/** Two levels of an 8-bit picture. */
const MAP_TOLERANCE = 2 / 255;

describe('Grad-CAM as the package grad-cam computes it', () => {
  let device: Device;
  before(async () => {
    device = await openDevice({ threads: 1 });
  });
  after(() => device.close());

  for (const [name, explained] of Object.entries(NETWORKS)) {
    test(`of ${name}: raw maps and final maps`, async () => {
      const golden = await GoldenTensors.read('baselines/gradcam.safetensors');
      const network = plainNetwork(explained);
      // Batch counters, which nothing reads, were recorded with an axis.
      const state = [...golden.under(`${name}/state/`)].filter(([tensor]) => !tensor.endsWith('num_batches_tracked'));
      const weights = readStateDict(network, new Map(state), 'the reference state');
      const images = golden.get(`${name}/images`);
      const [batch, , side] = images.shape;
      const { classes } = explained.backbone;
      const given = input('images', 'float32', images.shape);
      const graph = gradCamProgram(network, weights, given, explained.blocks.length - 1);
      const program = (await CompiledProgram.compile(device, graph, name)).on();
      for (const number of CLASSES) {
        const score = Array.from({ length: batch * classes }, (_, at) => (at % classes === number ? 1 : 0));
        const { logits, maps } = await program.run({ images, score: float32([batch, classes], score) });
        closeTo(logits, golden.get(`${name}/logits`), 2e-5, 'logits');
        for (let sample = 0; sample < batch; sample++) {
          const found = row(maps, sample);
          const raw = row(golden.get(`${name}/class${number}/raw`), sample);
          const cut = float32(raw.shape, found.data.map((value) => Math.max(0, value)));
          closeTo(cut, raw, RAW_TOLERANCE * Math.max(...raw.data), `raw map of class ${number}, image ${sample}`);
          const map = float32([side, side], heatMap(found.data, side).values);
          const expected = row(golden.get(`${name}/class${number}/cam`), sample);
          closeTo(map, expected, MAP_TOLERANCE, `map of class ${number}, image ${sample}`);
        }
      }
    });
  }
});

function closeTo(found: Tensor, expected: Tensor, tolerance: number, what: string): void {
  assert.equal(found.data.length, expected.data.length, what);
  const differences = Array.from(found.data, Number).map((value, at) => Math.abs(value - Number(expected.data[at])));
  const difference = Math.max(...differences);
  assert.ok(difference <= tolerance, `${what}: off by ${difference}, more than ${tolerance}`);
}
