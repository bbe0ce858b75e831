import type { StepReport } from '../../train/loop.js';

/** A network may need some thousand images before it learns anything, so fewer than this say too little. */
const LEAST_IMAGES = 3000;

/**
 * Notices a supernet that learns nothing. After a tenth of its steps, it should classify the images of the later half of
 * these better than a guess at the largest class; if it does not, by two standard errors, `warn` is told, once. Where those are
 * too few images, as in a short training, the steps after them count too.
 */
export function chanceWatch(
  { labels, steps }: { readonly labels: ArrayLike<number>; readonly steps: number },
  warn: (message: string) => void,
): (report: Pick<StepReport, 'step' | 'correct' | 'images'>) => void {
  const guess = largestShare(labels);
  const tenth = Math.floor(steps / 10);
  let correct = 0;
  let images = 0;
  let isJudged = false;
  return (report) => {
    if (isJudged || report.step <= tenth / 2) return;
    correct += report.correct;
    images += report.images;
    if (report.step < tenth || images < LEAST_IMAGES) return;
    isJudged = true;
    const error = Math.sqrt((guess * (1 - guess)) / images);
    if (correct / images > guess + 2 * error) return;
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    warn(
      `after ${report.step} of ${steps} steps the supernet classifies ${percent(correct / images)} of its images, and a guess ${percent(guess)}: ` +
        'it has learned nothing; change --learning-rate, or give it more steps or --entangled',
    );
  };
}

/** The share of the most frequent label. */
function largestShare(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  // There may be more labels than a call can have arguments.
  return Array.from(counts.values()).reduce((most, count) => Math.max(most, count), 0) / labels.length;
}
