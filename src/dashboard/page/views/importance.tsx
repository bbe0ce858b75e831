import { useMemo, useState } from 'preact/hooks';
import { importanceOf, type Importance, type Marginal } from '../../insight/importance.js';
import { Empty, Select } from '../parts.js';
import type { Scored } from '../quantity.js';
import type { Palette } from '../theme.js';
import { fieldTitle, fieldValue, percent } from '../words.js';

/** Choices that are shown at first. */
const SHOWN = 8;

/** Fewer candidates say nothing about choices. */
const LEAST = 8;

/** Which choices go with high fitness: their main effects, with the spread of every value. */
export function ImportanceView({ candidates, palette }: { candidates: readonly Scored[]; palette: Palette }) {
  const found = useMemo(() => importanceOf(candidates), [candidates]);
  const [count, setCount] = useState<'few' | 'all'>('few');
  if (candidates.length < LEAST || found.length === 0) return <Empty>Too few candidates to tell.</Empty>;
  const shown = count === 'few' ? found.slice(0, SHOWN) : found;
  const marginals = shown.flatMap((each) => each.marginals);
  const ends = marginals.flatMap(({ mean, error = 0 }) => [mean - 2 * error, mean + 2 * error]);
  const range = [Math.min(...ends), Math.max(...ends)] as const;
  return (
    <>
      <p class="soft">
        Each row is one choice of one block. The share of the variance of fitness that it explains by itself (ω²), and
        the mean fitness of the {candidates.length} marked candidates with each value, ± 2 standard errors. A search
        does not draw its candidates independently: this is what they suggest, not a proof.
      </p>
      {found.length > SHOWN && (
        <Select
          label="Rows"
          value={count}
          options={[
            ['few', `the ${SHOWN} most important`],
            ['all', `all ${found.length}`],
          ]}
          onChange={setCount}
        />
      )}
      <ul class="importance">
        {shown.map((each) => (
          <Row key={`${each.block} ${each.field}`} importance={each} range={range} palette={palette} />
        ))}
      </ul>
    </>
  );
}

function Row({
  importance: { block, field, share, marginals },
  range,
  palette,
}: {
  importance: Importance;
  range: readonly [number, number];
  palette: Palette;
}) {
  return (
    <li>
      <div>
        <strong>
          block {block + 1}, {fieldTitle(field)}
        </strong>
        <span class="share">
          <meter min={0} max={1} value={share} aria-label="explained share" /> {Math.round(100 * share)} %
        </span>
      </div>
      <ul>
        {marginals.map((marginal) => (
          <Interval key={String(marginal.value)} marginal={marginal} range={range} palette={palette} />
        ))}
      </ul>
    </li>
  );
}

function Interval({
  marginal: { value, count, mean, error },
  range: [low, high],
  palette,
}: {
  marginal: Marginal;
  range: readonly [number, number];
  palette: Palette;
}) {
  const [width, height] = [180, 14];
  const at = (fitness: number): number => 6 + ((width - 12) * (fitness - low)) / (high - low || 1);
  return (
    <li>
      <span class="value">{fieldValue(value)}</span>
      <svg width={width} height={height} aria-hidden="true">
        <line x1={0} x2={width} y1={height / 2} y2={height / 2} stroke={palette.line} />
        {error !== undefined && (
          <line
            x1={at(mean - 2 * error)}
            x2={at(mean + 2 * error)}
            y1={height / 2}
            y2={height / 2}
            stroke={palette.series[0]}
            stroke-width={2}
          />
        )}
        <circle cx={at(mean)} cy={height / 2} r={4} fill={palette.series[0]} />
      </svg>
      <span class="soft">
        {percent(mean)}
        {error !== undefined && ` ± ${(200 * error).toFixed(2)}`} ({count})
      </span>
    </li>
  );
}
