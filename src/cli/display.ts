import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';
import type { Json, Listener, RunEvent } from '../telemetry/events.js';
import type { Output } from './output.js';
import { lasting, stageTitle, stepLine, warningOf, type Step } from './wording.js';

/** Shows a run's events to whoever started it. */
export interface Display {
  readonly listen: Listener;
  /** Tells a result: as text or, where JSON was asked for, as `data`, unless an event has told it already. */
  show(text: string, data?: Json): void;
  /** Leaves the screen as the next program expects it. */
  close(): void;
}

export interface DisplayOptions {
  /** One event a line on stdout, as JSON, and nothing else there. */
  readonly json?: boolean | undefined;
  /** Warnings and results alone. */
  readonly quiet?: boolean | undefined;
}

export function openDisplay({ stdout, stderr }: Output, { json = false, quiet = false }: DisplayOptions): Display {
  const warn = (event: RunEvent): void => {
    const warning = warningOf(event);
    if (warning !== undefined) stderr.write(`glit: warning: ${warning}\n`);
  };
  if (json) return jsonDisplay(stdout, warn, quiet);
  const print = (text: string): void => void stdout.write(`${text}\n`);
  if (quiet) return { listen: warn, show: print, close: () => undefined };
  return stdout.isTTY ? liveDisplay(stdout, warn) : plainDisplay(print, warn);
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

/** Seconds between two lines about the same stage, where lines stay. */
const PLAIN_INTERVAL = 5;

/** For files and pipes: a line when a stage begins and ends, and now and then one between. */
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

/** Milliseconds between two redrawings of the live line. */
const LIVE_INTERVAL = 100;

/** For a terminal: what has happened, and under it one line that is rewritten. */
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
    // A line that reaches the edge would wrap, and only its last row could be erased.
    stdout.write(live.slice(0, Math.max(0, stdout.columns - 1)));
    drawn = performance.now();
  };
  const print = (text: string): void => {
    erase();
    stdout.write(`${text}\n`);
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
      // What a line will say that comes at once needs no line of its own.
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

/** Events as text: remembers what the wording of an event needs from those before it. */
class News {
  private best = 0;
  private space = '';

  /** How far the stage has come, if that is what the event tells. */
  step(event: RunEvent): string | undefined {
    if (event.type === 'stageStarted') this.best = 0;
    if (event.type === 'candidateEvaluated') this.best = Math.max(this.best, event.fitness);
    return isStep(event) ? stepLine(event, this.best) : undefined;
  }

  /** A line that stays, if the event has something to say that was not just said. */
  lasting(event: RunEvent): string | undefined {
    const text = lasting(event);
    // A space is checked before a run begins and again before it is searched.
    if (event.type === 'spaceChecked') {
      if (text === this.space) return undefined;
      this.space = text ?? '';
    }
    return text;
  }
}

function isStep(event: RunEvent): event is Step {
  return event.type === 'trainStep' || event.type === 'candidateEvaluated' || event.type === 'stageProgress';
}
