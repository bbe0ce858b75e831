import { groupsOf, type Network } from '../../src/model/network.js';
import { seeded } from '../../src/random/rng.js';
import type { Weights } from '../../src/train/state.js';

/** Weights as a training begins with, but so large that the logits depend on the image. */
export function drawnWeights(network: Network): Weights {
  return new Map(
    groupsOf(network).flatMap((group) => {
      const { parameters, buffers } = group.initialize(seeded('explained'));
      return [...group.unpack(parameters, buffers)].map(([name, value]) => {
        if (name.endsWith('.weight') && value.shape.length > 1)
          value.data.forEach((each, at) => (value.data[at] = 8 * each));
        return [name, value] as const;
      });
    }),
  );
}
