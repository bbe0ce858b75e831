import { availableParallelism } from 'node:os';
import { formatDuration } from '../telemetry/progress.js';
import type { StageUnderWay } from './news.js';
import { wholePercent } from './wording.js';

/** Cells of a progress bar. */
const BAR_WIDTH = 24;

/** Stages side by side that have a bar; the others are counted. */
const MOST_BARS = 4;

/** The lines below the log of a terminal: a bar for every stage under way, its figures, and what glit takes of the machine. */
export function liveLines(stages: readonly StageUnderWay[], machine: string): readonly string[] {
  if (stages.length === 0) return [];
  const shown = stages.slice(0, MOST_BARS);
  const width = Math.max(...shown.map(({ title }) => title.length));
  const bars = shown.map(({ title, step }) =>
    step === undefined
      ? `${title} ...`
      : `${title.padEnd(width)}  ${bar(step.done)}  ${wholePercent(step.done).padStart(5)}  ${step.left}`.trimEnd(),
  );
  const first = shown.find(({ step }) => step !== undefined)?.step;
  const figures = first === undefined ? [] : [[first.count, ...first.figures].join('  ')];
  const others = stages.length - shown.length;
  return [...bars, ...(others > 0 ? [`and ${others} more side by side`] : []), ...figures, machine];
}

function bar(done: number): string {
  const full = Math.min(BAR_WIDTH, Math.floor(done * BAR_WIDTH));
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full);
}

/** What this process takes of the machine: processor cores since the last question, memory now. */
export class MachineUse {
  private readonly began = performance.now();
  private time = this.began;
  private processor = processorMilliseconds();
  private cores = 0;

  /** E.g. `glit: 1.9 of 2 cores, 0.61 GB of memory, since 12m 04s`; cores are averaged over a second or more. */
  words(): string {
    const now = performance.now();
    if (now - this.time >= 1000) {
      const processor = processorMilliseconds();
      this.cores = (processor - this.processor) / (now - this.time);
      [this.time, this.processor] = [now, processor];
    }
    const memory = (process.memoryUsage.rss() / 1e9).toFixed(2);
    const since = formatDuration((now - this.began) / 1000);
    return `glit: ${this.cores.toFixed(1)} of ${availableParallelism()} cores, ${memory} GB of memory, running for ${since}`;
  }
}

/** Milliseconds of processor time that this process and its threads have taken. */
function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
