import type { RunEvent } from '../telemetry/events.js';
import { stageName } from '../telemetry/stage.js';
import { stageTitle } from '../telemetry/stageTitle.js';
import { lasting, stepWords, type Step, type StepWords } from './wording.js';

/** A stage that began and has not ended. */
export interface StageUnderWay {
  readonly title: string;
  /** Its progress, once it has reported any. */
  readonly step?: StepWords;
}

/** Events as text; keeps what the wording of an event needs from earlier ones. */
export class News {
  private best = 0;
  private readonly running = new Map<string, StageUnderWay>();
  /** The texts of {@link REPEATED}, each of which is said once. */
  private readonly said = new Set<string>();

  /** The stages under way, in the order in which they began. */
  get stages(): readonly StageUnderWay[] {
    return [...this.running.values()];
  }

  /** Takes note of an event; returns whether it is a stage's progress. */
  note(event: RunEvent): boolean {
    if (event.type === 'stageStarted') {
      this.best = event.best ?? 0;
      // Only trainings run side by side.
      if (event.stage.kind !== 'train' && event.stage.kind !== 'trust') this.running.clear();
      this.running.set(stageName(event.stage), { title: stageTitle(event.stage) });
    }
    if (event.type === 'stageFinished') this.running.delete(stageName(event.stage));
    if (event.type === 'candidateEvaluated') this.best = Math.max(this.best, event.fitness);
    if (!isStep(event)) return false;
    const step = stepWords(event, this.best);
    this.running.set(stageName(event.stage), { title: step.title, step });
    return true;
  }

  /** A permanent line, if the event says something new. */
  lasting(event: RunEvent): string | undefined {
    const text = lasting(event);
    if (!REPEATED.has(event.type)) return text;
    if (text === undefined || this.said.has(text)) return undefined;
    this.said.add(text);
    return text;
  }
}

/** A space is checked before a run starts and again before the search; engines are opened for every part of the work. */
const REPEATED: ReadonlySet<RunEvent['type']> = new Set(['spaceChecked', 'enginesOpened']);

const STEPS: ReadonlySet<RunEvent['type']> = new Set<Step['type']>([
  'trainStep',
  'candidateEvaluated',
  'candidateRescored',
  'stageProgress',
]);

function isStep(event: RunEvent): event is Step {
  return STEPS.has(event.type);
}
