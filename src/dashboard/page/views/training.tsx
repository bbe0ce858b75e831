import { useMemo, useState } from 'preact/hooks';
import { stageName } from '../../../telemetry/stage.js';
import { stageTitle } from '../../../telemetry/stageTitle.js';
import type { Curve, CurveColumn } from '../../digest/curve.js';
import type { StageRecord } from '../../digest/digest.js';
import { Chart, numberAxis } from '../chart.js';
import type { FollowedRun } from '../following.js';
import { Empty, Section, Select, Table } from '../parts.js';
import type { ViewProps } from '../view.js';
import { percent, short, visible } from '../words.js';

/** A training of one of the runs. */
interface Training {
  readonly key: string;
  readonly title: string;
  readonly stage: StageRecord;
  readonly curve: Curve;
  readonly run: FollowedRun;
  /** Whether it is of the second run. */
  readonly isOther: boolean;
}

/** What is drawn of a training. */
interface Metric {
  readonly column: CurveColumn;
  readonly title: string;
  readonly scale: number;
  readonly axis: 'value' | 'log';
}

const METRICS: readonly Metric[] = [
  { column: 'loss', title: 'training loss', scale: 1, axis: 'value' },
  { column: 'accuracy', title: 'training accuracy, %', scale: 100, axis: 'value' },
  { column: 'learningRate', title: 'learning rate', scale: 1, axis: 'value' },
  { column: 'gradientNorm', title: 'gradient norm, before clipping', scale: 1, axis: 'log' },
  { column: 'waitingShare', title: 'time waiting for images, %', scale: 100, axis: 'value' },
  { column: 'imagesPerSecond', title: 'images per second', scale: 1, axis: 'value' },
];

/** Metrics whose axis begins at zero. */
const FROM_ZERO: ReadonlySet<CurveColumn> = new Set(['waitingShare', 'imagesPerSecond', 'learningRate', 'accuracy']);

/** What trainings are shown over. */
const OVER = {
  share: {
    title: 'share of the training, %',
    of: (curve: Curve, { total = 1 }: StageRecord) => curve.column('step').map((step) => (100 * step) / total),
  },
  step: { title: 'optimizer step', of: (curve: Curve) => curve.column('step') },
  minutes: { title: 'minutes since it began', of: (curve: Curve) => minutesOf(curve) },
} as const;
type Over = keyof typeof OVER;

/** Trainings that are shown at first. */
const SHOWN = 5;

/** The trainings of the run, and those of another beside them. */
export function TrainingView({ run, other, palette }: ViewProps) {
  const trainings = [...trainingsOf(run, false), ...(other === undefined ? [] : trainingsOf(other, true))];
  /** What the reader has chosen: to show, or not to. Others are shown as at first, also those that begin later. */
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [over, setOver] = useState<Over>('share');
  const first = new Set(atFirst(trainings));
  const shown = trainings.filter(({ key }) => chosen.get(key) ?? first.has(key));
  if (trainings.length === 0) return <Empty>No training has begun yet.</Empty>;
  const minor = trainings.filter(isContender);
  const box = (each: Training) => (
    <label key={each.key} class="check">
      <input
        type="checkbox"
        checked={shown.includes(each)}
        onChange={(event) => setChosen(new Map([...chosen, [each.key, event.currentTarget.checked]]))}
      />
      {each.title}
    </label>
  );
  return (
    <div class="cards">
      <Section title="Trainings" wide>
        <fieldset class="checks">
          <legend class="hidden">Trainings to show</legend>
          {trainings.filter((each) => !isContender(each)).map(box)}
        </fieldset>
        {minor.length > 0 && (
          <details>
            <summary>{minor.length} short trainings of contenders</summary>
            <fieldset class="checks">
              <legend class="hidden">Contenders to show</legend>
              {minor.map(box)}
            </fieldset>
          </details>
        )}
        <Select
          label="Over"
          value={over}
          options={Object.entries(OVER).map(([key, { title }]) => [key as Over, title] as const)}
          onChange={setOver}
        />
        <p class="key">
          {shown.map((each, at) => (
            <span key={each.key}>
              <i
                class={each.isOther ? 'dashed' : ''}
                style={{ background: palette.series[at % palette.series.length] }}
              />{' '}
              {each.title}
            </span>
          ))}
        </p>
      </Section>
      {METRICS.map((metric) => (
        <Section key={metric.column} title={metric.title.replace(/^./, (letter) => letter.toUpperCase())}>
          <MetricChart metric={metric} trainings={shown} over={over} palette={palette} />
        </Section>
      ))}
      <Section title="At the end" wide>
        <Table
          caption="The trainings shown"
          columns={['training', 'step', 'loss', 'accuracy', 'held-out', 'waiting']}
          rows={shown.map((each) => summary(each))}
        />
      </Section>
      {run.batches.length > 0 && (
        <Section title="First batches" wide>
          <div class="batches">
            {run.batches.map(({ name, source }) => (
              <figure key={name}>
                <img
                  src={source}
                  alt={`The first batch of ${visible(name.replace('.png', ''))}, as the network sees it`}
                  loading="lazy"
                />
                <figcaption>{visible(name.replace('.png', ''))}</figcaption>
              </figure>
            ))}
          </div>
        </Section>
      )}
    </div>
  );
}

