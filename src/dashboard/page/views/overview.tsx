import { useMemo } from 'preact/hooks';
import type { ComparisonOutcome, Outcome } from '../../../telemetry/events.js';
import { formatDuration } from '../../../telemetry/progress.js';
import { networkTitle, PLANNED_PARTS, stageTitle } from '../../../telemetry/stageTitle.js';
import type { Digest, StageRecord } from '../../digest/digest.js';
import { isSilent } from '../../insight/runToShow.js';
import { seriesSeconds } from '../../insight/series.js';
import { Chart, numberAxis } from '../chart.js';
import { Empty, Section, Table } from '../parts.js';
import { clockTime, measureWords, percent, short, STATUS, visible } from '../words.js';
import type { ViewProps } from '../view.js';

/** How far the run is, and what it has found so far. */
export function Overview({ run, palette, known }: ViewProps) {
  const { digest } = run;
  return (
    <div class="cards">
      <Section title="Now">
        <Status run={run} />
        <Figures digest={digest} />
      </Section>
      <Section title="Machine">
        <LoadChart digest={digest} palette={palette} />
        {known?.machine !== undefined && (
          <p class="soft">
            Now, whoever uses it: load {short(known.machine.load)} on {known.machine.cores} cores,{' '}
            {short((known.machine.memory - known.machine.freeMemory) / 1e9)} of {short(known.machine.memory / 1e9)} GB
            of memory in use.
          </p>
        )}
      </Section>
      <Results outcome={digest.outcome} />
      <Section title="Stages">
        <Stages stages={digest.stages} status={digest.status} />
      </Section>
      {digest.plan !== undefined && <Plan digest={digest} />}
      <Section title={`Warnings (${digest.noticed})`}>
        {digest.notices.length === 0 ? (
          <Empty>None.</Empty>
        ) : (
          <ul class="notices" tabIndex={0} aria-label="Warnings">
            {digest.notices.toReversed().map(({ time, message }, at) => (
              <li key={at}>
                <time class="soft">{clockTime(time)}</time> {visible(message)}
              </li>
            ))}
          </ul>
        )}
        {run.broken > 0 && <p>{run.broken} lines of the journal are not entries and are skipped.</p>}
      </Section>
      <Section title="The run">
        <dl class="facts">
          {[...digest.processes.entries()].slice(-5).map(([number, { command, version, seed, time }]) => (
            <div key={number}>
              <dt>{number === 0 ? 'started' : 'resumed'}</dt>
              <dd>
                {clockTime(time)}, glit {visible(command)}, version {visible(version)}, seed {seed}
              </dd>
            </div>
          ))}
          {digest.spaces.map(({ level, log10Candidates, shareWithin, budget }) => (
            <div key={level}>
              <dt>{visible(level)} level</dt>
              <dd>
                10^{log10Candidates.toFixed(1)} candidates, {percent(shareWithin)} of random candidates within{' '}
                {Object.entries(budget)
                  .map(([key, { min, max }]) => `${measureWords(key).title} ${boundsText(key, min, max)}`)
                  .join(', ') || 'no limit'}
              </dd>
            </div>
          ))}
          {digest.artifacts.length > 0 && (
            <div>
              <dt>files</dt>
              <dd>{digest.artifacts.map(({ path }) => visible(path)).join(', ')}</dd>
            </div>
          )}
        </dl>
        <details>
          <summary>Configuration</summary>
          <pre tabIndex={0}>{JSON.stringify(digest.config, null, 2)}</pre>
        </details>
      </Section>
    </div>
  );
}

function boundsText(key: string, min: number | undefined, max: number | undefined): string {
  const { format } = measureWords(key);
  const [low, high] = [min, max].map((bound) => (bound === undefined ? undefined : format(bound)));
  if (low === undefined) return `up to ${high ?? 'any'}`;
  return high === undefined ? `from ${low}` : `${low} to ${high}`;
}

