import type { DataReport, DuplicatePair, Extent, SplitReport } from '../loader/dataCheck.js';

/** Rows of a list that are shown; the JSON has all. */
const SHOWN = 10;

/** The findings of `glit data check` as text. */
export function formatDataReport(folder: string, report: DataReport): string {
  const { train, test, sizes, unreadable, problems } = report;
  return [
    `${folder}: ${report.format}, ${report.classes.length} classes`,
    ...report.notices.map((notice) => `  ${notice}`),
    '',
    row('train', splitText(train)),
    row('test', test === undefined ? 'none of its own: a run draws a fifth of the training images' : splitText(test)),
    ...(sizes === undefined
      ? []
      : [row('sizes', `${extent(sizes.smallest)} to ${extent(sizes.largest)}, median ${extent(sizes.median)}`)]),
    row('channels', channelsText(report)),
    ...(report.imbalance === undefined ? [] : [row('balance', balanceText(report.imbalance))]),
    ...pairsText('in train and test', report.trainInTest),
    ...pairsText('twice in train', report.withinTrain),
    ...pairsText('twice in test', report.withinTest),
    ...listText(
      'unreadable',
      unreadable.map(({ file, reason }) => `${file}: ${reason}`),
    ),
    '',
    ...classTable(report),
    '',
    ...(problems.length === 0 ? ['no problems found'] : problems.slice(0, SHOWN).map((line) => `problem: ${line}`)),
    ...(problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : []),
  ].join('\n');
}

function row(title: string, text: string): string {
  return `${title.padEnd(10)}${text}`;
}

function splitText({ images, perClass }: SplitReport): string {
  // There may be more classes than a call can have arguments.
  const least = perClass.reduce((some, count) => Math.min(some, count));
  const most = perClass.reduce((some, count) => Math.max(some, count));
  return `${images} images, ${least === most ? least : `${least} to ${most}`} in each class`;
}

function extent({ width, height }: Extent): string {
  return `${width} × ${height}`;
}

function channelsText({ channels, rotated, animated }: DataReport): string {
  const kinds = Object.entries(channels).map(([kind, count]) => `${count} ${kind}`);
  if (rotated > 0) kinds.push(`${rotated} rotated by EXIF`);
  if (animated > 0) kinds.push(`${animated} with more than one picture`);
  return kinds.length === 0 ? 'no image can be read' : kinds.join(', ');
}

function balanceText(imbalance: number): string {
  return imbalance === 1
    ? 'all classes have the same number of training images'
    : `the largest class has ${imbalance.toFixed(imbalance < 10 ? 1 : 0)} times as many training images as the smallest`;
}

function pairsText(title: string, pairs: readonly DuplicatePair[]): string[] {
  const lines = pairs.map(
    ({ first, second, differentClasses }) => `${second} is ${first}${differentClasses ? ', in another class' : ''}`,
  );
  return listText(title, lines);
}

function listText(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    `${title} (${lines.length}):`,
    ...lines.slice(0, SHOWN).map((line) => `  ${line}`),
    ...(lines.length > SHOWN ? [`  and ${lines.length - SHOWN} more; --json lists all`] : []),
  ];
}

/** Images per class; with many classes, only those with the fewest. */
function classTable({ classes, train, test }: DataReport): string[] {
  const order = classes.map((_, label) => label);
  const isLong = classes.length > 2 * SHOWN;
  if (isLong) order.sort((a, b) => train.perClass[a] - train.perClass[b] || a - b);
  const labels = order.slice(0, 2 * SHOWN);
  const width = Math.max(5, ...labels.map((label) => classes[label].length));
  const line = (name: string, counts: readonly (string | number)[]): string =>
    `  ${name.padEnd(width)}${counts.map((count) => String(count).padStart(9)).join('')}`;
  return [
    line('class', test === undefined ? ['train'] : ['train', 'test']),
    ...labels.map((label) =>
      line(classes[label], [train.perClass[label], ...(test === undefined ? [] : [test.perClass[label]])]),
    ),
    ...(isLong
      ? [`  and ${classes.length - labels.length} classes with the same number or more; --json lists all`]
      : []),
  ];
}
