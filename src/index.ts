/**
 * glit's library: spaces, architectures, their costs and graphs, and the search over them. Nothing here needs Node, so
 * browsers can load it; `glit/node` has files, images and devices.
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

/** The operators by name, and the functions that turn values into gradients, costs, text and ONNX. */
export * as graph from './graph/index.js';

export { architecture } from './family/architecture.js';
export { FAMILIES, preset, presetNames, recognizeArchitecture, type Recognized } from './family/families.js';
export type { Architecture, Backbone, Block, Description, Family, PresetOptions } from './family/family.js';
export { deit, glitArchitecture, type DeitOptions, type GlitArchitecture } from './family/glit/architecture.js';
export type { GlitBackbone } from './family/glit/backbone.js';
export {
  block,
  describeBlock,
  LOW_LEVEL_DEFAULTS,
  type BlockFields,
  type GlitBlock,
  type HeadSplit,
  type LowLevelDefaults,
} from './family/glit/block.js';
export { glit } from './family/glit/family.js';
export {
  DEIT_PREPROCESSING,
  IMAGENET_NORMALIZATION,
  type Normalization,
  type Preprocessing,
} from './family/preprocessing.js';
export { formatArchitecture, parseArchitecture } from './family/codec.js';
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
export { SEARCH_SPACES, type Level, type SearchSpace, type SpaceSettings } from './space/searchSpaces.js';
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
export { crossOver } from './search/crossover.js';
export { Generation } from './search/generation.js';
export { hypervolume } from './search/hypervolume.js';
export { drawLegal, type DrawOptions, type LegalPaths } from './search/legal.js';
export { mutate } from './search/mutation.js';
export { crowdingDistances, dominates, paretoFront, ranksOf, type Objectives } from './search/pareto.js';
export type { GenerationRequest, Sampler } from './search/sampler.js';
export { evolution } from './search/samplers/evolution.js';
export { nsga2, type Nsga2Settings } from './search/samplers/nsga2.js';
export { randomSearch } from './search/samplers/randomSearch.js';
export { evolutionSettings, type EvolutionSettings, type StudySize } from './search/settings.js';
export { Study, type Problem, type StudyOptions } from './search/study.js';
export type { Origin, Proposal, Score, Trial } from './search/trial.js';

export {
  costRange,
  formatBudget,
  isWithin,
  shareWithin,
  type Bounds,
  type Budget,
  type Range,
} from './measure/budget.js';
export { costOf, costOfPath, costTable, type CostTable, type PartLatencies } from './measure/cost.js';
export { latenciesFrom, parseLatencyTable, type LatencyTable } from './measure/latencyTable.js';
export { formatCount, MEASURES, type Cost, type Measure, type MeasureKey, type PerMeasure } from './measure/measure.js';
export { formatProfile, profileOf, type Profile, type ProfileRow } from './measure/profile.js';
export { checkBudget, findPathWithin } from './measure/checkBudget.js';
export { nearestDeit, scaledPreset } from './measure/scaled.js';
export { architectureOf, inheritWeights } from './model/inherit.js';
export { plainNetwork, supernet, type Network } from './model/network.js';
export { readStateDict, toLayout, toOfficialStateDict, type StateDict } from './model/stateDict.js';
export { normalizePixels } from './program/images.js';
export { inferenceModel } from './program/inference.js';

export type { Json, Listener, RunEvent } from './telemetry/events.js';
export { networkName, stageName, type NetworkRole, type Stage } from './telemetry/stage.js';
