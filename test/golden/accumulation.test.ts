import { after, before, test } from 'node:test';
import { input } from '../../src/graph/index.js';
import { groupsOf } from '../../src/model/network.js';
import { GRADIENT, inputName, outputName } from '../../src/program/sources.js';
import { openDevice, type Device } from '../../src/runtime/device.js';
import { float32, scalar, tensor, zeros, type Tensor } from '../../src/tensor/tensor.js';
import { smoothTargets } from '../../src/train/loss.js';
import { gradientStep } from '../../src/train/step.js';
import { Comparison } from './comparison.js';
import { row } from './data.js';
import { flatWeights, namedWeights } from './flatState.js';
import { smallDeit } from './smallDeit.js';
import { ZeroGradients } from './zeroGradients.js';

let device: Device;
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(() => device.close());

test("DeiT's gradient of a batch, accumulated over batches of one image", async (t) => {
  const { network, classes, golden, analytically_zero_gradients } = await smallDeit();
  const [images, labels] = [golden.get('images'), golden.get('labels').data];
  const batches = labels.length;
  const one = [1, ...images.shape.slice(1)];
  const step = gradientStep(network, input('images', 'float32', one), { dropPath: false, batches });
  const program = await device.compile(step.model, 'gradient');
  const weights = flatWeights(network, golden.under('state/'));
  const targets = float32([batches, classes], smoothTargets(labels, classes, 0));

  let gradients = Object.fromEntries(
    groupsOf(network).map((group) => [inputName(group, GRADIENT), zeros('float32', [group.size]) as Tensor]),
  );
  let loss = 0;
  for (let at = 0; at < batches; at++) {
    const found = await program.run({
      ...weights,
      ...gradients,
      images: tensor('float32', one, row(images, at).data),
      targets: tensor('float32', [1, classes], row(targets, at).data),
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
