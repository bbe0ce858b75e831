import { useMemo } from 'preact/hooks';
import type { AblationRowOutcome, Estimate, Outcome, TrustOutcome } from '../../../telemetry/events.js';
import type { Digest } from '../../digest/digest.js';
import type { RunSummary } from '../../messages.js';
import { Chart, legend, numberAxis } from '../chart.js';
import { Empty, Section, Table } from '../parts.js';
import type { Palette } from '../theme.js';
import type { ViewProps } from '../view.js';
import { measureWords, percent, visible } from '../words.js';

/** Room at both ends of an axis, so that no point lies on the edge. */
const ROOM: [string, string] = ['4%', '4%'];

/** Whether the search can be trusted, and whether it is worth its time. */
export function Trust({ run, runs, palette }: ViewProps) {
  const { digest } = run;
  const studies = studiesOf(runs);
  const isCheck = digest.trustPlan !== undefined;
  return (
    <div class="cards">
      <Section title="Can the search be trusted?" wide>
        {isCheck ? (
          <Check digest={digest} palette={palette} />
        ) : (
          <Empty>
            This run is no check of a search. <code>glit trust RUN</code> makes one; it appears in the list of runs.
          </Empty>
        )}
      </Section>
      <Section title="Is the search worth its time?" wide>
        {studies.length === 0 ? (
          <Empty>
            No results of <code>glit ablate</code> are among the runs.
          </Empty>
        ) : (
          studies.map((study) => <Study key={study.name} study={study} palette={palette} />)
        )}
      </Section>
    </div>
  );
}

function Check({ digest, palette }: { digest: Digest; palette: Palette }) {
  const { outcome } = digest;
  return (
    <>
      {isTrust(outcome) ? <Statistics outcome={outcome} /> : <Empty>Statistics come with the last training.</Empty>}
      <Ranking digest={digest} palette={palette} />
    </>
  );
}

function isTrust(outcome: Outcome | undefined): outcome is TrustOutcome {
  return outcome !== undefined && 'ceiling' in outcome;
}

function Statistics({ outcome }: { outcome: TrustOutcome }) {
  const { tau, tauOfOneSeed, tauWithoutRecalibration, recalibrationGain, ceiling, tauOfMeasures, regret } = outcome;
  const rows: readonly (readonly [string, Estimate])[] = [
    ['fitness', tau],
    ['fitness without BatchNorm recalibration', tauWithoutRecalibration],
    ['what recalibration adds', recalibrationGain],
    ...Object.entries(tauOfMeasures).map(([key, each]) => [measureWords(key).title, each] as const),
    ['fitness, accuracy of one seed', tauOfOneSeed],
    ['another training (the ceiling)', ceiling],
  ];
  return (
    <>
      <Table
        caption="Rank correlation with accuracy after training"
        columns={['predictor of retrained accuracy', 'Kendall τ', '95 % interval']}
        rows={rows.map(([title, { value, interval }]) => [title, signed(value), rangeOf(interval, signed)])}
      />
      <Table
        caption="What a choice by fitness gives up"
        columns={['choice by fitness', 'regret, points', '95 % interval']}
        rows={regret.map(({ k, value, interval }) => [
          k === 1 ? 'the best' : `the best ${k}`,
          points(value),
          rangeOf(interval, points),
        ])}
      />
    </>
  );
}

/** Fitness with inherited weights against accuracy after training, as far as they are known. */
function Ranking({ digest, palette }: { digest: Digest; palette: Palette }) {
  const known = rankedPoints(digest);
  const option = useMemo(
    () => ({
      grid: { left: 62, right: 14, top: 12, bottom: 44 },
      xAxis: { ...numberAxis('fitness, inherited weights, half A, %', 'x', palette), boundaryGap: ROOM },
      yAxis: { ...numberAxis('accuracy after training, half B, %', 'y', palette), boundaryGap: ROOM },
      tooltip: { trigger: 'item' as const },
      series: [{ type: 'scatter' as const, symbolSize: 9, data: known.map(({ x, y }) => [100 * x, 100 * y]) }],
    }),
    [digest, known.length, digest.evaluations.length, palette],
  );
  if (known.length === 0) return <Empty>No candidate has been scored and trained yet.</Empty>;
  return (
    <Chart
      title="Each point is a candidate; the mean over its trainings"
      label={`Fitness against accuracy after training of ${known.length} candidates.`}
      option={option}
      palette={palette}
      height={320}
    />
  );
}

