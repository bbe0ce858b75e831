import { test } from 'node:test';
import { resizedPositions } from '../../src/family/glit/positionEmbedding.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { Comparison } from './comparison.js';
import { GoldenTensors } from './data.js';

test("position embeddings for other image sizes are PyTorch's", async (t) => {
  const golden = await GoldenTensors.read('recipe/pos_embed_interpolation.safetensors');
  const comparison = new Comparison();
  for (const [name, rows] of [
    ['8_to_12', 12],
    ['7_to_4', 4],
    ['14_to_24', 24],
  ] as const) {
    const resized = resizedPositions(golden.get(`${name}/in`) as Tensor<'float32'>, rows);
    // The reference sums in float32, 16 products a value.
    comparison.ofLargest('positions', name, resized, golden.get(`${name}/out`), 1e-6);
  }
  t.diagnostic(comparison.report());
});
