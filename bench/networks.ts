import { architectureOf } from '../src/model/inherit.js';
import { supernet, type Network } from '../src/model/network.js';
import { preset } from '../src/family/families.js';
import { PRESETS } from '../src/config/presets.js';
import type { Architecture } from '../src/family/family.js';
import { highLevelSpace } from '../src/space/highLevel.js';
import { headSplits, jointSpace, paperLowLevel } from '../src/space/lowLevel.js';
import type { Path, Space } from '../src/space/space.js';

/** An architecture and its batch size. */
export interface Sized {
  readonly name: string;
  readonly architecture: Architecture;
  readonly batch: number;
}

/** A supernet, a path through it, and their batch sizes. */
export interface SizedPath {
  readonly name: string;
  readonly network: Network;
  readonly path: Path;
  /** For a training step. */
  readonly batch: number;
  /** For scoring: that of a training step, and that of a search. */
  readonly scoringBatches: readonly number[];
}

const TINY = { imageSize: 224, patchSize: 16, dim: 192, heads: 3, classes: 1000 };

/** The high level's supernet for a backbone, and a path that cycles through all its choices. */
function highLevel(name: string, backbone: typeof TINY, depth: number, batch: number, scored = batch): SizedPath {
  const space = highLevelSpace({ depth, heads: backbone.heads });
  return {
    name,
    network: supernet(backbone, space),
    path: space.positions.map((choices, position) => position % choices.length),
    batch,
    scoringBatches: [...new Set([batch, scored])],
  };
}

function highLevelOfPreset(name: 'demo' | 'cifar'): SizedPath {
  const { model, supernet: recipe, search } = PRESETS[name];
  return highLevel(name, { ...model, classes: 10 }, model.depth, recipe.batchSize, search.evaluationBatchSize);
}

/** A case that is built when it is measured: the joint space of twelve blocks takes seconds. */
export interface Entangled {
  readonly name: string;
  readonly build: () => SizedPath;
}

/** Entangled supernets of the high level, of the paper's low level, and of both at once. */
function entangledOf(name: string, backbone: typeof TINY, depth: number, batch: number): readonly Entangled[] {
  const { heads } = backbone;
  const splits = Array.from({ length: depth }, (_, position) => position % 4);
  const spaces: Readonly<Record<string, () => Space>> = {
    high: () => highLevelSpace({ depth, heads }),
    paper: () => paperLowLevel(headSplits(splits, heads)),
    joint: () => jointSpace(paperLowLevel, { depth, heads }),
  };
  return Object.entries(spaces).map(([spaceName, spaceOf]) => ({
    name: `${name}/${spaceName}`,
    build() {
      const space = spaceOf();
      // Choices from the first quarter, the second, and so on.
      const path = space.positions.map(({ length }, position) => Math.floor((((position % 4) + 0.5) * length) / 4));
      const network = supernet(backbone, space, { entangled: true });
      return { name, network, path, batch, scoringBatches: [] };
    },
  }));
}

function entangledOfPreset(name: 'demo' | 'cifar'): readonly Entangled[] {
  const { model, supernet: recipe } = PRESETS[name];
  return entangledOf(name, { ...model, classes: 10 }, model.depth, recipe.batchSize);
}

export const ENTANGLED: readonly Entangled[] = [
  ...entangledOfPreset('demo'),
  ...entangledOfPreset('cifar'),
  ...entangledOf('tiny-224', TINY, 12, 16),
];

/** Supernets of the high level: the paper's size and the small presets' sizes. */
export const SUPERNETS: readonly SizedPath[] = [
  highLevel('tiny-224', TINY, 12, 16),
  highLevelOfPreset('demo'),
  highLevelOfPreset('cifar'),
];

function pathOf({ name, network, path, batch }: SizedPath): Sized {
  return { name, batch, architecture: architectureOf(network, path) };
}

/** Plain networks: presets for ImageNet, and the paths of the small supernets. */
export const PLAIN: readonly Sized[] = [
  { name: 'deit-tiny', architecture: preset('deit-tiny'), batch: 16 },
  { name: 'glit-tiny', architecture: preset('glit-tiny'), batch: 16 },
  { name: 'resnet50', architecture: preset('resnet50'), batch: 16 },
  { name: 'swin-tiny', architecture: preset('swin-tiny'), batch: 16 },
  ...SUPERNETS.slice(1).map(pathOf),
];