function rankedPoints(digest: Digest): readonly { readonly x: number; readonly y: number }[] {
  const trained = new Map<string, number[]>();
  for (const { stage, half, accuracy } of digest.evaluations) {
    if (stage.kind !== 'trust' || half === 'A') continue;
    const key = stage.path.join('-');
    trained.set(key, [...(trained.get(key) ?? []), accuracy]);
  }
  // A search without recalibration has only scores without it.
  const wanted = digest.rescored.some(({ recalibrated }) => recalibrated);
  return digest.rescored.flatMap(({ path, recalibrated, fitness }) => {
    const of = trained.get(path.join('-'));
    if (recalibrated !== wanted || of === undefined) return [];
    return [{ x: fitness, y: of.reduce((sum, each) => sum + each, 0) / of.length }];
  });
}

/** The rows of an ablation, from the runs in its folder. */
interface StudyRows {
  readonly name: string;
  readonly rows: readonly { readonly row: string; readonly outcomes: readonly AblationRowOutcome[] }[];
}

/** Rows of studies stand at `<study>/seed-<k>/<row>`. */
function studiesOf(runs: readonly RunSummary[]): readonly StudyRows[] {
  const studies = new Map<string, Map<string, AblationRowOutcome[]>>();
  for (const { name, outcome } of runs) {
    const [, study = '', row] = /^(?:(.*)\/)?seed-\d+\/([^/]+)$/.exec(name.replaceAll('\\', '/')) ?? [];
    if (row === undefined || outcome === undefined || !('heldOut' in outcome)) continue;
    const rows = studies.get(study) ?? new Map<string, AblationRowOutcome[]>();
    rows.set(row, [...(rows.get(row) ?? []), outcome]);
    studies.set(study, rows);
  }
  return [...studies].map(([name, rows]) => ({
    name: name === '' ? 'ablation' : name,
    rows: [...rows]
      .map(([row, outcomes]) => ({ row, outcomes }))
      .sort((one, other) => meanTest(other.outcomes) - meanTest(one.outcomes)),
  }));
}

function Study({ study: { name, rows }, palette }: { study: StudyRows; palette: Palette }) {
  const option = useMemo(
    () => ({
      legend: legend(palette),
      grid: { left: 110, right: 20, top: 34, bottom: 42 },
      xAxis: { ...numberAxis('test accuracy, %', 'x', palette), boundaryGap: ROOM },
      yAxis: {
        type: 'category' as const,
        inverse: true,
        data: rows.map(({ row }) => visible(row)),
        axisLabel: { color: palette.text },
        axisLine: { lineStyle: { color: palette.soft } },
      },
      series: [
        {
          name: 'one seed',
          type: 'scatter' as const,
          symbolSize: 8,
          itemStyle: { color: palette.soft, opacity: 0.7 },
          data: rows.flatMap(({ outcomes }, at) => outcomes.map(({ test }) => [100 * test, at])),
        },
        {
          name: 'mean',
          type: 'scatter' as const,
          symbol: 'diamond',
          symbolSize: 13,
          itemStyle: { color: palette.series[0] },
          data: rows.map(({ outcomes }, at) => [100 * meanTest(outcomes), at]),
        },
      ],
    }),
    [rows.map(({ outcomes }) => outcomes.length).join(' '), palette],
  );
  return (
    <>
      <Chart
        title={visible(name)}
        label={`Test accuracy of ${rows.length} methods over their seeds. The table has the means.`}
        option={option}
        palette={palette}
        height={90 + 42 * rows.length}
      />
      <Table
        caption={`Ablation ${visible(name)}`}
        columns={['network', 'seeds', 'mean test', 'lowest', 'highest']}
        rows={rows.map(({ row, outcomes }) => [
          visible(row),
          String(outcomes.length),
          percent(meanTest(outcomes)),
          percent(Math.min(...outcomes.map(({ test }) => test))),
          percent(Math.max(...outcomes.map(({ test }) => test))),
        ])}
      />
      <p class="soft">
        Intervals and paired differences are in the study's own report, <code>ablation.md</code>.
      </p>
    </>
  );
}

function meanTest(outcomes: readonly AblationRowOutcome[]): number {
  return outcomes.reduce((sum, { test }) => sum + test, 0) / outcomes.length;
}

function signed(value: number | null): string {
  return value === null
    ? '–'
    : value
        .toFixed(2)
        .replace(/^-0\.00$/, '0.00')
        .replace('-', '−');
}

/** A share in percentage points. */
function points(share: number | null): string {
  return share === null ? '–' : (100 * share).toFixed(2);
}

function rangeOf(interval: Estimate['interval'], format: (value: number) => string): string {
  return interval === null ? '–' : `${format(interval.low)} to ${format(interval.high)}`;
}
