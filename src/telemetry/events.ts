/**
 * What can happen in a run, as plain data that survives JSON. To add an event, write its interface and name it in
 * {@link RunEvent}.
 *
 * Numbers are finite: JSON has no other (NaN and the infinities become null in a journal).
 */
import type {
  CheckStage,
  FilesStage,
  ImagesStage,
  NetworkRole,
  SearchStage,
  Stage,
  SupernetStage,
  TrainStage,
} from './stage.js';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** Named numbers, as an architecture has them; one that is undefined is left out of JSON. */
export type NumberFields = { readonly [field: string]: number | undefined };

export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * Something for each measure of an architecture, by the measure's key: `macs` are multiply-adds for one image, `parameters`
 * trainable parameters, both as plain counts.
 */
export type ByMeasure<Value> = Readonly<Record<string, Value>>;

/** The first event of every process that works on a run: a resumed run has several. */
export interface RunStarted {
  readonly type: 'runStarted';
  readonly command: string;
  /** The version of glit. */
  readonly version: string;
  readonly seed: number;
  /** The whole configuration, defaults included. */
  readonly config: Json;
}

export interface StageStarted {
  readonly type: 'stageStarted';
  readonly stage: Stage;
  /** How many files, images, candidates or optimizer steps the stage will go through, where that is known. */
  readonly steps?: number;
  /** How the network is trained, where the stage is a training. */
  readonly recipe?: TrainingRecipe;
}

/** The recipe of a training, and what it comes to with the images that there are. */
export interface TrainingRecipe {
  /** The recipe's part of the configuration. */
  readonly config: JsonObject;
  /** The highest learning rate of the schedule, scaled to the images of a step where the recipe asks for it. */
  readonly learningRate: number;
  /** Optimizer steps in which the learning rate rises. */
  readonly warmupSteps: number;
}

/** A stage that neither trains nor scores candidates has come on: images decoded, say. */
export interface StageProgress {
  readonly type: 'stageProgress';
  readonly stage: Stage;
  /** Units done and units in all, what `stageStarted` calls steps. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds to the end of the stage. */
  readonly remainingSeconds?: number;
}

/** A space was priced before anything was trained in it. */
export interface SpaceChecked {
  readonly type: 'spaceChecked';
  /** The level of the search that is in this space, e.g. "high". */
  readonly level: string;
  /** The decimal logarithm of the number of candidates. */
  readonly log10Candidates: number;
  /** The least and the most that a candidate of the space takes. */
  readonly ranges: ByMeasure<{ readonly min: number; readonly max: number }>;
  /** What a candidate may take; a bound or a measure that is left out does not bound. */
  readonly budget: ByMeasure<{ readonly min?: number; readonly max?: number }>;
  /** The share of uniformly drawn candidates that are inside the budget, 0 to 1. */
  readonly shareWithin: number;
}

/** A published network was scaled to the budget, to be trained beside the found one. */
export interface BaselineScaled {
  readonly type: 'baselineScaled';
  /** The preset that it was made of. */
  readonly preset: string;
  /** Its family, and the fields of an architecture file. */
  readonly family: string;
  readonly backbone: NumberFields;
  readonly blocks: readonly NumberFields[];
  readonly measures: ByMeasure<number>;
}

/** A training step has ended. */
export interface TrainStep {
  readonly type: 'trainStep';
  readonly stage: Stage;
  /** Optimizer steps done in this stage, this one included. */
  readonly step: number;
  /** Optimizer steps of the whole stage. */
  readonly steps: number;
  /** Passes over the training data, with fraction: 2.5 is the middle of the third. */
  readonly epoch: number;
  /** The training loss, a mean over the batch. */
  readonly loss: number;
  /** Share of the batch that the network got right while training on it. */
  readonly accuracy: number;
  readonly learningRate: number;
  /** The gradient's L2 norm over all parameters, before clipping. */
  readonly gradientNorm?: number;
  readonly imagesPerSecond: number;
  /** The share of time, 0 to 1, in which the device waited for images. */
  readonly waitingShare: number;
  /** Expected seconds to the end of the stage. */
  readonly remainingSeconds?: number;
}

/** What a training leaves: the weights after its last step, and the moving average of all. */
export type TrainedWeights = 'last' | 'average';

/** A network was evaluated on images. */
export interface Evaluation {
  readonly type: 'evaluation';
  readonly stage: Stage;
  readonly weights: TrainedWeights;
  /** The images: those held out of training, or the test images. */
  readonly split: 'searchVal' | 'test';
  /** Share of images whose first prediction is right, 0 to 1. */
  readonly accuracy: number;
  /** Share of images whose class is among the first five predictions, 0 to 1. */
  readonly top5?: number;
  /** The mean loss, where it was computed. */
  readonly loss?: number;
  /** The number of images. */
  readonly images: number;
}

/** A candidate of the search was scored. */
export interface CandidateEvaluated {
  readonly type: 'candidateEvaluated';
  readonly stage: SearchStage;
  /** How candidates are proposed; random search is there to compare with. */
  readonly method: 'evolution' | 'random';
  /** Candidates scored in this stage by this process, this one included, and how many the stage may score. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds to the end of the stage. */
  readonly remainingSeconds?: number;
  /** Its place in the order of evaluation by its method, from 0. */
  readonly id: number;
  readonly generation: number;
  /** Its route through the supernet, one integer a choice block. */
  readonly path: readonly number[];
  /** Its blocks from the first to the last, with the fields of an architecture file. */
  readonly blocks: readonly NumberFields[];
  /** Accuracy on `searchVal`, 0 to 1. */
  readonly fitness: number;
  /** What it takes. */
  readonly measures: ByMeasure<number>;
  /** How it came about, and the ids of the candidates that it descends from. */
  readonly origin: { readonly operator: string; readonly parents: readonly number[] };
}

