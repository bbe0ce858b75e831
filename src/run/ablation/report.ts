import { formatCount } from '../../measure/measure.js';
import { rowsPlot } from '../../plot/rows.js';
import type { Summary } from '../../statistics/summary.js';
import { formatDuration } from '../../telemetry/progress.js';
import { percent } from '../results/report.js';
import { textTable } from '../results/textTable.js';
import type { GatheredStudy } from './gather.js';
import { ROWS } from './rows.js';
import { markdownText } from '../results/markdownText.js';

/** The tables of a study, for the terminal and the report. */
export function formatStudy({ rows, differences }: GatheredStudy): string {
  const accuracies = textTable([
    ['network', 'n', 'test', 'held-out', 'MACs', 'parameters'],
    ...rows.map(({ row, test, heldOut, means }) => [
      ROWS[row].title,
      String(test.count),
      spread(test),
      spread(heldOut),
      formatCount(Math.round(means.macs)),
      formatCount(Math.round(means.parameters)),
    ]),
  ]);
  if (differences.length === 0) return accuracies;
  const paired = textTable([
    ['test accuracy, paired by seed', 'n', 'points', '95 % interval'],
    ...differences.map(({ row, minus, test: { count, mean, interval } }) => [
      `${ROWS[row].title} − ${ROWS[minus].title}`,
      String(count),
      points(mean),
      interval === undefined ? '–' : `${points(interval.low)} to ${points(interval.high)}`,
    ]),
  ]);
  return `${accuracies}\n\n${paired}`;
}

/** `ablation.md`. */
export function formatStudies(studies: readonly GatheredStudy[]): string {
  const sections = studies.map((study, at) => {
    const { dataset, seeds, rows } = study;
    const costs = textTable([
      ['cost of a seed, mean', 'supernet steps', 'candidates', 'trainings', 'processor time', 'time'],
      ...rows.map(({ row, means }) => [
        ROWS[row].title,
        String(Math.round(means.supernetSteps)),
        String(Math.round(means.candidates)),
        String(Math.round(means.trainings)),
        formatDuration(means.processorSeconds),
        formatDuration(means.seconds),
      ]),
    ]);
    return `## ${markdownText(titleOf(study))}

${formatStudy(study)}

![Test accuracy of each row](${pictureName(studies, at)})

${costs}

Seeds ${seeds.map(({ seed }) => seed).join(', ')}; glit ${[...new Set(seeds.map(({ glit }) => glit))].join(', ')}. Of ${markdownText(dataset.name)}'s ${dataset.classes} classes, ${dataset.train} images trained
supernets and networks, ${dataset.heldOut} were held out to score candidates and choose networks, and ${dataset.test} are test images, used at the
end for the network of each row.
`;
  });
  return `# Ablation

Mean ± standard deviation over n seeds. All networks of a seed are trained by the same recipe on the same images. Searches have equal
budgets: one with a single level trains its supernet for as many steps, and scores as many candidates, as both levels together.
Random search spends the processor time that both levels, their finalists' training included, took. Intervals are bootstrap
percentiles; with few seeds they are too narrow.

${sections.join('\n')}`;
}

/** The plots of the studies, by file name. */
export async function picturesOf(studies: readonly GatheredStudy[]): Promise<ReadonlyMap<string, string>> {
  const drawn = studies.map(async (study, at) => {
    const svg = await rowsPlot({
      title: titleOf(study),
      note: `seeds ${study.seeds.map(({ seed }) => seed).join(', ')}`,
      value: 'test accuracy, %',
      rows: study.rows.map(({ row, values, test: { mean, sd } }) => ({
        name: ROWS[row].title,
        values: values.map((value) => 100 * value),
        mean: 100 * mean,
        sd: sd === undefined ? undefined : 100 * sd,
      })),
    });
    return [pictureName(studies, at), svg] as const;
  });
  return new Map(await Promise.all(drawn));
}

function titleOf({ dataset, preset, differsIn }: GatheredStudy): string {
  return `${dataset.name}, preset ${preset}${differsIn === undefined ? '' : `, with another ${differsIn}`}`;
}

/** Studies of one data set and preset are numbered. */
function pictureName(studies: readonly GatheredStudy[], at: number): string {
  const nameOf = ({ dataset, preset }: GatheredStudy): string =>
    `ablation-${dataset.name.replaceAll(/[^\w.-]+/g, '-')}-${preset}`;
  const name = nameOf(studies[at]);
  const before = studies.slice(0, at).filter((study) => nameOf(study) === name).length;
  return `${name}${before === 0 ? '' : `-${before + 1}`}.svg`;
}

function spread({ mean, sd }: Summary): string {
  return sd === undefined ? percent(mean) : `${(100 * mean).toFixed(2)} ± ${percent(sd)}`;
}

/** A difference of shares in percentage points, with its sign. */
function points(difference: number): string {
  const text = (100 * Math.abs(difference)).toFixed(2);
  return `${difference < 0 && Number(text) > 0 ? '−' : '+'}${text}`;
}
