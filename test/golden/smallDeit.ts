import { deit } from '../../src/family/glit/architecture.js';
import { plainNetwork, type Network } from '../../src/model/network.js';
import { goldenJson, GoldenTensors } from './data.js';

interface Model {
  readonly params: number;
  readonly config: Record<'img_size' | 'patch_size' | 'embed_dim' | 'depth' | 'num_heads' | 'num_classes', number>;
  readonly analytically_zero_gradients: readonly string[];
}

/** A small DeiT and what the official code computed with it. */
export interface SmallDeit {
  readonly network: Network;
  readonly classes: number;
  readonly golden: GoldenTensors;
  /** The official number of parameters. */
  readonly params: number;
  readonly analytically_zero_gradients: readonly string[];
}

export async function smallDeit(): Promise<SmallDeit> {
  const [{ config, ...model }] = (await goldenJson<{ models: readonly Model[] }>('deit/index.json')).models;
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
  const golden = await GoldenTensors.read('deit/deit_small_cfg.safetensors');
  return { ...model, network, classes: config.num_classes, golden };
}
