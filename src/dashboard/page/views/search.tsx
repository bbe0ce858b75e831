import { useMemo, useState } from 'preact/hooks';
import { candidateKey } from '../../digest/candidates.js';
import type { Digest } from '../../digest/digest.js';
import { fieldsOf } from '../../insight/choices.js';
import { Empty, Section, Select } from '../parts.js';
import { blockQuantities, isMarked, quantitiesOf, type Marks, type Quantity, type Scored } from '../quantity.js';
import type { Range } from '../chart.js';
import type { ViewProps } from '../view.js';
import { fieldTitle, short, visible } from '../words.js';
import { CandidateTable } from './candidateTable.js';
import { Genealogy } from './genealogy.js';
import { ImportanceView } from './importance.js';
import { isComparison } from './overview.js';
import { Parallel, Scatter, ScoreHistory } from './searchCharts.js';

/** The candidates of the run's searches: what was tried, what it was worth, and why. */
export function Search(props: ViewProps) {
  const { digest } = props.run;
  const { revision } = digest.candidates;
  const all = useMemo(() => scoredOf(digest), [digest, revision]);
  const levels = [...new Set(all.map(({ level }) => level))];
  const [wanted, setWanted] = useState('');
  const level = levels.includes(wanted) ? wanted : (levels.at(-1) ?? '');
  const ofLevel = useMemo(() => all.filter((each) => each.level === level), [all, level]);
  if (all.length === 0) return <Empty>No candidate has been scored yet.</Empty>;
  return (
    <>
      {levels.length > 1 && (
        <div class="fields">
          <Select
            label="Level"
            value={level}
            options={levels.map((each) => [each, `${visible(each)} level`] as const)}
            onChange={setWanted}
          />
        </div>
      )}
      <LevelSearch key={level} {...props} level={level} candidates={ofLevel} />
    </>
  );
}

function LevelSearch({
  run: { digest },
  palette,
  candidates,
  level,
  focus,
  onFocus,
}: ViewProps & { level: string; candidates: readonly Scored[] }) {
  const [marks, setMarks] = useState<Marks>(new Map());
  const [onlyFeasible, setOnlyFeasible] = useState(false);
  const [costKey, setCostKey] = useState('macs');
  const [axes, setAxes] = useState('');
  const budget = digest.spaces.find((each) => each.level === level)?.budget ?? {};
  const isFeasible = ({ measures }: Scored): boolean =>
    Object.entries(budget).every(([key, { min = -Infinity, max = Infinity }]) => {
      const { [key]: value } = measures;
      return value === undefined || (value >= min && value <= max);
    });
  const pool = useMemo(() => (onlyFeasible ? candidates.filter(isFeasible) : candidates), [candidates, onlyFeasible]);
  const quantities = useMemo(() => quantitiesOf(candidates), [candidates]);
  const costs = quantities.filter(({ key }) => key in (candidates[0]?.measures ?? {}));
  const cost = costs.find(({ key }) => key === costKey) ?? costs[0];
  const [fitness] = quantities;
  const marked = useMemo(
    () => new Set(pool.filter((each) => isMarked(marks, each)).map(({ key }) => key)),
    [pool, marks],
  );
  const selected = useMemo(() => pool.filter(({ key }) => marked.has(key)), [pool, marked]);
  const { outcome } = digest;
  const chosen = isComparison(outcome) ? outcome.architecture.blocks : undefined;
  const fields = fieldsOf(candidates);
  const parallel = useMemo(() => {
    if (axes !== '') return [...blockQuantities(candidates, axes), ...(cost === undefined ? [] : [cost]), fitness];
    return [
      ...quantities.filter((each) => each !== fitness && each.key !== 'generation' && varies(candidates, each)),
      fitness,
    ];
  }, [axes, candidates, quantities, cost]);

  const mark = (...changes: readonly (readonly [Quantity, Range | undefined])[]): void =>
    setMarks((before) => {
      const next = new Map(before);
      for (const [quantity, range] of changes) {
        if (range === undefined) next.delete(quantity.key);
        else next.set(quantity.key, { quantity, range });
      }
      return next;
    });
  const outside = candidates.length - candidates.filter(isFeasible).length;
  const { scored, stride } = digest.candidates;
  const shared = { candidates: pool, marked, marks, palette };
  return (
    <div class="cards">
      <Section title="Marked" wide>
        <p>
          {selected.length} of {pool.length} candidates.{' '}
          {stride > 1 && `Kept are the best and every ${stride}th of ${scored}. `}
          <span class="soft">Drag in a chart, or along an axis, or enter bounds; all views follow.</span>
        </p>
        <Bounds quantities={quantities} marks={marks} onMark={(quantity, range) => mark([quantity, range])} />
        <div class="fields">
          <label class="check">
            <input
              type="checkbox"
              checked={onlyFeasible}
              onChange={(event) => setOnlyFeasible(event.currentTarget.checked)}
            />
            only within the budget ({outside} are not)
          </label>
          <button type="button" disabled={marks.size === 0} onClick={() => setMarks(new Map())}>
            Remove all marks
          </button>
        </div>
      </Section>
      <Section title="History">
        <ScoreHistory {...shared} fitness={fitness} />
      </Section>
      {cost !== undefined && (
        <Section title="Fitness against cost">
          {costs.length > 1 && (
            <Select
              label="Cost"
              value={cost.key}
              options={costs.map(({ key, title }) => [key, title] as const)}
              onChange={setCostKey}
            />
          )}
          <Scatter
            {...shared}
            fitness={fitness}
            cost={cost}
            limit={budget[cost.key]?.max}
            onMark={(ranges) => mark([cost, ranges?.[0]], [fitness, ranges?.[1]])}
          />
        </Section>
      )}
      <Section title="Parallel coordinates" wide>
        <Select
          label="Axes"
          value={axes}
          options={[
            ['', 'scores, costs and means over blocks'],
            ...fields.map((each) => [each, `${fieldTitle(each)}, block by block`] as const),
          ]}
          onChange={setAxes}
        />
        <Parallel {...shared} quantities={parallel} onMark={(quantity, range) => mark([quantity, range])} />
      </Section>
      <Section title="What matters" wide>
        <ImportanceView candidates={selected} palette={palette} />
      </Section>
      <Section title="Genealogy of the best" wide>
        <Genealogy candidates={pool} chosen={chosen} marked={marked} palette={palette} onFocus={onFocus} />
      </Section>
      <Section title="Candidates" wide>
        <CandidateTable candidates={selected} quantities={quantities} focus={focus} onFocus={onFocus} />
      </Section>
    </div>
  );
}

