import type { Value } from '../../src/graph/index.js';
import { groupsOf, type Network } from '../../src/model/network.js';
import { GRADIENT, inputName, outputName } from '../../src/model/sources.js';
import type { Device } from '../../src/runtime/device.js';
import { scalar, zeros, type Tensor } from '../../src/tensor/tensor.js';
import type { NetworkState } from '../../src/train/state.js';
import { gradientStep, trainingStep, updateStep } from '../../src/train/step.js';
import type { ZeroGradients } from './zeroGradients.js';

/** Makes one step on a state and tells loss, logits and norm of the gradient. */
export type Step = (
  state: NetworkState,
  batch: Readonly<Record<'images' | 'targets', Tensor>>,
  scalars: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<'loss' | 'logits' | 'gradientNorm', Tensor>>>;

/** The step as the trainer makes it: one program. */
export async function fusedSteps(
  device: Device,
  network: Network,
  images: Value,
  settings: { readonly averageDecay?: number; readonly clipNorm?: number },
): Promise<Step> {
  const program = await device.compile(trainingStep(network, images, { dropPath: false, ...settings }), 'training step');
  const [inputs, outputs] = [program.signature.inputs, program.signature.outputs].map((infos) =>
    infos.map(({ name }) => name),
  );
  return (state, batch, scalars) =>
    program.run(
      { ...state.inputs(inputs), ...batch, ...scalars },
      { outputs: ['loss', 'logits', 'gradientNorm'], updates: state.updates(path(network), outputs) },
    );
}

/** The step in the two programs that accumulate gradients, so that gradients that are only noise can be set to 0 in between. */
export async function separateSteps(
  device: Device,
  network: Network,
  images: Value,
  { averageDecay, zero }: { readonly averageDecay: number; readonly zero: ZeroGradients },
): Promise<Step> {
  const gradient = await device.compile(gradientStep(network, images, { dropPath: false, batches: 1 }), 'gradient');
  const update = await device.compile(updateStep(network, { averageDecay }), 'update');
  const before = groupsOf(network).map((group) => [inputName(group, GRADIENT), zeros('float32', [group.size])] as const);

  const names = (infos: readonly { readonly name: string }[]): string[] => infos.map(({ name }) => name);
  return async (state, batch, { momentum, ...rates }) => {
    const found = await gradient.run(
      {
        ...state.inputs(names(gradient.signature.inputs)),
        ...Object.fromEntries(before),
        ...batch,
        momentum,
        carry: scalar(0),
      },
      { updates: state.updates(path(network), names(gradient.signature.outputs)) },
    );
    const gradients = groupsOf(network).map((group, at) => {
      const flat = found[outputName(at === 0 ? 'trunk' : at - 1, GRADIENT)] as Tensor<'float32'>;
      const named = group.unpack(flat, zeros('float32', [group.bufferSize]));
      const cleared = new Map([...named].map(([name, value]) => [name, zero.cleared(name, value)]));
      return [inputName(group, GRADIENT), group.pack(cleared).parameters] as const;
    });
    const { gradientNorm } = await update.run(
      { ...state.inputs(names(update.signature.inputs)), ...rates, ...Object.fromEntries(gradients) },
      { outputs: ['gradientNorm'], updates: state.updates(path(network), names(update.signature.outputs)) },
    );
    return { loss: found['loss'], logits: found['logits'], gradientNorm };
  };
}

function path({ choices }: Network): number[] {
  return choices.map(() => 0);
}
