/**
 * The events of a run, as plain data that survives JSON. To add one, write its interface and add it to {@link
 * RunEvent}.
 *
 * Numbers are finite, as in JSON (NaN and infinities become null in a journal).
 */
import type {
  CheckStage,
  EvalStage,
  FilesStage,
  ImagesStage,
  LatencyStage,
  NetworkRole,
  RescoreStage,
  SearchStage,
  Stage,
  SupernetStage,
  TrainStage,
  TrustStage,
} from './stage.js';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** Named numbers, as in an architecture; JSON omits undefined ones. */
export type NumberFields = { readonly [field: string]: number | undefined };

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * A value per measure of an architecture, by key: `macs` are multiply-adds for one image, `parameters` trainable
 * parameters, both as plain counts.
 */
export type ByMeasure<Value> = Readonly<Record<string, Value>>;

/** The first event of every process that works on a run; a resumed run has several. */
export interface RunStarted {
  readonly type: 'runStarted';
  readonly command: string;
  /** The version of glit. */
  readonly version: string;
  readonly seed: number;
  /** The whole configuration, including defaults. */
  readonly config: Json;
}

export interface StageStarted {
  readonly type: 'stageStarted';
  readonly stage: Stage;
  /** The number of files, images, candidates or optimizer steps of the stage, if known. */
  readonly steps?: number;
  /** The number of images held out from training, if the stage scores candidates on them. */
  readonly heldOut?: number;
  /** The best fitness that earlier processes of the run scored in this stage, 0 to 1. */
  readonly best?: number;
  /** How the network is trained, if the stage is a training. */
  readonly recipe?: TrainingRecipe;
}

/** The recipe of a training, and values derived from the number of images. */
export interface TrainingRecipe {
  /** The recipe's part of the configuration. */
  readonly config: JsonObject;
  /** The peak learning rate of the schedule, scaled to the images per step if the recipe asks for it. */
  readonly learningRate: number;
  /** Optimizer steps of warm-up. */
  readonly warmupSteps: number;
}

/** Progress of a stage that neither trains nor scores candidates, such as decoding images. */
export interface StageProgress {
  readonly type: 'stageProgress';
  readonly stage: Stage;
  /** Units done and in total; `stageStarted` calls them steps. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds until the stage ends. */
  readonly remainingSeconds?: number;
}

/** The costs of a space were computed, before any training. */
export interface SpaceChecked {
  readonly type: 'spaceChecked';
  /** The search level of this space, e.g. "high". */
  readonly level: string;
  /** The decimal logarithm of the number of candidates. */
  readonly log10Candidates: number;
  /** The minimum and maximum cost of a candidate of the space. */
  readonly ranges: ByMeasure<{ readonly min: number; readonly max: number }>;
  /** The allowed cost of a candidate; absent bounds and measures do not limit. */
  readonly budget: ByMeasure<{ readonly min?: number; readonly max?: number }>;
  /** The share of uniformly drawn candidates that are within the budget, 0 to 1. */
  readonly shareWithin: number;
}

/** A published network was scaled to the budget, to be trained as a baseline. */
export interface BaselineScaled {
  readonly type: 'baselineScaled';
  /** The preset that it was made from. */
  readonly preset: string;
  /** Its family, and the fields as in an architecture file. */
  readonly family: string;
  readonly backbone: NumberFields;
  readonly blocks: readonly NumberFields[];
  readonly measures: ByMeasure<number>;
}

/** A row of an ablation study starts or continues with one seed. */
export interface AblationRowStarted {
  readonly type: 'ablationRowStarted';
  readonly seed: number;
  /** The row's name, e.g. "random-search". */
  readonly row: string;
  /** Rows done and in total, over all seeds. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds until the study ends. */
  readonly remainingSeconds?: number;
}

/** A run was planned to end at a time limit, before its first stage. */
export interface RunPlanned {
  readonly type: 'runPlanned';
  readonly limitSeconds: number;
  /** The parts in order, with the seconds that each is expected to take. */
  readonly parts: readonly { readonly part: PlannedPartName; readonly seconds: number }[];
  /**
   * What they amount to: training steps of every supernet and final network, candidates scored per level, and on how many
   * images.
   */
  readonly amounts: {
    readonly supernetSteps: number;
    readonly candidates: number;
    readonly scoringImages: number;
    readonly finalSteps?: number;
    readonly randomCandidates?: number;
  };
}

/** Several processes do the run together. */
export interface RanksJoined {
  readonly type: 'ranksJoined';
  readonly ranks: number;
  /** Threads of this process's device. */
  readonly threads: number;
}

