import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TINY_ARCHITECTURE, tinyNetwork } from '../../test/support/tinyNetworks.js';
import { input } from '../graph/index.js';
import { groupsOf } from '../model/network.js';
import { CompiledProgram } from '../program/compiled.js';
import { seeded } from '../random/rng.js';
import { openDevice, type Device } from '../runtime/device.js';
import { float32, type Tensor } from '../tensor/tensor.js';
import { gradCamModel, gradCamProgram } from './gradCam.js';

const BATCH = 2;
const { classes } = TINY_ARCHITECTURE.backbone;

/** Weights far enough from zero that no map is nearly flat. */
function largeWeights(): Map<string, Tensor<'float32'>> {
  const rng = seeded('weights');
  return new Map(
    groupsOf(tinyNetwork()).flatMap((group) => {
      const { parameters, buffers } = group.initialize(rng);
      return [...group.unpack(parameters, buffers)].map(([name, { shape, data }]) => {
        const isScale = /norm\d?\.weight$|net\.4\.weight$|running_var$/.test(name);
        return [
          name,
          isScale
            ? float32(shape, data)
            : float32(
                shape,
                data.map((value, at) => value + Math.sin(at) / 4),
              ),
        ] as const;
      });
    }),
  );
}

/** The maps of one block, [BATCH, 1 + parts, 4, 4], for one class. */
async function mapsOf(device: Device, block: number, number = 3) {
  const images = input('images', 'float32', [BATCH, 3, 32, 32]);
  const graph = gradCamProgram(tinyNetwork(), largeWeights(), images, block);
  const program = (await CompiledProgram.compile(device, graph, 'Grad-CAM')).on();
  return program.run({
    images: float32(
      images.shape,
      Array.from({ length: BATCH * 3 * 32 * 32 }, (_, at) => Math.sin(at * at)),
    ),
    score: float32(
      [BATCH, classes],
      Array.from({ length: BATCH * classes }, (_, at) => (at % classes === number ? 1 : 0)),
    ),
  });
}

describe('the program of Grad-CAM', () => {
  let device: Device;
  before(async () => {
    device = await openDevice({ threads: 1 });
  });
  after(() => device.close());

  test('gives maps of the halves of a mixed block, which add up to the whole before the ReLU', async () => {
    const { maps } = await mapsOf(device, 1);
    assert.deepEqual(maps.shape, [BATCH, 3, 4, 4]);
    const values = Array.from(maps.data, Number);
    const cells = 16;
    for (let sample = 0; sample < BATCH; sample++) {
      const [whole, global, local] = [0, 1, 2].map((at) =>
        values.slice((3 * sample + at) * cells, (3 * sample + at + 1) * cells),
      );
      const greatest = Math.max(...whole.map(Math.abs));
      for (const half of [global, local])
        assert.ok(Math.max(...half.map(Math.abs)) > greatest / 100, 'a half is empty');
      for (const [at, value] of whole.entries()) {
        // Sums of 12 float32 products in another order.
        assert.ok(Math.abs(global[at] + local[at] - value) < 1e-6 * greatest * 12, `cell ${at} of image ${sample}`);
      }
    }
  });

  test('is the same for single images as a model for use anywhere', async () => {
    const expected = await mapsOf(device, 1);
    const program = await device.compile(gradCamModel(tinyNetwork(), largeWeights(), 1), 'portable');
    const size = 3 * 32 * 32;
    for (let image = 0; image < BATCH; image++) {
      const found = await program.run({
        pixel_values: float32(
          [1, 3, 32, 32],
          Float32Array.from({ length: size }, (_, at) => Math.sin((image * size + at) ** 2)),
        ),
        score: float32(
          [1, classes],
          Float32Array.from({ length: classes }, (_, at) => Number(at === 3)),
        ),
      });
      assert.deepEqual(found.maps.shape, [1, 3, 4, 4]);
      for (const name of ['logits', 'maps'] as const) {
        const all = Array.from(expected[name].data as ArrayLike<number>);
        const own = all.slice((image * all.length) / BATCH, ((image + 1) * all.length) / BATCH);
        const greatest = Math.max(...own.map(Math.abs));
        own.forEach((value, at) => {
          assert.ok(
            Math.abs(Number(found[name].data[at]) - value) < 1e-5 * greatest,
            `${name} ${at} of image ${image}`,
          );
        });
      }
    }
    await program.release();
  });

  test('gives the whole map alone of a block with heads of one kind', async () => {
    for (const block of [0, 2]) assert.deepEqual((await mapsOf(device, block)).maps.shape, [BATCH, 1, 4, 4]);
  });

  test('explains the requested class', async () => {
    const [one, other] = [await mapsOf(device, 1, 3), await mapsOf(device, 1, 4)];
    assert.deepEqual(one.logits, other.logits);
    assert.notDeepEqual(one.maps, other.maps);
  });
});
