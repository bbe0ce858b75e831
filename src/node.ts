/** `glit/node`: functions for files, images and devices. The command line uses only these. */
export { PytorchFile } from './checkpoint/pytorch/pytorchFile.js';
export { readPytorchStateDict, type FoundStateDict, type StateDictOptions } from './checkpoint/pytorch/stateDict.js';
export { readSafetensors, writeSafetensors, type Safetensors } from './checkpoint/safetensors.js';
export type { Dataset, SearchData } from './dataset/dataset.js';
export { Device, openDevice, Program, type DeviceKind, type DeviceOptions } from './runtime/device.js';
export { readJournal, type Entry } from './telemetry/journal.js';
export { readArchitecture, type ArchitectureOptions } from './modelfile/architectureFile.js';
export { configSchema, type Config, type RecipeConfig } from './config/config.js';
export { configFrom, layerOf, parseConfig, readLayer, type Layer } from './config/layers.js';
export type { RunContext } from './run/context.js';
export { BUILT_IN, openDataset, type DatasetConfig } from './loader/openDataset.js';
export { convertAllTensors, convertWeights, type Converted, type ConvertOptions } from './modelfile/convertWeights.js';
export {
  exportedModel,
  readExportedModel,
  type ModelDescription,
  type RunnableModel,
} from './modelfile/exportModel.js';
export { exportWeights, type Exported, type ExportOptions } from './modelfile/exportWeights.js';
export { compareModels, type ComparedImage, type ComparedModel } from './explain/compare.js';
export {
  explain,
  type ClassMap,
  type ExplainedClass,
  type ExplainedImage,
  type Explanation,
  type ExplainOptions,
  type MapOptions,
  type UnreadableImage,
} from './explain/explain.js';
export { ExplanationFolder, type WrittenClass } from './explain/folder.js';
export type { HeatMap } from './explain/heatMap.js';
export type { SearchResult } from './run/levels/hierarchicalSearch.js';
export { readModel, type Model } from './modelfile/modelFile.js';
export { predictTensor, type PredictTensorOptions } from './modelfile/predictTensor.js';
export { PRESETS, type PresetName } from './config/presets.js';
export { formatComparison, type ComparisonRow, type RunResult } from './run/results/report.js';
export { retrainRun } from './run/retrainRun.js';
export { searchOnly, wholeMethod } from './run/run.js';
export type { ScoredCandidate } from './run/levels/searchLevel.js';
export {
  continuedRun,
  newRun,
  startedBy,
  type ContinuedOptions,
  type Job,
  type SessionOptions,
} from './run/session.js';
export { training, type TrainResult } from './run/trainArchitecture.js';
export { formatTrust, type TrustCandidate, type TrustResult } from './run/trust/report.js';
export { trustRun, type TrustOptions, type TrustRun } from './run/trust/trustRun.js';
export {
  evaluateFile,
  predict,
  type FileEvaluation,
  type FileEvaluationOptions,
  type PredictOptions,
  type Prediction,
  type UseOptions,
} from './modelfile/useModel.js';
export { exportInherited, type ExportedCandidate, type ExportInheritedOptions } from './run/exportInherited.js';
export { version } from './run/version.js';
export { readWeights, type NetworkWeights, type WeightsOptions } from './modelfile/weightsFile.js';