function Status({ run: { digest, gone, read } }: Pick<ViewProps, 'run'>) {
  const { status, failure, time, seconds } = digest;
  const silent = isSilent(digest, Date.now());
  return (
    <p class="status" role="status">
      <span class={`badge ${gone ? 'failed' : silent ? 'interrupted' : status}`}>
        {gone ? 'deleted' : silent ? 'silent' : STATUS[status]}
      </span>{' '}
      {gone && 'The run was deleted; these are its last figures. '}
      {read < 1 && `Reading its journal: ${Math.round(100 * read)} %. `}
      {status === 'failed' && `${visible(failure ?? '')}. `}
      {status === 'interrupted' && 'It can be continued with --resume. '}
      {silent && `No news since ${clockTime(time)}: it was killed, or a long step takes its time. `}
      {formatDuration(seconds)} of work.
    </p>
  );
}

function Figures({ digest }: { digest: Digest }) {
  const current = digest.stages.findLast(({ finished }) => finished === undefined);
  const curve = current === undefined ? undefined : digest.curves.get(current.name);
  const candidates = digest.candidates.all();
  const best = candidates.reduce((most, { fitness }) => Math.max(most, fitness), 0);
  const figures: (readonly [string, string])[] = [];
  if (digest.status === 'running' && current !== undefined) figures.push(['stage', stageTitle(current.stage)]);
  if (digest.status === 'running' && current?.remainingSeconds !== undefined) {
    figures.push(['stage ends in', formatDuration(current.remainingSeconds)]);
  }
  const limit = digest.plan?.limitSeconds;
  if (digest.status === 'running' && limit !== undefined) {
    figures.push(['planned end in', formatDuration(Math.max(0, limit - digest.seconds))]);
  }
  if (digest.status === 'running' && curve !== undefined) {
    const last = (name: Parameters<typeof curve.column>[0]): number => curve.column(name).at(-1) ?? NaN;
    figures.push(['loss', short(last('loss'))], ['images per second', short(last('imagesPerSecond'))]);
    figures.push(['waiting for images', percent(last('waitingShare'))]);
  }
  if (candidates.length > 0) {
    figures.push(['candidates scored', String(digest.candidates.scored)], ['best fitness', percent(best)]);
  }
  const { outcome } = digest;
  if (isComparison(outcome)) {
    figures.push(
      ['test accuracy, from best.onnx', percent(outcome.onnxAccuracy)],
      ['test images', String(outcome.testImages)],
    );
  } else if (outcome !== undefined && 'test' in outcome) figures.push(['test accuracy', percent(outcome.test)]);
  return (
    <dl class="figures">
      {figures.map(([title, value]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Results({ outcome }: { outcome: Outcome | undefined }) {
  if (!isComparison(outcome)) return null;
  const keys = Object.keys(outcome.comparison[0]?.measures ?? {});
  const { search, random } = { search: outcome.searchProcessorSeconds, random: outcome.randomSearch };
  return (
    <Section title="Results" wide>
      <Table
        caption="Every network trained by the same recipe"
        columns={['network', 'test', 'held-out', ...keys.map((key) => measureWords(key).title)]}
        rows={outcome.comparison.map(({ network, measures, heldOut, test }) => [
          visible(networkTitle(network)),
          percent(test),
          percent(heldOut),
          ...keys.map((key) => measureWords(key).format(measures[key])),
        ])}
      />
      <p class="soft">
        Trained by the same recipe on {outcome.images.train} images of {visible(outcome.dataset)}. Held-out accuracy
        chose among finalists; test accuracy is of {outcome.testImages} images, used once. Processor time: search{' '}
        {formatDuration(search)}
        {random !== undefined && `, random search ${formatDuration(random.processorSeconds)}`}.
      </p>
    </Section>
  );
}

/** Whether a run compared networks at its end. */
export function isComparison(outcome: Outcome | undefined): outcome is ComparisonOutcome {
  return outcome !== undefined && 'comparison' in outcome;
}

function Stages({ stages, status }: { stages: readonly StageRecord[]; status: Digest['status'] }) {
  if (stages.length === 0) return <Empty>No stage has started yet.</Empty>;
  return (
    <ol class="stages" tabIndex={0} aria-label="Stages">
      {gathered(stages).map((series) =>
        series.length === 1 ? (
          <Stage key={series[0].name} record={series[0]} isRunning={status === 'running'} />
        ) : (
          <Series key={series[0].name} series={series} />
        ),
      )}
    </ol>
  );
}

/** Finished trainings of one round of contenders, or of one check, stand together: there are many. */
function gathered(stages: readonly StageRecord[]): readonly (readonly [StageRecord, ...StageRecord[]])[] {
  const all: [StageRecord, ...StageRecord[]][] = [];
  for (const record of stages) {
    const last = all.at(-1);
    const series = seriesOf(record);
    if (last !== undefined && series !== undefined && series === seriesOf(last[0])) last.push(record);
    else all.push([record]);
  }
  return all;
}

function seriesOf({ stage, finished }: StageRecord): string | undefined {
  if (finished === undefined) return undefined;
  if (stage.kind === 'trust') return `${stage.level} level, trainings`;
  if (stage.kind !== 'train' || stage.network?.role !== 'contender') return undefined;
  return `${stage.network.by === 'found' ? '' : 'random '}contenders, round ${stage.network.round + 1}`;
}

function Series({ series }: { series: readonly [StageRecord, ...StageRecord[]] }) {
  const title = visible(seriesOf(series[0]) ?? '');
  return (
    <li>
      <span class="title">{title}</span>
      <progress max={1} value={1} aria-label={title} />
      <span class="number">{series.length} trainings</span>
      <span class="soft">done in {formatDuration(seriesSeconds(series))}</span>
    </li>
  );
}

function Stage({ record, isRunning }: { record: StageRecord; isRunning: boolean }) {
  const { stage, done, total, remainingSeconds, finished } = record;
  const title = visible(stageTitle(stage));
  const state =
    finished !== undefined
      ? `done in ${formatDuration(finished.durationSeconds)}`
      : !isRunning
        ? 'not finished'
        : remainingSeconds === undefined
          ? 'running'
          : `${formatDuration(remainingSeconds)} left`;
  return (
    <li class={finished === undefined ? 'open' : ''}>
      <span class="title">{title}</span>
      {total !== undefined && total > 0 ? (
        <progress max={total} value={finished === undefined ? (done ?? 0) : total} aria-label={title} />
      ) : (
        <span />
      )}
      <span class="number">{total === undefined ? '' : `${done ?? 0} / ${total}`}</span>
      <span class="soft">{state}</span>
    </li>
  );
}

function Plan({ digest }: { digest: Digest }) {
  const { plan } = digest;
  if (plan === undefined) return null;
  const { limitSeconds, parts, amounts } = plan;
  return (
    <Section title="Plan">
      <p>
        To end within {formatDuration(limitSeconds)}: {amounts.supernetSteps} steps per supernet, {amounts.candidates}{' '}
        candidates per level
        {amounts.finalSteps !== undefined && `, ${amounts.finalSteps} steps of the last training`}.
      </p>
      <Table
        caption="Planned time"
        columns={['part', 'planned', 'share']}
        rows={parts.map(({ part, seconds }) => [
          PLANNED_PARTS[part],
          formatDuration(seconds),
          `${Math.round((100 * seconds) / limitSeconds)} %`,
        ])}
      />
    </Section>
  );
}

function LoadChart({ digest, palette }: Pick<ViewProps, 'palette'> & { digest: Digest }) {
  const points = digest.load.busyCores();
  const option = useMemo(
    () => ({
      grid: { left: 52, right: 12, top: 12, bottom: 40 },
      xAxis: { ...numberAxis('minutes of work', 'x', palette), scale: false },
      yAxis: { ...numberAxis('cores in use', 'y', palette), min: 0 },
      tooltip: { trigger: 'axis' as const, valueFormatter: (value: unknown) => short(Number(value)) },
      series: [
        {
          name: 'cores in use',
          type: 'line' as const,
          showSymbol: false,
          step: 'end' as const,
          areaStyle: { opacity: 0.15 },
          lineStyle: { width: 1.5 },
          data: points.map(({ seconds, cores }) => [seconds / 60, cores]),
        },
      ],
    }),
    [digest, points.length, palette],
  );
  if (points.length < 2) return <Empty>Known after some seconds.</Empty>;
  const cores = points.map((point) => point.cores);
  const mean = cores.reduce((sum, each) => sum + each, 0) / cores.length;
  return (
    <Chart
      title="Processor time of the run, as cores in use"
      label={`Cores in use by the run over its time: ${short(mean)} on average, ${short(Math.max(...cores))} at most.`}
      option={option}
      palette={palette}
      height={180}
    />
  );
}
