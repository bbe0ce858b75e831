/**
 * `glit/node`: what works with files, images and devices. The command line is made of these functions and nothing else.
 */
export { PytorchFile } from '../checkpoint/pytorch/pytorchFile.js';
export { readPytorchStateDict, type FoundStateDict, type StateDictOptions } from '../checkpoint/pytorch/stateDict.js';
export { readSafetensors, writeSafetensors, type Safetensors } from '../checkpoint/safetensors.js';
export type { Dataset, SearchData } from '../data/dataset.js';
export { Device, openDevice, Program, type DeviceKind, type DeviceOptions } from '../runtime/device.js';
export { readJournal, type Entry } from '../telemetry/journal.js';
export { readArchitecture, type ArchitectureOptions } from './architectureFile.js';
export { configSchema, type Config, type RecipeConfig } from './config.js';
export { configFrom, layerOf, parseConfig, readLayer, type Layer } from './configLayers.js';
export type { RunContext } from './context.js';
export { BUILT_IN, openDataset, type DatasetConfig } from './dataset.js';
export { convertAllTensors, convertWeights, type Converted, type ConvertOptions } from './convertWeights.js';
export { exportedModel, readExportedModel, type ModelDescription, type RunnableModel } from './exportModel.js';
export { exportWeights, type Exported, type ExportOptions } from './exportWeights.js';
export type { SearchResult } from './hierarchicalSearch.js';
export { readModel, type Model } from './modelFile.js';
export { predictTensor, type PredictTensorOptions } from './predictTensor.js';
export { PRESETS, type PresetName } from './presets.js';
export { formatComparison, type ComparisonRow, type RunResult } from './report.js';
export { retrainRun } from './retrainRun.js';
export { searchOnly, wholeMethod } from './run.js';
export type { ScoredCandidate } from './searchLevel.js';
export { continuedRun, newRun, startedBy, type ContinuedOptions, type Job, type SessionOptions } from './session.js';
export { training, type TrainResult } from './trainArchitecture.js';
export {
  evaluateFile,
  predict,
  type FileEvaluation,
  type FileEvaluationOptions,
  type PredictOptions,
  type Prediction,
  type UseOptions,
} from './useModel.js';
export { version } from './version.js';
export { readWeights, type NetworkWeights, type WeightsOptions } from './weightsFile.js';
