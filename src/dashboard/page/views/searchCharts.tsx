import { useMemo } from 'preact/hooks';
import { frontOf } from '../../insight/front.js';
import { Chart, legend, numberAxis, type Range } from '../chart.js';
import type { Marks, Quantity, Scored } from '../quantity.js';
import type { Palette } from '../theme.js';
import { percent } from '../words.js';

interface SharedProps {
  readonly candidates: readonly Scored[];
  /** The keys of the candidates that the reader marked. */
  readonly marked: ReadonlySet<string>;
  /** The ranges that they marked. */
  readonly marks: Marks;
  readonly palette: Palette;
}

/** The marked range of a quantity as its axis shows it, within the candidates' values. */
function shownRange(marks: Marks, { key, of, scaled }: Quantity, candidates: readonly Scored[]): Range | undefined {
  const range = marks.get(key)?.range;
  if (range === undefined) return undefined;
  const values = candidates.flatMap((each) => of(each) ?? []);
  return [scaled(Math.max(range[0], Math.min(...values))), scaled(Math.min(range[1], Math.max(...values)))];
}

/** The most lines of parallel coordinates; of more candidates, the best and an even sample of the others are drawn. */
const MOST_LINES = 1500;

const METHODS = { evolution: 'evolution', nsga2: 'NSGA-II', random: 'random search' } as const;

/** Symbols differ as well as colours. */
const SYMBOLS = { evolution: 'circle', nsga2: 'circle', random: 'diamond' } as const;

const POINT = { fitness: 1, x: 0 } as const;

/** A group of points; those that are not marked are faint. */
function points(
  name: string,
  members: readonly Scored[],
  {
    marked,
    at,
    symbol,
  }: {
    marked: ReadonlySet<string>;
    at: (candidate: Scored) => readonly [number, number];
    symbol: string;
  },
) {
  return {
    name,
    type: 'scatter' as const,
    symbol,
    symbolSize: 7,
    encode: { x: POINT.x, y: POINT.fitness },
    data: members.map((each) => ({
      value: at(each) as [number, number],
      name: `${each.method} ${each.id}`,
      itemStyle: { opacity: marked.has(each.key) ? 0.8 : 0.08 },
    })),
  };
}

function byMethod(candidates: readonly Scored[]) {
  const methods = [...new Set(candidates.map(({ method }) => method))];
  return methods.map((method) => ({ method, members: candidates.filter((each) => each.method === method) }));
}

/** Fitness in the order of evaluation, and the best so far. */
export function ScoreHistory({ candidates, marked, palette, fitness }: SharedProps & { fitness: Quantity }) {
  const option = useMemo(() => {
    const groups = byMethod(candidates);
    return {
      legend: legend(palette),
      grid: { left: 58, right: 14, top: 34, bottom: 42 },
      xAxis: { ...numberAxis('candidate, in order of evaluation', 'x', palette), minInterval: 1 },
      yAxis: numberAxis(fitness.axis, 'y', palette),
      tooltip: { trigger: 'item' as const },
      series: groups.flatMap(({ method, members }) => [
        points(METHODS[method], members, {
          marked,
          symbol: SYMBOLS[method],
          at: ({ id, fitness: value }) => [id, 100 * value],
        }),
        {
          name: `best so far, ${METHODS[method]}`,
          type: 'line' as const,
          step: 'end' as const,
          showSymbol: false,
          lineStyle: { width: 2, type: method === 'random' ? ('dashed' as const) : ('solid' as const) },
          data: bestSoFar(members),
        },
      ]),
    };
  }, [candidates, marked, palette, fitness]);
  const best = Math.max(...candidates.map((each) => each.fitness));
  return (
    <Chart
      title="Accuracy on held-out images with inherited weights"
      label={`Fitness of ${candidates.length} candidates in order of evaluation; the best has ${percent(best)}. The table below has them all.`}
      option={option}
      palette={palette}
      height={280}
    />
  );
}

function bestSoFar(members: readonly Scored[]): [number, number][] {
  let best = -Infinity;
  return members.map(({ id, fitness }) => {
    best = Math.max(best, fitness);
    return [id, 100 * best];
  });
}