/** A part of a plan: what came before it, the search's parts, the comparison networks, the test images. */
export type PlannedPartName = 'before' | 'supernets' | 'scoring' | 'halving' | 'training' | 'baselines' | 'test';

/** Random search is about to start, at the cost of the search before it. */
export interface RandomSearchPlanned {
  readonly type: 'randomSearchPlanned';
  /** The number of random candidates that it begins with. */
  readonly candidates: number;
  /** Whether the configuration had that number, and so it does not follow from what this search took. */
  readonly configured: boolean;
  /** The processor seconds that the search took, over all its processes. */
  readonly searchProcessorSeconds: number;
}

/** Independent work begins on several engines, which share out the threads. */
export interface EnginesOpened {
  readonly type: 'enginesOpened';
  readonly engines: number;
  /** Of all engines together. */
  readonly threads: number;
}

/** One of the best candidates was timed as a whole network, on the machine of the latency table. */
export interface LatencyMeasured {
  readonly type: 'latencyMeasured';
  /** The candidate's architecture. */
  readonly name: string;
  /** Milliseconds for a batch; a low quantile over rounds, and their interquartile range. */
  readonly milliseconds: number;
  readonly spread: number;
  /** By the latency table. */
  readonly predicted: number;
  /** It is not chosen if `milliseconds` is more. */
  readonly limit: number;
}

/** A training step was completed. */
export interface TrainStep {
  readonly type: 'trainStep';
  readonly stage: Stage;
  /** Optimizer steps done in this stage, this one included. */
  readonly step: number;
  /** Optimizer steps of the whole stage. */
  readonly steps: number;
  /** Passes over the training data, as a fraction: 2.5 is the middle of the third. */
  readonly epoch: number;
  /** The training loss, averaged over the batch. */
  readonly loss: number;
  /** Training accuracy on the batch. */
  readonly accuracy: number;
  readonly learningRate: number;
  /** The gradient's L2 norm over all parameters, before clipping. */
  readonly gradientNorm?: number;
  readonly imagesPerSecond: number;
  /** The share of time, 0 to 1, that the device waited for images. */
  readonly waitingShare: number;
  /** Expected seconds until the stage ends. */
  readonly remainingSeconds?: number;
  /** Expected seconds until all trainings of a series end, if this is one of them. */
  readonly seriesRemainingSeconds?: number;
}

/** The weights that a training leaves: those after its last step, and their moving average. */
export type TrainedWeights = 'last' | 'average';

/** A network was evaluated on images. */
export interface Evaluation {
  readonly type: 'evaluation';
  readonly stage: Stage;
  readonly weights: TrainedWeights;
  /** The images: those held out from training, or the test images. */
  readonly split: 'searchVal' | 'test';
  /** The half of the held-out images, if they were halved. */
  readonly half?: 'A' | 'B';
  /** Top-1 accuracy, 0 to 1. */
  readonly accuracy: number;
  /** Top-5 accuracy, 0 to 1. */
  readonly top5?: number;
  /** The mean loss, if computed. */
  readonly loss?: number;
  /** The number of images. */
  readonly images: number;
}

/** A candidate was scored. */
export interface CandidateEvaluated {
  readonly type: 'candidateEvaluated';
  readonly stage: SearchStage;
  /** How candidates are proposed; random search is for comparison. */
  readonly method: 'evolution' | 'nsga2' | 'random';
  /** Candidates scored in this stage so far, including this one, and the most that the stage may score. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds until the stage ends. */
  readonly remainingSeconds?: number;
  /** Its number in its method's order of evaluation, from 0. */
  readonly id: number;
  readonly generation: number;
  /** Its path through the supernet, one integer per block. */
  readonly path: readonly number[];
  /** Its blocks in order, with the fields of an architecture file. */
  readonly blocks: readonly NumberFields[];
  /** Accuracy on `searchVal`, 0 to 1. */
  readonly fitness: number;
  /** The objectives, larger is better: the fitness, then negated costs. */
  readonly values: readonly number[];
  /** Mean cross entropy on `searchVal`, which orders candidates of equal values; absent in journals of older versions. */
  readonly loss?: number;
  /** Its cost. */
  readonly measures: ByMeasure<number>;
  /** Its origin, and the ids of its parents. */
  readonly origin: { readonly operator: string; readonly parents: readonly number[] };
}