/** What a training that has ended says of itself; shares, 0 to 1, are of what this process has done of it. */
export interface TrainingSummary {
  /** Optimizer steps of the whole training. */
  readonly steps: number;
  /** Share of the time in which the device waited for images. */
  readonly waitingShare: number;
  /** Share of the steps whose gradient was clipped; left out: none. */
  readonly clippedShare?: number;
  /** Share of the batches that mixup mixed, and CutMix; left out: none. */
  readonly mixupShare?: number;
  readonly cutmixShare?: number;
}

/** What a search that has ended says of itself. */
export interface SearchSummary {
  /** The best fitness by the way in which candidates were proposed: accuracy on `searchVal`, 0 to 1. */
  readonly bestFitness: Readonly<Record<string, number>>;
}

interface Finished<OfStage extends Stage, Result> {
  readonly type: 'stageFinished';
  readonly stage: OfStage;
  /** Seconds that this process spent in the stage. */
  readonly durationSeconds: number;
  readonly result: Result;
}

/** A stage has ended. Files and images are numbers of them. */
export type StageFinished =
  | Finished<FilesStage, { readonly files: number }>
  | Finished<ImagesStage | CheckStage, { readonly images: number }>
  | Finished<SupernetStage | TrainStage, TrainingSummary>
  | Finished<SearchStage, SearchSummary>;

/** A file of the run is complete. */
export interface Artifact {
  readonly type: 'artifact';
  /** All candidates as a table, the best architecture, the exported model, the report. */
  readonly kind: 'candidates' | 'architecture' | 'model' | 'report';
  /** Relative to the run folder, with forward slashes. */
  readonly path: string;
}

/** An image cannot be read; it is told of once. */
export interface UnreadableImage {
  readonly type: 'unreadable';
  /** Its file, and the member or row where many share a file. */
  readonly file: string;
  readonly reason: string;
}

/** Something the user should know and that did not stop the run. */
export interface Warning {
  readonly type: 'warning';
  readonly message: string;
}

/** The run was stopped on request and can be resumed. */
export interface RunInterrupted {
  readonly type: 'runInterrupted';
}

/** The run could not go on. */
export interface RunFailed {
  readonly type: 'runFailed';
  readonly message: string;
}

/** What a search without retraining came to: `glit search`. */
export interface SearchOutcome {
  /** How many candidates were scored, of all levels and methods. */
  readonly candidates: number;
  /** The best candidates, by fitness; their blocks have the fields of an architecture file. */
  readonly finalists: readonly { readonly name: string | null; readonly blocks: readonly NumberFields[] }[];
}

/** What the training of one network came to: `glit train`. Accuracies are shares of the test images, 0 to 1. */
export interface TrainOutcome {
  /** The architecture's name, if it has one. */
  readonly architecture: string | null;
  /** Of the last weights. */
  readonly test: number;
  /** Of the weights' moving average, where one was kept. */
  readonly averageTest: number | null;
  /** Of the last weights, measured from the exported file. */
  readonly onnxAccuracy: number;
}

/** What the whole method came to: `glit run`, `glit demo`, `glit retrain`. Accuracies are shares of images, 0 to 1. */
export interface ComparisonOutcome {
  readonly dataset: string;
  /** The found network, with the fields of an architecture file. */
  readonly architecture: {
    readonly name?: string;
    readonly family: string;
    readonly backbone: NumberFields;
    readonly blocks: readonly NumberFields[];
  };
  readonly comparison: readonly {
    readonly network: NetworkRole;
    readonly measures: ByMeasure<number>;
    /** Accuracy on the images held out of training. */
    readonly heldOut: number;
    readonly test: number;
  }[];
  /** The found network's accuracy on test images, measured from the exported file. */
  readonly onnxAccuracy: number;
  /** The number of test images. */
  readonly testImages: number;
  /** The candidates that were trained, by rank. */
  readonly finalists: readonly { readonly name: string; readonly heldOut: number }[];
  /** Seconds of work on the run, by all its processes. */
  readonly seconds: number;
}

export type Outcome = SearchOutcome | TrainOutcome | ComparisonOutcome;

/** All stages are done. */
export interface RunFinished {
  readonly type: 'runFinished';
  /** Seconds that this process worked. */
  readonly durationSeconds: number;
  readonly result: Outcome;
}

export type RunEvent =
  | RunStarted
  | StageStarted
  | StageProgress
  | SpaceChecked
  | BaselineScaled
  | TrainStep
  | Evaluation
  | CandidateEvaluated
  | StageFinished
  | Artifact
  | UnreadableImage
  | Warning
  | RunInterrupted
  | RunFailed
  | RunFinished;

/** Is told of every event, in order. Listeners return quickly and do not throw. */
export type Listener = (event: RunEvent) => void;

/** Tells several listeners. */
export function tee(...listeners: readonly Listener[]): Listener {
  return (event) => {
    for (const listener of listeners) listener(event);
  };
}
