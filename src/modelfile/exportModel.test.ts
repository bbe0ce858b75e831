import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { countNodes } from '../../test/support/onnxNodes.js';
import { TINY_RESNET } from '../../test/support/tinyResnet.js';
import { TINY_ARCHITECTURE } from '../../test/support/tinyNetworks.js';
import { architecture as architectureOf } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import { preset } from '../family/families.js';
import { swin } from '../family/swin/family.js';
import { groupsOf, plainNetwork } from '../model/network.js';
import { seeded } from '../random/rng.js';
import { openDevice } from '../runtime/device.js';
import { reducedWeights } from '../onnx/model.js';
import type { Weights } from '../train/state.js';
import { exportedModel, type ModelForm } from './exportModel.js';
import { scoresOf, softmax } from './runModel.js';

const device = await openDevice({ threads: 1 });
after(() => device.close());

const COUNT = 3;

const BLOCK = { merge: 0, dim: 12, heads: 2, window: 4, shift: 0, ffnRatio: 2 };
const TINY_SWIN = architectureOf(swin, {
  name: 'tiny',
  backbone: { imageSize: 16, patchSize: 2, dim: 12, classes: 4 },
  blocks: [BLOCK, { ...BLOCK, shift: 2 }, { ...BLOCK, merge: 1, dim: 24 }],
});

/** Networks of all families, as small as they come. */
const NETWORKS: readonly (readonly [string, Architecture])[] = [
  ['glit', TINY_ARCHITECTURE],
  ['resnet', TINY_RESNET],
  ['swin', TINY_SWIN],
];

function weightsOf(architecture: Architecture): Weights {
  return new Map(
    groupsOf(plainNetwork(architecture)).flatMap((group) => {
      const { parameters, buffers } = group.initialize(seeded('weights'));
      return [...group.unpack(parameters, buffers)];
    }),
  );
}

for (const [name, architecture] of NETWORKS) {
  describe(`an exported ${name}`, () => {
    const { imageSize, classes: count } = architecture.backbone;
    const classes = Array.from({ length: count }, (_, at) => `class ${at}`);
    const weights = weightsOf(architecture);
    const rng = seeded('images');
    const pixels = new Uint8Array(COUNT * 3 * imageSize ** 2).map(() => Math.floor(256 * rng.uniform()));
    const export_ = (form: ModelForm) => exportedModel(weights, { classes, architecture }, form);
    const scores = async (form: ModelForm): Promise<readonly number[]> => {
      const model = export_(form);
      const program = await device.compile(model.bytes);
      const { data, shape } = await scoresOf(program, model, pixels, COUNT);
      await program.release();
      assert.deepEqual(shape, [COUNT, count]);
      return Array.from(data);
    };
    const logits = scores({});
    const spread = logits.then((values) => Math.max(...values) - Math.min(...values));

    test('with preprocessing takes pixels and gives the probabilities of the same logits', async () => {
      const rows = Array.from({ length: COUNT }, async (_, row) =>
        softmax((await logits).slice(row * count, (row + 1) * count)),
      );
      near(await scores({ withPreprocessing: true }), (await Promise.all(rows)).flat(), 1e-5);
    });

    test('in float16 has fewer bytes and nearly the same scores', async () => {
      near(await scores({ precision: 'float16' }), await logits, 0.01 * (await spread));
      const saved = export_({}).bytes.length - export_({ precision: 'float16' }).bytes.length;
      const parameters = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
      assert.ok(saved > 1.4 * parameters, `${saved} bytes less for ${parameters} parameters`);
    });

    test('in int8 multiplies in whole numbers and has nearly the same scores', async () => {
      near(await scores({ precision: 'int8' }), await logits, 0.05 * (await spread));
      const before = countNodes(export_({}).bytes);
      const after_ = countNodes(export_({ precision: 'int8' }).bytes);
      assert.ok((after_['MatMulInteger'] ?? 0) > 0);
      assert.ok((after_['Gemm'] ?? 0) < before['Gemm']);
    });

    test('says of itself what its weights were made smaller to', () => {
      for (const precision of ['float16', 'int8'] as const) {
        assert.equal(reducedWeights(export_({ precision }).bytes), precision);
      }
      assert.equal(reducedWeights(export_({}).bytes), undefined);
    });

    test('has both at once', async () => {
      for (const precision of ['float16', 'int8'] as const) {
        near(await scores({ precision, withPreprocessing: true }), await scores({ withPreprocessing: true }), 0.02);
      }
    });
  });
}

test('in int8 a vision transformer has little more than a quarter of its bytes', () => {
  for (const name of ['deit-tiny', 'glit-tiny']) {
    const architecture = preset(name, { classes: 10 });
    const weights = weightsOf(architecture);
    const [whole, small] = (['float32', 'int8'] as const).map((precision) => {
      return exportedModel(weights, { classes: [], architecture }, { precision }).bytes.length;
    });
    assert.ok(small < 0.3 * whole, `${name}: ${small} of ${whole} bytes`);
  }
});

function near(actual: readonly number[], expected: readonly number[], bound: number): void {
  const furthest = Math.max(...actual.map((value, at) => Math.abs(value - expected[at])));
  assert.ok(furthest <= bound && actual.length === expected.length, `${furthest} apart, more than ${bound}`);
}