/** The check of a supernet's ranking was planned: `glit trust`. */
export interface TrustPlanned {
  readonly type: 'trustPlanned';
  readonly level: string;
  /** Candidates that the search scored, and candidates drawn at random from the level's space. */
  readonly searched: number;
  readonly drawn: number;
  /** Trainings of each candidate. */
  readonly seeds: number;
  /** Images to train on, to compute fitness on (half A), and to measure retrained networks on (half B). */
  readonly images: { readonly train: number; readonly halfA: number; readonly halfB: number };
  /** The length of a training. */
  readonly training: { readonly steps?: number; readonly epochs?: number };
}

/** A candidate of a searched level was scored again, with inherited weights: `glit trust`. */
export interface CandidateRescored {
  readonly type: 'candidateRescored';
  readonly stage: RescoreStage;
  readonly path: readonly number[];
  /** Whether its BatchNorm statistics were recomputed, as in the search. */
  readonly recalibrated: boolean;
  /** Accuracy on half A of the held-out images, 0 to 1. */
  readonly fitness: number;
  /** Scores so far, including this one, and of the whole stage. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds until the stage ends. */
  readonly remainingSeconds?: number;
}

/** The summary of a finished training; shares, 0 to 1, cover only this process's part of it. */
export interface TrainingSummary {
  /** Optimizer steps of the whole training. */
  readonly steps: number;
  /** Share of the time that the device waited for images. */
  readonly waitingShare: number;
  /** Share of the steps with a clipped gradient; absent without clipping. */
  readonly clippedShare?: number;
  /** Shares of the batches with mixup and with CutMix; absent without mixing. */
  readonly mixupShare?: number;
  readonly cutmixShare?: number;
}

/** The summary of a finished search. */
export interface SearchSummary {
  /** The best fitness of each method: accuracy on `searchVal`, 0 to 1. */
  readonly bestFitness: Readonly<Record<string, number>>;
}

interface Finished<OfStage extends Stage, Result> {
  readonly type: 'stageFinished';
  readonly stage: OfStage;
  /** Seconds of this process in the stage. */
  readonly durationSeconds: number;
  readonly result: Result;
}

/** A stage ended. Files and images are counts. */
export type StageFinished =
  | Finished<FilesStage, { readonly files: number }>
  | Finished<ImagesStage | CheckStage | EvalStage, { readonly images: number }>
  | Finished<LatencyStage, { readonly networks: number }>
  | Finished<SupernetStage | TrainStage | TrustStage, TrainingSummary>
  | Finished<RescoreStage, { readonly candidates: number }>
  | Finished<SearchStage, SearchSummary>;

/** A file of the run is complete. */
export interface Artifact {
  readonly type: 'artifact';
  /** The table of candidates, the best architecture, the exported model, the report, or a picture. */
  readonly kind: 'candidates' | 'architecture' | 'model' | 'report' | 'picture';
  /** Relative to the run folder, with forward slashes. */
  readonly path: string;
}

/** An image cannot be read; reported once per image. */
export interface UnreadableImage {
  readonly type: 'unreadable';
  /** Its file, and the member or row if images share a file. */
  readonly file: string;
  readonly reason: string;
}

/** An engine that `--device auto` tried. */
export interface DeviceTried {
  readonly device: string;
  readonly precision: 'float32' | 'bfloat16';
  /** Of one training step of the run's plain network; absent if the engine did not start. */
  readonly milliseconds?: number;
  /** Why it was not taken, if it could not be. */
  readonly refused?: string;
}

/** `--device auto` took a device, which the run's configuration names from now on. */
export interface DeviceChosen {
  readonly type: 'deviceChosen';
  readonly device: string;
  readonly precision: 'float32' | 'bfloat16';
  readonly tried: readonly DeviceTried[];
}

/** Something the user should know that did not stop the run. */
export interface Warning {
  readonly type: 'warning';
  readonly message: string;
}

/** The run was stopped on request and can be resumed. */
export interface RunInterrupted {
  readonly type: 'runInterrupted';
}

/** The run failed. */
export interface RunFailed {
  readonly type: 'runFailed';
  readonly message: string;
}

/** The result of a search without retraining: `glit search`. */
export interface SearchOutcome {
  /** The number of candidates scored, over all levels and methods. */
  readonly candidates: number;
  /** The best candidates by fitness; their blocks have the fields of an architecture file. */
  readonly finalists: readonly { readonly name: string | null; readonly blocks: readonly NumberFields[] }[];
}

/** A network, with the fields of an architecture file. */
export interface NetworkFields {
  readonly name?: string;
  readonly family: string;
  readonly backbone: NumberFields;
  readonly blocks: readonly NumberFields[];
}

