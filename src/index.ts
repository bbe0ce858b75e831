/**
 * glit's library: spaces, architectures, their costs and graphs, and the search over them. Nothing here needs Node, so it
 * loads in a browser too; what works with files, images and devices is `glit/node`.
 */
export { Interrupted, UserError } from './errors.js';
export {
  float32,
  int64,
  scalar,
  sizeOf,
  tensor,
  zeros,
  type DType,
  type Shape,
  type Storage,
  type Tensor,
} from './tensor/tensor.js';
export { Rng, seeded } from './random/rng.js';

/** Operators by name, and what turns values made of them into gradients, costs, text and ONNX. */
export * as graph from './graph/index.js';

export { architecture, type Architecture, type Backbone } from './space/architecture.js';
export {
  block,
  describeBlock,
  LOW_LEVEL_DEFAULTS,
  type Block,
  type BlockFields,
  type HeadSplit,
  type LowLevelDefaults,
} from './space/block.js';
export { formatArchitecture, parseArchitecture } from './space/codec.js';
export { highLevelSpace, type HighLevelOptions, type SpaceSize } from './space/highLevel.js';
export {
  headSplits,
  jointSpace,
  nlpSpace,
  PAPER_GRID,
  paperLowLevel,
  releasedLowLevel,
  type LowLevel,
  type LowLevelGrid,
  type LowLevelOptions,
} from './space/lowLevel.js';
export {
  blocksOf,
  defineSpace,
  log10SizeOf,
  pathKey,
  pathOf,
  samplePath,
  sizeOf as spaceSizeOf,
  type Path,
  type Space,
} from './space/space.js';

export { best } from './search/best.js';
export { evolve } from './search/evolution.js';
export { drawLegal } from './search/legal.js';
export { randomSearch } from './search/randomSearch.js';
export { evolutionSettings, type EvolutionSettings } from './search/settings.js';
export type { Evaluated, Limits, Origin, Problem, SearchOptions } from './search/types.js';

export {
  accepts,
  feasibleRange,
  formatBudget,
  shareInside,
  type Bounds,
  type Budget,
  type Range,
} from './model/budget.js';
export { costOf, costOfPath, costTable, formatCount, type Cost, type CostTable } from './model/cost.js';
export { IMAGENET_NORMALIZATION, normalizePixels, type Normalization } from './model/images.js';
export { inferenceModel } from './model/inference.js';
export { architectureOf, inheritWeights } from './model/inherit.js';
export { plainNetwork, supernet, type Network } from './model/network.js';
export { deit, nearestDeit, preset, presetNames, type DeitOptions, type PresetOptions } from './model/presets.js';
export { formatProfile, profileOf, type Profile, type ProfileRow } from './model/profile.js';
export { checkReachable, hasPathWithin } from './model/reachable.js';
export { recognizeArchitecture } from './model/recognize.js';
export {
  readStateDict,
  toDeitStateDict,
  toGlitStateDict,
  toOfficialStateDict,
  type StateDict,
} from './model/stateDict.js';

export type { Json, Listener, RunEvent } from './telemetry/events.js';
