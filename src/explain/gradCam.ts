import { concat, GraphError, input, lower, mean, mul, reshape, split, sum, vjp, type Value } from '../graph/index.js';
import { forward, type Network } from '../model/network.js';
import { feeds, programOf, type ProgramGraph } from '../program/program.js';
import { evaluationPhases, fixedGroups } from '../program/sources.js';
import type { Tensor } from '../tensor/tensor.js';
import { partsOf } from './block.js';

/** `images` [B, 3, S, S], and `score` [B, classes]: 1 at the class whose logit is explained, else 0. */
export type GradCamFeed = 'images' | 'score';

/**
 * Grad-CAM (Selvaraju et al., 2017, equations 1 and 2) of block `block`, counted from 0, of a plain network. A forward
 * and backward pass in evaluation mode gives `logits` [B, classes] and `maps` [B, 1 + parts, rows, columns]: Σ_c
 * w_c·A_c before the ReLU, where w_c is the mean gradient of channel c over the grid. The first map sums over all
 * channels; if the block has several parts, the others sum over one part each and add up to the first.
 */
export function gradCamProgram(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  images: Value,
  block: number,
): ProgramGraph<GradCamFeed, 'logits' | 'maps'> {
  const { score } = feeds({ score: ['float32', [images.shape[0], network.backbone.classes]] });
  return programOf({ feeds: { images, score }, results: gradCam(network, weights, { images, score }, block) });
}

/**
 * The same for one image, as an ONNX model for use anywhere: inputs `pixel_values`, normalised float32 [1, 3, S, S], and
 * `score`; outputs `logits` and `maps`.
 */
export function gradCamModel(network: Network, weights: ReadonlyMap<string, Tensor>, block: number): Uint8Array {
  const { imageSize, classes } = network.backbone;
  const images = input('pixel_values', 'float32', [1, 3, imageSize, imageSize]);
  const score = input('score', 'float32', [1, classes]);
  return lower({ ...gradCam(network, weights, { images, score }, block) });
}

function gradCam(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  { images, score }: Readonly<Record<GradCamFeed, Value>>,
  block: number,
): { readonly logits: Value; readonly maps: Value } {
  const { gradCam: reading } = network.space.family;
  const [batch] = images.shape;
  const groups = fixedGroups(network, weights);
  const { logits, taps } = forward(network, { images, ...groups, phases: evaluationPhases(network) });
  const tapped = taps.get(`blocks.${block}.${reading.tap}`);
  if (tapped === undefined) throw new GraphError(`block ${block} taps no ${reading.tap}`);
  const [gradient] = vjp([logits], [score], [tapped]);
  if (gradient === undefined) throw new GraphError(`no logit depends on ${reading.tap} of block ${block}`);

  const weighted = mul(reading.grid(tapped), mean(reading.grid(gradient), [1, 2], { keepAxes: true })); // [B, r, c, C]
  const parts = partsOf(network.backbone, network.space.family, network.space.positions[block][0]);
  const shares =
    parts.length > 1
      ? split(
          weighted,
          3,
          parts.map(({ channels }) => channels),
        )
      : [];
  const maps = [weighted, ...shares].map((share) => {
    const map = sum(share, [3]);
    return reshape(map, [batch, 1, ...map.shape.slice(1)]);
  });
  return { logits, maps: concat(maps, 1) };
}
