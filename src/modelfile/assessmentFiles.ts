import { join } from 'node:path';
import sharp from 'sharp';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { makeFolder } from '../checkpoint/freeFolder.js';
import { toInterleaved } from '../image/image.js';
import { matrixPlot } from '../plot/matrix.js';
import { tilesPlot, type Tile } from '../plot/tiles.js';
import { csvLine, csvTable } from '../telemetry/csv.js';
import { classScores, sumOf, type Assessment, type SeenImage } from './assess.js';

/** Classes in a picture of the confusion matrix; of more, it shows those with most mistakes. */
const MOST_CLASSES = 40;

/** Classes up to which the table of the confusion matrix has all pairs. */
const MOST_IN_MATRIX = 1000;

/** The head of the confusion matrix's first column. */
const CORNER = 'class \\ taken for';

/**
 * What people look at after a training: `classes.csv` (precision, recall and F1 of each class), `confusion_matrix.csv`,
 * pictures of it as counts and as shares, the surest mistakes, and samples of the images with what the model says of them.
 * Names to contents. `of` says which images these are.
 */
export async function assessmentFiles(assessment: Assessment, of: string): Promise<ReadonlyMap<string, string>> {
  const { accuracy, images, samples, mistakes } = assessment;
  const note = `${of}: ${(100 * accuracy).toFixed(2)} % of ${images} right`;
  return new Map([
    ['classes.csv', csvTable(['name', 'images', 'precision', 'recall', 'f1'], classScores(assessment))],
    ['confusion_matrix.csv', confusionTable(assessment)],
    ['confusion_matrix.svg', await confusionPicture(assessment, note, false)],
    ['confusion_matrix_normalized.svg', await confusionPicture(assessment, note, true)],
    ['mistakes.svg', tilesPlot(`The surest mistakes (${of})`, await tiles(mistakes, assessment))],
    ['predictions.svg', tilesPlot(`Samples (${of})`, await tiles(samples, assessment))],
  ]);
}

/** Writes {@link assessmentFiles} to a folder, which is created. */
export async function writeAssessment(folder: string, assessment: Assessment, of: string): Promise<void> {
  await makeFolder(folder);
  for (const [name, content] of await assessmentFiles(assessment, of)) {
    await writeFileAtomically(join(folder, name), content);
  }
}

/** The whole matrix, a line per class; of very many classes, only the pairs that there are. */
function confusionTable({ classes, confusion }: Assessment): string {
  const lines =
    classes.length <= MOST_IN_MATRIX
      ? confusion.map((row, at) => csvLine([classes[at], ...classes.map((_, to) => row.get(to) ?? 0)]))
      : confusion.flatMap((row, at) => [...row].map(([to, count]) => csvLine([classes[at], classes[to], count])));
  const header = classes.length <= MOST_IN_MATRIX ? [CORNER, ...classes] : ['class', 'taken for', 'images'];
  return csvLine(header) + lines.join('');
}

function confusionPicture({ classes, confusion }: Assessment, note: string, asShares: boolean): Promise<string> {
  const shown = shownClasses(confusion);
  const values = shown.map((row) => {
    const total = asShares ? Math.max(sumOf(confusion[row]), 1) : 1;
    return shown.map((column) => (confusion[row].get(column) ?? 0) / total);
  });
  const left = classes.length - shown.length;
  return matrixPlot({
    title: asShares ? 'Confusion matrix, shares of each class' : 'Confusion matrix',
    note: left === 0 ? note : `${note}; the ${shown.length} classes with most mistakes, ${left} left out`,
    names: shown.map((index) => classes[index]),
    values,
    most: asShares ? 1 : Math.max(1, ...values.flat()),
    format: asShares ? (value) => value.toFixed(2) : String,
    rows: 'class',
    columns: 'taken for',
  });
}

/** The classes in a picture, in their order. */
function shownClasses(confusion: Assessment['confusion']): readonly number[] {
  const indices = confusion.map((_, index) => index);
  if (indices.length <= MOST_CLASSES) return indices;
  const mistakes = indices.map(() => 0);
  confusion.forEach((row, truth) => {
    for (const [predicted, count] of row) {
      if (predicted === truth) continue;
      mistakes[truth] += count;
      mistakes[predicted] += count;
    }
  });
  return [...indices]
    .sort((a, b) => mistakes[b] - mistakes[a])
    .slice(0, MOST_CLASSES)
    .sort((a, b) => a - b);
}

function tiles(seen: readonly SeenImage[], { classes, imageSize }: Assessment): Promise<readonly Tile[]> {
  return Promise.all(
    seen.map(async ({ pixels, truth, predicted, confidence }) => ({
      picture: await sharp(toInterleaved({ size: imageSize, pixels }), {
        raw: { width: imageSize, height: imageSize, channels: 3 },
      })
        .png()
        .toBuffer(),
      lines: [
        `${classes[predicted]} ${Math.round(100 * confidence)} %`,
        ...(truth === predicted ? [] : [`is ${classes[truth]}`]),
      ],
      good: truth === predicted,
    })),
  );
}
