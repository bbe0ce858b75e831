import type { Value } from '../../src/graph/index.js';
import { groupsOf, type Network } from '../../src/model/network.js';
import { GRADIENT, inputName, outputName } from '../../src/program/sources.js';
import type { Device } from '../../src/runtime/device.js';
import { int64, scalar, zeros, type Tensor } from '../../src/tensor/tensor.js';
import type { ScalarFeed, UpdateSettings } from '../../src/train/optimize.js';
import { CompiledProgram } from '../../src/program/compiled.js';
import type { NetworkState } from '../../src/train/state.js';
import { gradientStep, trainingStep, updateStep, type StepSettings } from '../../src/train/step.js';
import type { ZeroGradients } from './zeroGradients.js';

/** Makes one step on a state and returns loss, logits and gradient norm. */
export type Step = (
  state: NetworkState,
  batch: Readonly<Record<'images' | 'targets', Tensor>>,
  scalars: Readonly<Record<'momentum' | ScalarFeed, Tensor>>,
) => Promise<Readonly<Record<'loss' | 'logits' | 'gradientNorm', Tensor>>>;

/** The step as the trainer makes it: one program. */
export async function fusedSteps(
  device: Device,
  network: Network,
  images: Value,
  settings: Omit<StepSettings, 'dropPath'>,
): Promise<Step> {
  const graph = trainingStep(network, images, { dropPath: false, ...settings });
  const program = await CompiledProgram.compile(device, graph, 'training step');
  const constant = unread(network);
  return (state, batch, scalars) => program.on(state.at(path(network))).run({ ...constant, ...batch, ...scalars });
}

/** The step as two programs that accumulate gradients, so that noise gradients can be set to 0 in between. */
export async function separateSteps(
  device: Device,
  network: Network,
  images: Value,
  { zero, ...settings }: UpdateSettings & { readonly zero: ZeroGradients },
): Promise<Step> {
  const gradient = await device.compile(
    gradientStep(network, images, { dropPath: false, batches: 1 }).model,
    'gradient',
  );
  const update = await device.compile(updateStep(network, settings).model, 'update');
  const before = groupsOf(network).map((group) => [inputName(group, GRADIENT), zeros('float32', [group.size])] as const);

  const names = (infos: readonly { readonly name: string }[]): string[] => infos.map(({ name }) => name);
  return async (state, batch, { momentum, ...rates }) => {
    const view = state.at(path(network));
    const found = await gradient.run(
      {
        ...view.inputs(names(gradient.signature.inputs)),
        ...Object.fromEntries(before),
        ...batch,
        momentum,
        carry: scalar(0),
      },
      { updates: view.updates(names(gradient.signature.outputs)) },
    );
    const gradients = groupsOf(network).map((group, at) => {
      const flat = found[outputName(at === 0 ? 'trunk' : at - 1, GRADIENT)] as Tensor<'float32'>;
      const named = group.unpack(flat, zeros('float32', [group.bufferSize]));
      const cleared = new Map([...named].map(([name, value]) => [name, zero.cleared(name, value)]));
      return [inputName(group, GRADIENT), group.pack(cleared).parameters] as const;
    });
    const { gradientNorm } = await update.run(
      { ...view.inputs(names(update.signature.inputs)), ...rates, ...Object.fromEntries(gradients) },
      { outputs: ['gradientNorm'], updates: view.updates(names(update.signature.outputs)) },
    );
    return { loss: found['loss'], logits: found['logits'], gradientNorm };
  };
}

function path({ choices }: Network): number[] {
  return choices.map(() => 0);
}

/** Feeds that a plain network without drop path does not read. */
function unread(network: Network): Readonly<Record<'path' | 'keep', Tensor>> {
  return { path: int64([network.choices.length], path(network)), keep: zeros('float32', [0]) };
}