function scoredOf({ candidates }: Digest): readonly Scored[] {
  return candidates.all().map((each) => ({ ...each, key: candidateKey(each), blocks: candidates.blocksOf(each) }));
}

function varies(candidates: readonly Scored[], { of }: Quantity): boolean {
  return candidates.some((each) => of(each) !== of(candidates[0]));
}

/** The bounds of every quantity as numbers, which need no mouse. */
function Bounds({
  quantities,
  marks,
  onMark,
}: {
  quantities: readonly Quantity[];
  marks: Marks;
  onMark: (quantity: Quantity, range: Range | undefined) => void;
}) {
  return (
    <details open={marks.size > 0}>
      <summary>Bounds</summary>
      <div class="bounds">
        {quantities.map((quantity) => {
          const [low, high] = marks.get(quantity.key)?.range ?? [-Infinity, Infinity];
          const scale = quantity.scaled(1);
          const enter = (text: string, end: 0 | 1): void => {
            const value = text.trim() === '' ? NaN : Number(text) / scale;
            const next =
              end === 0
                ? [Number.isNaN(value) ? -Infinity : value, high]
                : [low, Number.isNaN(value) ? Infinity : value];
            onMark(quantity, next.some(Number.isFinite) ? (next as unknown as Range) : undefined);
          };
          const field = (end: 0 | 1, name: string) => {
            const bound = end === 0 ? low : high;
            return (
              <input
                type="text"
                inputMode="decimal"
                aria-label={`${name} ${quantity.axis}`}
                placeholder={name}
                value={Number.isFinite(bound) ? short(bound * scale) : ''}
                onChange={(event) => enter(event.currentTarget.value, end)}
              />
            );
          };
          return (
            <div key={quantity.key} role="group" aria-label={quantity.axis}>
              <span>{quantity.axis}</span> {field(0, 'from')} {field(1, 'to')}
            </div>
          );
        })}
      </div>
    </details>
  );
}