/** The result of training one network: `glit train`. Accuracies are shares of the test images, 0 to 1. */
export interface TrainOutcome {
  readonly architecture: NetworkFields;
  readonly measures: ByMeasure<number>;
  /** Of the last weights. */
  readonly test: number;
  /** Of the weights' moving average, if there is one. */
  readonly averageTest: number | null;
  /** Of the last weights, measured from the exported file. */
  readonly onnxAccuracy: number;
}

/** The result of the whole method: `glit run`, `glit demo`, `glit retrain`. Accuracies are shares of images, 0 to 1. */
export interface ComparisonOutcome {
  readonly dataset: string;
  /** The found network. */
  readonly architecture: NetworkFields;
  readonly comparison: readonly {
    readonly network: NetworkRole;
    readonly measures: ByMeasure<number>;
    /** Accuracy on the images held out from training. */
    readonly heldOut: number;
    readonly test: number;
  }[];
  /** The found network's accuracy on test images, measured from the exported file. */
  readonly onnxAccuracy: number;
  /** The number of test images. */
  readonly testImages: number;
  /** The images that networks were trained on, and those held out from training. */
  readonly images: { readonly train: number; readonly heldOut: number };
  /** The retrained candidates, by rank. */
  readonly finalists: readonly { readonly name: string; readonly heldOut: number }[];
  /** Processor seconds of the search: supernets, scoring, short and final trainings. */
  readonly searchProcessorSeconds: number;
  /** The candidates that random search began with, and the processor seconds of all its trainings, if it ran. */
  readonly randomSearch?: { readonly candidates: number; readonly processorSeconds: number };
  /** Seconds of work on the run, over all its processes. */
  readonly seconds: number;
}

/** A statistic and its 95 % bootstrap interval; null where the data have no order or no spread. */
export interface Estimate {
  readonly value: number | null;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/**
 * The result of `glit trust`: how well a supernet ranks candidates. Correlations are Kendall's τ-b with accuracy after
 * training from scratch on half B of the held-out images, averaged over the seeds unless said otherwise.
 */
export interface TrustOutcome {
  readonly level: string;
  readonly candidates: number;
  readonly seeds: number;
  /** Of fitness on half A, recalibrated as in the search. */
  readonly tau: Estimate;
  /** The same with the accuracy of one seed, averaged over seeds: what the ceiling compares with. */
  readonly tauOfOneSeed: Estimate;
  /** Of fitness with the supernet's own BatchNorm statistics, and what recalibration adds to it. */
  readonly tauWithoutRecalibration: Estimate;
  readonly recalibrationGain: Estimate;
  /** One seed's accuracy on half A with another seed's on half B, averaged over pairs of seeds. */
  readonly ceiling: Estimate;
  /** The measures as predictors, by key. */
  readonly tauOfMeasures: ByMeasure<Estimate>;
  /** The best accuracy minus the best among the `k` candidates of highest fitness; a share, 0 to 1. */
  readonly regret: readonly ({ readonly k: number } & Estimate)[];
}

/** The result of one row and seed of `glit ablate`. Accuracies are shares of images, 0 to 1. */
export interface AblationRowOutcome {
  readonly architecture: NetworkFields;
  readonly measures: ByMeasure<number>;
  /** Accuracy on the images held out from training. */
  readonly heldOut: number;
  readonly test: number;
}

export type Outcome = SearchOutcome | TrainOutcome | ComparisonOutcome | TrustOutcome | AblationRowOutcome;

/** All stages are done. */
export interface RunFinished {
  readonly type: 'runFinished';
  /** Seconds of this process. */
  readonly durationSeconds: number;
  readonly result: Outcome;
}

export type RunEvent =
  | RunStarted
  | StageStarted
  | StageProgress
  | SpaceChecked
  | BaselineScaled
  | AblationRowStarted
  | RanksJoined
  | RunPlanned
  | LatencyMeasured
  | EnginesOpened
  | RandomSearchPlanned
  | TrainStep
  | Evaluation
  | CandidateEvaluated
  | TrustPlanned
  | CandidateRescored
  | StageFinished
  | Artifact
  | UnreadableImage
  | DeviceChosen
  | Warning
  | RunInterrupted
  | RunFailed
  | RunFinished;

/** Receives every event, in order. Listeners return quickly and do not throw. */
export type Listener = (event: RunEvent) => void;

/** Passes events on to several listeners. */
export function tee(...listeners: readonly Listener[]): Listener {
  return (event) => {
    for (const listener of listeners) listener(event);
  };
}
