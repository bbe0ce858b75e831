import type {
  Artifact,
  BaselineScaled,
  CandidateRescored,
  Evaluation,
  Json,
  LatencyMeasured,
  Outcome,
  RandomSearchPlanned,
  RunEvent,
  RunPlanned,
  SpaceChecked,
  StageFinished,
  TrainingRecipe,
  TrustPlanned,
} from '../../telemetry/events.js';
import { stageName, type Stage } from '../../telemetry/stage.js';
import { Candidates, type CandidatesData } from './candidates.js';
import { Curve, type CurveData } from './curve.js';
import { Load, type LoadData } from './load.js';

/** An event as it stands in a journal; `processorSeconds` is missing in journals of older versions. */
export type DigestEntry = RunEvent & {
  readonly time: string;
  readonly seconds: number;
  readonly processorSeconds?: number;
};

/** Whether a run still works, by its last words. One that was killed says `running` for ever. */
export type RunStatus = 'running' | 'finished' | 'interrupted' | 'failed';

/** A process that worked on the run. */
export interface RunProcess {
  readonly command: string;
  readonly version: string;
  readonly seed: number;
  readonly time: string;
  /** Seconds of work on the run before it. */
  readonly seconds: number;
}

export interface StageRecord {
  readonly stage: Stage;
  readonly name: string;
  /** Seconds of work on the run when it started, when the last process that worked on it did, and at its last news. */
  readonly started: number;
  readonly continued: number;
  readonly latest: number;
  /** Seconds that earlier processes of the run worked on it. */
  readonly before: number;
  /** Units done and in total, if they are known: steps, candidates, files, images. */
  readonly done?: number;
  readonly total?: number;
  /** Expected seconds until it ends. */
  readonly remainingSeconds?: number;
  readonly recipe?: TrainingRecipe;
  /** Present once it has ended; the duration is over all processes. */
  readonly finished?: { readonly durationSeconds: number; readonly result: StageFinished['result'] };
}

/** Something the user should know. */
export interface Notice {
  readonly time: string;
  readonly message: string;
}

/** The most notices and unreadable images that are kept; all are counted. */
const MOST_NOTICES = 100;

/** Everything that {@link Digest} knows, as JSON. */
export interface DigestData {
  readonly events: number;
  readonly time: string;
  readonly seconds: number;
  readonly status: RunStatus;
  readonly failure?: string;
  readonly config: Json;
  readonly processes: readonly RunProcess[];
  readonly stages: readonly StageRecord[];
  readonly curves: Readonly<Record<string, CurveData>>;
  readonly candidates: CandidatesData;
  readonly load: LoadData;
  readonly spaces: readonly SpaceChecked[];
  readonly evaluations: readonly Evaluation[];
  readonly baselines: readonly BaselineScaled[];
  readonly latencies: readonly LatencyMeasured[];
  readonly rescored: readonly CandidateRescored[];
  readonly artifacts: readonly Artifact[];
  readonly notices: readonly Notice[];
  /** Warnings and unreadable images in all. */
  readonly noticed: number;
  readonly plan?: RunPlanned;
  readonly randomPlan?: RandomSearchPlanned;
  readonly trustPlan?: TrustPlanned;
  readonly outcome?: Outcome;
}

/**
 * What a journal says, in bounded memory: figures, curves and candidates, brought up to date event by event. The server
 * and the page keep one each; what the server has read so far travels as JSON, and events after it.
 */
export class Digest {
  events = 0;
  time = '';
  seconds = 0;
  status: RunStatus = 'running';
  failure: string | undefined;
  config: Json = null;
  plan: RunPlanned | undefined;
  randomPlan: RandomSearchPlanned | undefined;
  trustPlan: TrustPlanned | undefined;
  outcome: Outcome | undefined;
  noticed = 0;
  readonly processes: RunProcess[];
  readonly notices: Notice[];
  readonly candidates: Candidates;
  readonly load: Load;
  readonly curves: Map<string, Curve>;
  readonly #stages: Map<string, StageRecord>;
  readonly #spaces: Map<string, SpaceChecked>;
  readonly #evaluations: Map<string, Evaluation>;
  readonly #baselines: Map<string, BaselineScaled>;
  readonly #latencies: Map<string, LatencyMeasured>;
  readonly #rescored: Map<string, CandidateRescored>;
  readonly #artifacts: Map<string, Artifact>;

