/**
 * What can happen in a run, as plain data that survives JSON. To add an event, write its interface and name it in
 * {@link RunEvent}.
 *
 * Numbers are finite: JSON has no other (NaN and the infinities become null in a journal). A stage's name is also the
 * name of its folder in the run, e.g. "trainHigh".
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

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
  readonly stage: string;
  /** How many steps, images or candidates the stage will go through, where that is known. */
  readonly steps?: number;
  /** How a network is trained, in words. */
  readonly recipe?: string;
}

/** A stage that neither trains nor scores candidates has come on: images decoded, say. */
export interface StageProgress {
  readonly type: 'stageProgress';
  readonly stage: string;
  /** Units done and units in all, what `stageStarted` calls steps. */
  readonly done: number;
  readonly total: number;
  /** Expected seconds to the end of the stage. */
  readonly remainingSeconds?: number;
}

/** A space was priced before anything was trained in it. */
export interface SpaceChecked {
  readonly type: 'spaceChecked';
  readonly stage: string;
  /** The decimal logarithm of the number of candidates. */
  readonly log10Candidates: number;
  /** The least and the most multiply-adds that a candidate takes. */
  readonly macs: { readonly min: number; readonly max: number };
  readonly params: { readonly min: number; readonly max: number };
  /** The budget in words. */
  readonly budget: string;
  /** The share of uniformly drawn candidates that are inside the budget, 0 to 1. */
  readonly shareInside: number;
}

/** A training step has ended. */
export interface TrainStep {
  readonly type: 'trainStep';
  readonly stage: string;
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

/** A network was evaluated on images. */
export interface Evaluation {
  readonly type: 'evaluation';
  readonly stage: string;
  /** What was evaluated, in words: "supernet, random paths", "moving average". */
  readonly what: string;
  /** Which images, in words: "searchVal", "test". */
  readonly split: string;
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
  readonly stage: string;
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
  /** Its architecture as a person reads it. */
  readonly candidate: string;
  /** Accuracy on `searchVal`, 0 to 1. */
  readonly fitness: number;
  /** Multiply-adds of one image. */
  readonly macs: number;
  readonly params: number;
  readonly origin: { readonly operator: string; readonly parents: readonly number[] };
}

/** What a training that has ended says of itself; shares are of what this process has done of it. */
export interface TrainingSummary {
  readonly steps: number;
  /** Share of the time in which the device waited for images. */
  readonly waitingShare: number;
  /** Share of the steps whose gradient was clipped; left out: none. */
  readonly clippedShare?: number;
  /** Share of the batches that mixup mixed, and CutMix; left out: none. */
  readonly mixupShare?: number;
  readonly cutmixShare?: number;
}

export interface StageFinished {
  readonly type: 'stageFinished';
  readonly stage: string;
  /** Seconds that this process spent in the stage. */
  readonly seconds: number;
  /** What the stage found, as it wants it shown. */
  readonly result: Json;
}

/** A file of the run is complete. */
export interface Artifact {
  readonly type: 'artifact';
  /** What it is, in words. */
  readonly what: string;
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
  /** The stage that was under way. */
  readonly stage?: string;
}

/** The run could not go on. */
export interface RunFailed {
  readonly type: 'runFailed';
  readonly message: string;
}

/** All stages are done. */
export interface RunFinished {
  readonly type: 'runFinished';
  /** Seconds that this process worked. */
  readonly seconds: number;
  readonly result: Json;
}

export type RunEvent =
  | RunStarted
  | StageStarted
  | StageProgress
  | SpaceChecked
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