/** Fitness against a cost, with the limit and the front. */
export function Scatter({
  candidates,
  marked,
  marks,
  palette,
  fitness,
  cost,
  limit,
  onMark,
}: SharedProps & {
  fitness: Quantity;
  cost: Quantity;
  limit: number | undefined;
  onMark: (ranges: readonly [Range, Range] | undefined) => void;
}) {
  const known = useMemo(() => candidates.filter((each) => cost.of(each) !== undefined), [candidates, cost]);
  const at = (each: Scored): readonly [number, number] => [cost.scaled(cost.of(each) ?? NaN), 100 * each.fitness];
  const option = useMemo(() => {
    const front = frontOf(known.map((each) => ({ fitness: each.fitness, cost: cost.of(each) ?? NaN })));
    const largest = Math.max(...known.map((each) => cost.of(each) ?? 0));
    const isNear = limit !== undefined && limit <= 1.5 * largest;
    return {
      legend: legend(palette),
      grid: { left: 58, right: 20, top: 34, bottom: 42 },
      xAxis: {
        ...numberAxis(cost.axis, 'x', palette),
        ...(isNear && { max: ({ max }: { max: number }) => Math.max(max, cost.scaled(limit) * 1.005) }),
      },
      yAxis: numberAxis(fitness.axis, 'y', palette),
      tooltip: { trigger: 'item' as const },
      series: [
        ...byMethod(known).map(({ method, members }) =>
          points(METHODS[method], members, { marked, symbol: SYMBOLS[method], at }),
        ),
        {
          name: 'front',
          type: 'line' as const,
          step: 'end' as const,
          symbol: 'emptyCircle',
          symbolSize: 8,
          lineStyle: { width: 1.5 },
          data: front.map((each) => [cost.scaled(each.cost), 100 * each.fitness]),
          ...(isNear && {
            markLine: {
              symbol: 'none',
              silent: true,
              lineStyle: { color: palette.soft, type: 'dashed' as const },
              label: { formatter: 'limit', color: palette.text, position: 'end' as const },
              data: [{ xAxis: cost.scaled(limit) }],
            },
          }),
        },
      ],
    };
  }, [known, marked, palette, fitness, cost, limit]);
  const [across, up] = [cost, fitness].map((quantity) => shownRange(marks, quantity, known));
  const scaledBack = (ranges: readonly [Range, Range] | undefined): void => {
    const back = ([low, high]: Range, { scaled }: Quantity): Range => [low / scaled(1), high / scaled(1)];
    onMark(ranges === undefined ? undefined : [back(ranges[0], cost), back(ranges[1], fitness)]);
  };
  return (
    <Chart
      title="Drag to mark candidates"
      label={`Fitness against ${cost.title} of ${known.length} candidates, with the front of the best for their cost${limit === undefined ? '' : ` and the limit of ${cost.format(limit)}`}.`}
      option={option}
      palette={palette}
      height={280}
      marked={across === undefined || up === undefined ? undefined : [across, up]}
      onBrush={scaledBack}
    />
  );
}

/** One line per candidate over several axes. */
export function Parallel({
  candidates,
  marked,
  marks,
  palette,
  quantities,
  onMark,
}: SharedProps & {
  quantities: readonly Quantity[];
  onMark: (quantity: Quantity, range: Range | undefined) => void;
}) {
  const drawn = useMemo(() => sampled(candidates), [candidates]);
  const option = useMemo(() => {
    const line = (members: readonly Scored[], isMarked: boolean) => ({
      name: isMarked ? 'marked' : 'others',
      type: 'parallel' as const,
      silent: true,
      z: isMarked ? 3 : 2,
      progressive: 0,
      inactiveOpacity: 0.05,
      activeOpacity: 0.6,
      lineStyle: { width: 1, opacity: isMarked ? 0.45 : 0.06, color: isMarked ? palette.series[0] : palette.soft },
      data: members.map((each) => quantities.map((quantity) => quantity.scaled(quantity.of(each) ?? NaN))),
    });
    const best = drawn.reduce((one, other) => (other.fitness > one.fitness ? other : one), drawn[0]);
    return {
      parallel: { left: 40, right: 60, top: 34, bottom: 18, axisExpandable: false },
      parallelAxis: quantities.map(({ key, axis }, dim) => ({
        id: `axis${dim}`,
        dim,
        name: axis.replace(/, |(?<=^mean) /, '\n'),
        type: 'value' as const,
        scale: true,
        nameTextStyle: { color: palette.text, fontSize: 11, lineHeight: 13 },
        nameGap: 8,
        axisLabel: { color: palette.soft, fontSize: 10 },
        axisLine: { lineStyle: { color: palette.soft } },
        splitNumber: key === 'fitness' ? 4 : 3,
        areaSelectStyle: { width: 16, color: palette.series[0], opacity: 0.25, borderColor: palette.series[0] },
      })),
      series: [
        line(
          drawn.filter(({ key }) => !marked.has(key)),
          false,
        ),
        line(
          drawn.filter(({ key }) => marked.has(key)),
          true,
        ),
        {
          ...line([best], true),
          name: 'best',
          z: 5,
          lineStyle: { width: 2.5, opacity: 1, color: palette.series[1] },
        },
      ],
    };
  }, [drawn, marked, palette, quantities]);
  const isSample = drawn.length < candidates.length;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Parallel coordinates">
      <div style={{ minWidth: `${Math.max(320, 84 * quantities.length)}px` }}>
        <Chart
          title={`The best is the thick line. Drag along an axis to mark.${isSample ? ` ${drawn.length} of ${candidates.length} are drawn.` : ''}`}
          label={`Parallel coordinates of ${drawn.length} candidates over ${quantities.map(({ title }) => title).join(', ')}.`}
          option={option}
          palette={palette}
          height={300}
          markedAxes={quantities.map((quantity) => shownRange(marks, quantity, candidates))}
          onAxis={(axis, range) => {
            const { [axis]: quantity } = quantities;
            const scale = quantity.scaled(1);
            onMark(quantity, range === undefined ? undefined : [range[0] / scale, range[1] / scale]);
          }}
        />
      </div>
    </div>
  );
}

function sampled(candidates: readonly Scored[]): readonly Scored[] {
  if (candidates.length <= MOST_LINES) return candidates;
  const ranked = [...candidates].sort((one, other) => other.fitness - one.fitness);
  const rest = ranked.slice(MOST_LINES / 2);
  const step = rest.length / (MOST_LINES / 2);
  return [
    ...ranked.slice(0, MOST_LINES / 2),
    ...Array.from({ length: MOST_LINES / 2 }, (_, at) => rest[Math.floor(at * step)]),
  ];
}