  constructor(data?: DigestData) {
    const { status = 'running', config = null, events = 0, time = '', seconds = 0, noticed = 0 } = data ?? {};
    Object.assign(this, { status, config, events, time, seconds, noticed });
    this.failure = data?.failure;
    this.plan = data?.plan;
    this.randomPlan = data?.randomPlan;
    this.trustPlan = data?.trustPlan;
    this.outcome = data?.outcome;
    this.processes = [...(data?.processes ?? [])];
    this.notices = [...(data?.notices ?? [])];
    this.candidates = new Candidates(data?.candidates);
    this.load = new Load(data?.load);
    this.curves = new Map(Object.entries(data?.curves ?? {}).map(([name, curve]) => [name, new Curve(curve)]));
    this.#stages = byKey(data?.stages, ({ name }) => name);
    this.#spaces = byKey(data?.spaces, ({ level }) => level);
    this.#evaluations = byKey(data?.evaluations, evaluationKey);
    this.#baselines = byKey(data?.baselines, ({ preset }) => preset);
    this.#latencies = byKey(data?.latencies, ({ name }) => name);
    this.#rescored = byKey(data?.rescored, rescoredKey);
    this.#artifacts = byKey(data?.artifacts, ({ path }) => path);
  }

  get stages(): readonly StageRecord[] {
    return [...this.#stages.values()];
  }

  get spaces(): readonly SpaceChecked[] {
    return [...this.#spaces.values()];
  }

  get evaluations(): readonly Evaluation[] {
    return [...this.#evaluations.values()];
  }

  get baselines(): readonly BaselineScaled[] {
    return [...this.#baselines.values()];
  }

  get latencies(): readonly LatencyMeasured[] {
    return [...this.#latencies.values()];
  }

  get rescored(): readonly CandidateRescored[] {
    return [...this.#rescored.values()];
  }

  get artifacts(): readonly Artifact[] {
    return [...this.#artifacts.values()];
  }

  /** Takes in the next event. Types of newer versions count as events and change nothing else. */
  apply(entry: DigestEntry): void {
    this.time = entry.time;
    this.seconds = entry.seconds;
    this.load.add(entry.seconds, entry.processorSeconds);
    switch (entry.type) {
      case 'runStarted': {
        const { command, version, seed, config, time, seconds } = entry;
        this.processes.push({ command, version, seed, time, seconds });
        this.config = config;
        this.status = 'running';
        this.failure = undefined;
        break;
      }
      case 'stageStarted':
        this.#start(entry.stage, entry.steps, entry.recipe);
        break;
      case 'stageProgress':
        this.#progress(entry.stage, entry.done, entry.total, entry.remainingSeconds);
        break;
      case 'trainStep':
        this.#curveOf(entry.stage).add(entry, entry.seconds);
        this.#progress(entry.stage, entry.step, entry.steps, entry.remainingSeconds);
        break;
      case 'candidateEvaluated':
        this.candidates.add(entry);
        this.#progress(entry.stage, entry.done, entry.total, entry.remainingSeconds);
        break;
      case 'candidateRescored':
        this.#rescored.set(rescoredKey(entry), withoutStamp(entry));
        this.#progress(entry.stage, entry.done, entry.total, entry.remainingSeconds);
        break;
      case 'stageFinished':
        this.#finish(entry);
        break;
      case 'spaceChecked':
        this.#spaces.set(entry.level, withoutStamp(entry));
        break;
      case 'evaluation':
        this.#evaluations.set(evaluationKey(entry), withoutStamp(entry));
        break;
      case 'baselineScaled':
        this.#baselines.set(entry.preset, withoutStamp(entry));
        break;
      case 'latencyMeasured':
        this.#latencies.set(entry.name, withoutStamp(entry));
        break;
      case 'artifact':
        this.#artifacts.set(entry.path, withoutStamp(entry));
        break;
      case 'runPlanned':
        this.plan = withoutStamp(entry);
        break;
      case 'randomSearchPlanned':
        this.randomPlan = withoutStamp(entry);
        break;
      case 'trustPlanned':
        this.trustPlan = withoutStamp(entry);
        break;
      case 'unreadable':
        this.#notice(entry.time, `${entry.file} cannot be read and is skipped: ${entry.reason}`);
        break;
      case 'warning':
        this.#notice(entry.time, entry.message);
        break;
      case 'runInterrupted':
        this.status = 'interrupted';
        break;
      case 'runFailed':
        this.status = 'failed';
        this.failure = entry.message;
        break;
      case 'runFinished':
        this.status = 'finished';
        this.outcome = entry.result;
        break;
      case 'ablationRowStarted':
      case 'enginesOpened':
      case 'ranksJoined':
      case 'deviceChosen':
        break;
    }
    // Last, so that an entry that lacks something does not count.
    this.events++;
  }

  toJSON(): DigestData {
    const { events, time, seconds, status, config, processes, notices, noticed, candidates, load } = this;
    return {
      events,
      time,
      seconds,
      status,
      ...(this.failure !== undefined && { failure: this.failure }),
      config,
      processes,
      stages: this.stages,
      curves: Object.fromEntries([...this.curves].map(([name, curve]) => [name, curve.toJSON()])),
      candidates: candidates.toJSON(),
      load: load.toJSON(),
      spaces: this.spaces,
      evaluations: this.evaluations,
      baselines: this.baselines,
      latencies: this.latencies,
      rescored: this.rescored,
      artifacts: this.artifacts,
      notices,
      noticed,
      ...(this.plan !== undefined && { plan: this.plan }),
      ...(this.randomPlan !== undefined && { randomPlan: this.randomPlan }),
      ...(this.trustPlan !== undefined && { trustPlan: this.trustPlan }),
      ...(this.outcome !== undefined && { outcome: this.outcome }),
    };
  }

  #start(stage: Stage, steps: number | undefined, recipe: TrainingRecipe | undefined): void {
    const record = this.#recordOf(stage);
    this.#stages.set(record.name, {
      ...this.#newRecord(stage),
      started: record.started,
      before: record.finished?.durationSeconds ?? record.before + record.latest - record.continued,
      ...(steps !== undefined && { done: 0, total: steps }),
      ...(recipe !== undefined && { recipe }),
    });
  }

  /** Most events of a journal end here, so it changes the record in place. */
  #progress(stage: Stage, done: number, total: number, remainingSeconds: number | undefined): void {
    const record: Changing<StageRecord> = this.#recordOf(stage);
    record.done = done;
    record.total = total;
    record.latest = this.seconds;
    if (remainingSeconds === undefined) delete record.remainingSeconds;
    else record.remainingSeconds = remainingSeconds;
    this.#stages.set(record.name, record);
  }

  #finish({ stage, durationSeconds, result }: StageFinished): void {
    const { remainingSeconds: _, ...record } = this.#recordOf(stage);
    const { total, before } = record;
    const done = total === undefined ? {} : { done: total };
    const finished = { durationSeconds: before + durationSeconds, result };
    this.#stages.set(record.name, { ...record, ...done, latest: this.seconds, finished });
  }

  #recordOf(stage: Stage): StageRecord {
    return this.#stages.get(stageName(stage)) ?? this.#newRecord(stage);
  }

  #newRecord(stage: Stage): StageRecord {
    const { seconds } = this;
    return { stage, name: stageName(stage), started: seconds, continued: seconds, latest: seconds, before: 0 };
  }

  #curveOf(stage: Stage): Curve {
    const name = stageName(stage);
    const curve = this.curves.get(name) ?? new Curve();
    this.curves.set(name, curve);
    return curve;
  }

  #notice(time: string, message: string): void {
    this.noticed++;
    this.notices.push({ time, message });
    if (this.notices.length > MOST_NOTICES) this.notices.shift();
  }
}

type Changing<T> = { -readonly [Key in keyof T]: T[Key] };

function byKey<T>(values: readonly T[] | undefined, keyOf: (value: T) => string): Map<string, T> {
  return new Map((values ?? []).map((value) => [keyOf(value), value]));
}

function evaluationKey({ stage, weights, split, half }: Evaluation): string {
  return `${stageName(stage)} ${weights} ${split} ${half ?? ''}`;
}

function rescoredKey({ path, recalibrated }: CandidateRescored): string {
  return `${path.join('-')} ${recalibrated}`;
}

function withoutStamp<Event extends RunEvent>(entry: Event & Partial<Omit<DigestEntry, keyof RunEvent>>): Event {
  const { time: _time, seconds: _seconds, processorSeconds: _processor, ...event } = entry;
  return event as unknown as Event;
}
