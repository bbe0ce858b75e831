import type { StepReport } from '../../train/loop.js';

/** A network may need some thousand images before it learns anything, so fewer than this say too little. */
const LEAST_IMAGES = 5000;

/**
 * Notices a supernet that learns nothing. After a tenth of its steps, it should classify the images of the later half of
 * these better than a guess at the largest class; if it does not, by two standard errors, `warn` is told, once. Where those are
 * too few images, the training is short: half of its steps then take the place of a tenth. (The demo's supernet is at chance until
 * two fifths.)
 */
export function chanceWatch(
  { labels, steps }: { readonly labels: ArrayLike<number>; readonly steps: number },
  warn: (message: string) => void,
): (report: Pick<StepReport, 'step' | 'correct' | 'images'>) => void {
  const guess = largestShare(labels);
  /** The steps after which it is judged: the first that has enough images. */
  const ends = [Math.floor(steps / 10), Math.floor(steps / 2)];
  let correct = 0;
  let images = 0;
  return (report) => {
    while (ends.length > 0 && report.step > ends[0]) {
      ends.shift();
      [correct, images] = [0, 0];
    }
    const [end] = ends;
    if (end === undefined || report.step <= end / 2) return;
    correct += report.correct;
    images += report.images;
    if (report.step < end || images < LEAST_IMAGES) return;
    ends.length = 0;
    const error = Math.sqrt((guess * (1 - guess)) / images);
    if (correct / images > guess + 2 * error) return;
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    warn(
      `after ${end} of ${steps} steps the supernet classifies ${percent(correct / images)} of its images, and a guess ${percent(guess)}: ` +
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