function trainingsOf(run: FollowedRun, isOther: boolean): readonly Training[] {
  return run.digest.stages.flatMap((stage) => {
    const curve = run.digest.curves.get(stage.name);
    if (curve === undefined) return [];
    const title = visible(isOther ? `${stageTitle(stage.stage)} (${run.name})` : stageTitle(stage.stage));
    return [{ key: `${run.id} ${stage.name}`, title, stage, curve, run, isOther }];
  });
}

/** A short training, only to choose by. */
function isContender({ stage: { stage } }: Training): boolean {
  return stage.kind === 'train' && stage.network?.role === 'contender';
}

/** The last trainings that are not short, and one that is under way. */
function atFirst(trainings: readonly Training[]): readonly string[] {
  const long = trainings.filter((each) => !isContender(each));
  const open = trainings.filter(({ stage, run }) => stage.finished === undefined && run.digest.status === 'running');
  return [...new Set([...long.slice(-SHOWN), ...open])].map(({ key }) => key);
}

function summary({ title, stage: { name }, curve, run }: Training): readonly string[] {
  const last = (column: CurveColumn): number => curve.column(column).at(-1) ?? NaN;
  const heldOut = run.digest.evaluations.filter(
    ({ stage, split }) => split === 'searchVal' && stageName(stage) === name,
  );
  return [
    title,
    short(last('step')),
    short(last('loss')),
    percent(last('accuracy')),
    heldOut.length === 0 ? '–' : percent(Math.max(...heldOut.map(({ accuracy }) => accuracy))),
    percent(last('waitingShare')),
  ];
}

function MetricChart({
  metric: { column, title, scale, axis },
  trainings,
  over,
  palette,
}: Pick<ViewProps, 'palette'> & { metric: Metric; trainings: readonly Training[]; over: Over }) {
  // Curves grow in place; their revisions say when.
  const state = trainings.map(({ key, curve }) => `${key} ${curve.revision} ${curve.length}`).join('|');
  const option = useMemo(
    () => ({
      grid: { left: 58, right: 14, top: 12, bottom: 42 },
      xAxis: { ...numberAxis(OVER[over].title, 'x', palette), scale: false },
      yAxis: {
        ...numberAxis('', 'y', palette),
        type: axis,
        ...(FROM_ZERO.has(column) ? { min: 0 } : {}),
      },
      tooltip: { trigger: 'axis' as const, valueFormatter: (value: unknown) => short(Number(value)) },
      series: trainings.map(({ title: name, curve, stage, isOther }, at) => {
        const [x, y] = [OVER[over].of(curve, stage), curve.column(column)];
        return {
          name,
          type: 'line' as const,
          showSymbol: y.length < 3,
          color: palette.series[at % palette.series.length],
          lineStyle: { width: 1.5, type: isOther ? ('dashed' as const) : ('solid' as const) },
          data: x.map((each, index) => [each, axis === 'log' && !(y[index] > 0) ? null : scale * y[index]]),
        };
      }),
    }),
    [state, over, palette, column, scale, axis],
  );
  const ends = trainings.map((each) => `${each.title} ${short(scale * (each.curve.column(column).at(-1) ?? NaN))}`);
  return (
    <Chart
      title={column === 'loss' || column === 'gradientNorm' ? 'Means of neighbouring steps' : '\u00a0'}
      label={`${title} of ${trainings.length} trainings. At the end: ${ends.join(', ')}.`}
      option={option}
      palette={palette}
      height={230}
    />
  );
}

function minutesOf(curve: Curve): readonly number[] {
  const seconds = curve.column('seconds');
  return seconds.map((each) => (each - seconds[0]) / 60);
}
