import type { WriteStream } from 'node:tty';
import { createLogUpdate } from 'log-update';
import type { Json, Listener, RunEvent } from '../telemetry/events.js';
import { liveLines, MachineUse } from './liveLines.js';
import { News } from './news.js';
import { jsonLine, printable, type Output } from './output.js';
import { stepLine, warningOf } from './wording.js';

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
  // A terminal without a size shows no lines below the log.
  return stdout.isTTY && stdout.columns > 0 && direct ? liveDisplay(stdout, warn) : plainDisplay(print, warn);
}

/** How a run ends; also told to programs that want only results. */
const ENDS: ReadonlySet<RunEvent['type']> = new Set(['runFinished', 'runFailed', 'runInterrupted']);

function jsonDisplay(stdout: WriteStream, warn: Listener, quiet: boolean): Display {
  return {
    listen(event) {
      if (!quiet || ENDS.has(event.type)) stdout.write(jsonLine(event));
      warn(event);
    },
    show(_text, data) {
      if (data !== undefined) stdout.write(jsonLine(data));
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
      const isProgress = news.note(event);
      const isDue = performance.now() - last > PLAIN_INTERVAL * 1000;
      const text = !isProgress ? news.lasting(event) : isDue ? progressOf(news) : undefined;
      if (text === undefined) return;
      print(text);
      last = performance.now();
    },
    show: print,
    close: () => undefined,
  };
}

/** The progress of the stage that began first, and how many are beside it. */
function progressOf({ stages: [first, ...others] }: News): string | undefined {
  if (first?.step === undefined) return undefined;
  return `${stepLine(first.step)}${others.length > 0 ? `  and ${others.length} side by side` : ''}`;
}

/** Milliseconds between redraws of the lines below the log, at least, and at most while nothing happens. */
const LIVE_INTERVAL = 100;
const IDLE_INTERVAL = 1000;

/** For a terminal: a log, and below it the stages under way. */
function liveDisplay(stdout: WriteStream, warn: Listener): Display {
  const news = new News();
  const machine = new MachineUse();
  // Hiding the cursor would need a handler of signals to bring it back.
  const live = createLogUpdate(stdout, { showCursor: true });
  let drawn = 0;
  const draw = (): void => {
    const lines = liveLines(news.stages, machine.words());
    // A line that reaches the edge would wrap.
    const room = Math.max(0, stdout.columns - 1);
    if (lines.length === 0) live.clear();
    else live(lines.map((line) => printable(line).slice(0, room)).join('\n'));
    drawn = performance.now();
  };
  /** Writes above the lines below the log. */
  const above = (write: () => void): void => {
    live.clear();
    write();
    draw();
  };
  const print = (text: string): void => above(() => stdout.write(`${printable(text)}\n`));
  const clock = setInterval(draw, IDLE_INTERVAL).unref();
  return {
    listen(event) {
      if (warningOf(event) !== undefined) {
        above(() => warn(event));
        return;
      }
      if (news.note(event)) {
        if (performance.now() - drawn > LIVE_INTERVAL) draw();
        return;
      }
      const text = news.lasting(event);
      // Skip it: the bar says the same.
      const isTold = event.type === 'stageStarted' && event.recipe === undefined;
      if (!isTold && text !== undefined) print(text);
      else draw();
    },
    show: print,
    close() {
      clearInterval(clock);
      live.clear();
    },
  };
}
