import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import type { Json, Listener, RunEvent } from '../telemetry/events.js';
import { stageName } from '../telemetry/stage.js';
import { printable, type Output } from './output.js';
import { stageTitle } from '../telemetry/stageTitle.js';
import { lasting, stepLine, warningOf, type Step } from './wording.js';

/** Shows a run's events to the user. */
export interface Display {
  readonly listen: Listener;
  /** Prints a result as text or, with --json, as `data` unless an event has already reported it. */
  show(text: string, data?: Json): void;
  /** Restores the screen for the next program. */
  close(): void;
}

export interface DisplayOptions {
  /** One event per line on stdout, as JSON, and nothing else. */
  readonly json?: boolean | undefined;
  /** Warnings and results only. */
  readonly quiet?: boolean | undefined;
  /** Whether what is written reaches the user's terminal, if stdout is one. Default: yes. */
  readonly direct?: boolean | undefined;
}

export function openDisplay(
  { stdout, stderr }: Output,
  { json = false, quiet = false, direct = true }: DisplayOptions,
): Display {
  const warn = (event: RunEvent): void => {
    const warning = warningOf(event);
    if (warning !== undefined) stderr.write(`glit: warning: ${printable(warning)}\n`);
  };
  if (json) return jsonDisplay(stdout, warn, quiet);
  const print = (text: string): void => void stdout.write(`${printable(text)}\n`);
  if (quiet) return { listen: warn, show: print, close: () => undefined };
  return stdout.isTTY && direct ? liveDisplay(stdout, warn) : plainDisplay(print, warn);
}

function jsonDisplay(stdout: WriteStream, warn: Listener, quiet: boolean): Display {
  return {
    listen(event) {
      if (!quiet || event.type === 'runFinished') stdout.write(`${JSON.stringify(event)}\n`);
      warn(event);
    },
    show(_text, data) {
      if (data !== undefined) stdout.write(`${JSON.stringify(data)}\n`);
    },
    close: () => undefined,
  };
}

/** Seconds between two progress lines of a stage. */
const PLAIN_INTERVAL = 5;

/** For files and pipes: a line when a stage begins and ends, and occasional progress in between. */
function plainDisplay(print: (text: string) => void, warn: Listener): Display {
  const news = new News();
  let last = performance.now();
  return {
    listen(event) {
      warn(event);
      const step = news.step(event);
      const text = step === undefined ? news.lasting(event) : undefined;
      if (text !== undefined) print(text);
      if (step !== undefined && performance.now() - last > PLAIN_INTERVAL * 1000) print(step);
      else if (text === undefined) return;
      last = performance.now();
    },
    show: print,
    close: () => undefined,
  };
}

/** Milliseconds between redraws of the live line. */
const LIVE_INTERVAL = 100;

/** For a terminal: a log, and below it one live line. */
function liveDisplay(stdout: WriteStream, warn: Listener): Display {
  const news = new News();
  let live = '';
  let drawn = 0;
  const erase = (): void => {
    cursorTo(stdout, 0);
    clearLine(stdout, 0);
  };
  const draw = (): void => {
    erase();
    // A line that reaches the edge would wrap, and only its last row can be erased.
    stdout.write(printable(live).slice(0, Math.max(0, stdout.columns - 1)));
    drawn = performance.now();
  };
  const print = (text: string): void => {
    erase();
    stdout.write(`${printable(text)}\n`);
    draw();
  };
  return {
    listen(event) {
      if (warningOf(event) !== undefined) {
        erase();
        warn(event);
        draw();
        return;
      }
      const step = news.step(event);
      if (step !== undefined) {
        live = step;
        if (performance.now() - drawn > LIVE_INTERVAL) draw();
        return;
      }
      const text = news.lasting(event);
      if (event.type === 'stageStarted') live = `${stageTitle(event.stage)} ...`;
      else if (event.type === 'stageFinished') live = '';
      // Skip it: the next line says the same.
      const isTold = event.type === 'stageStarted' && event.recipe === undefined;
      if (!isTold && text !== undefined) print(text);
      else draw();
    },
    show: print,
    close() {
      live = '';
      erase();
    },
  };
}

/** Events as text; keeps what the wording of an event needs from earlier ones. */
class News {
  private best = 0;
  /** The stages under way, in the order in which they began. */
  private readonly running = new Set<string>();
  /** The texts of {@link REPEATED}, each of which is said once. */
  private readonly said = new Set<string>();

  /** The stage's progress, if the event reports any; of stages side by side, that of the first. */
  step(event: RunEvent): string | undefined {
    if (event.type === 'stageStarted') {
      this.best = 0;
      // Only trainings run side by side.
      if (event.stage.kind !== 'train' && event.stage.kind !== 'trust') this.running.clear();
      this.running.add(stageName(event.stage));
    }
    if (event.type === 'stageFinished') this.running.delete(stageName(event.stage));
    if (event.type === 'candidateEvaluated') this.best = Math.max(this.best, event.fitness);
    if (!isStep(event)) return undefined;
    const [first = stageName(event.stage)] = this.running;
    if (first !== stageName(event.stage)) return undefined;
    const others = this.running.size - 1;
    return `${stepLine(event, this.best)}${others > 0 ? `  and ${others} side by side` : ''}`;
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
