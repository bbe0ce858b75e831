import { after, before, test } from 'node:test';
import { input } from '../../src/graph/index.js';
import { groupsOf, plainNetwork } from '../../src/model/network.js';
import { deit } from '../../src/family/glit/architecture.js';
import { GRADIENT, inputName, outputName } from '../../src/program/sources.js';
import { openDevice, type Device } from '../../src/runtime/device.js';
import { float32, scalar, tensor, zeros, type Tensor } from '../../src/tensor/tensor.js';
import { smoothTargets } from '../../src/train/loss.js';
import { gradientStep } from '../../src/train/step.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors, row } from './data.js';
import { flatWeights, namedWeights } from './flatState.js';
import { ZeroGradients } from './zeroGradients.js';

interface DeitModel {
  readonly config: Record<'img_size' | 'patch_size' | 'embed_dim' | 'depth' | 'num_heads' | 'num_classes', number>;
  readonly analytically_zero_gradients: readonly string[];
}

let device: Device;
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(() => device.close());

test("DeiT's gradient of a batch, accumulated over batches of one image", async (t) => {
  const [{ config, analytically_zero_gradients }] = (await goldenJson<{ models: readonly DeitModel[] }>('deit/index.json'))
    .models;
  const golden = await GoldenTensors.read('deit/deit_small_cfg.safetensors');
  const network = plainNetwork(
    deit({
      imageSize: config.img_size,
      patchSize: config.patch_size,
      dim: config.embed_dim,
      depth: config.depth,
      heads: config.num_heads,
      classes: config.num_classes,
    }),
  );
  const [images, labels] = [golden.get('images'), golden.get('labels').data];
  const batches = labels.length;
  const one = [1, ...images.shape.slice(1)];
  const step = gradientStep(network, input('images', 'float32', one), { dropPath: false, batches });
  const program = await device.compile(step.model, 'gradient');
  const weights = flatWeights(network, golden.under('state/'));
  const targets = float32([batches, config.num_classes], smoothTargets(labels, config.num_classes, 0));

  let gradients = Object.fromEntries(
    groupsOf(network).map((group) => [inputName(group, GRADIENT), zeros('float32', [group.size]) as Tensor]),
  );
  let loss = 0;
  for (let at = 0; at < batches; at++) {
    const found = await program.run({
      ...weights,
      ...gradients,
      images: tensor('float32', one, row(images, at).data),
      targets: tensor('float32', [1, config.num_classes], row(targets, at).data),
      carry: scalar(at === 0 ? 0 : 1),
    });
    loss += Number(found['loss'].data[0]) / batches;
    gradients = Object.fromEntries(
      groupsOf(network).map((group, place) => [
        inputName(group, GRADIENT),
        found[outputName(place === 0 ? 'trunk' : place - 1, GRADIENT)],
      ]),
    );
  }

  const named = namedWeights(network, gradients, (position, vector) =>
    vector === 'buffers' ? '' : inputName(groupsOf(network)[position === 'trunk' ? 0 : position + 1], GRADIENT),
  );
  const comparison = new Comparison();
  comparison.number('loss', 'mean', loss, golden.number('loss_train'), 1e-5);
  const zero = new ZeroGradients(analytically_zero_gradients);
  for (const [name, expected] of golden.under('grad/')) {
    const [found, wanted] = [named.get(name) as Tensor, expected].map((gradient) => zero.outside(name, gradient));
    if (found && wanted) comparison.relativeLength('gradients', name, found, wanted, 1e-4);
  }
  t.diagnostic(comparison.report());
});
