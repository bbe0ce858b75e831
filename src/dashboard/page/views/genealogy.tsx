import { useMemo } from 'preact/hooks';
import type { NumberFields } from '../../../telemetry/events.js';
import { genealogyOf } from '../../insight/genealogy.js';
import { Empty } from '../parts.js';
import type { Scored } from '../quantity.js';
import type { Palette } from '../theme.js';
import { describeBlock, percent } from '../words.js';

const COLUMN = 148;
const ROW = 30;
const BOX = { width: 112, height: 22 };

/** Blocks as text, whatever the order of their fields. */
function textOf(blocks: readonly NumberFields[]): string {
  return JSON.stringify(
    blocks.map((block) => Object.entries(block).sort(([one], [other]) => one.localeCompare(other))),
  );
}

/** Ancestors that are drawn; more are not legible. */
const MOST = 120;

/** Where the candidate that the run chose comes from, or else the fittest: its ancestors by generation. */
export function Genealogy({
  candidates,
  chosen,
  marked,
  palette,
  onFocus,
}: {
  candidates: readonly Scored[];
  /** The blocks of the network that the run chose in the end, which need not be the fittest candidate's. */
  chosen: readonly NumberFields[] | undefined;
  marked: ReadonlySet<string>;
  palette: Palette;
  onFocus: (key: string) => void;
}) {
  const searched = useMemo(() => candidates.filter(({ method }) => method !== 'random'), [candidates]);
  const found = useMemo(() => {
    const text = chosen && textOf(chosen);
    return searched.find(({ blocks }) => textOf(blocks) === text);
  }, [chosen, searched]);
  const fittest = searched.reduce<Scored | undefined>(
    (one, other) => (one === undefined || other.fitness > one.fitness ? other : one),
    undefined,
  );
  const best = found ?? fittest;
  const drawn = useMemo(() => (best === undefined ? undefined : genealogyOf(best, searched)), [best, searched]);
  if (best === undefined || drawn === undefined) return <Empty>Random search has no parents.</Empty>;
  const members = drawn.members.slice(-MOST);
  const generations = [...new Set(members.map(({ generation }) => generation))];
  const rows = new Map<number, Scored[]>(generations.map((each) => [each, []]));
  for (const member of members) rows.get(member.generation)?.push(member);
  const tallest = Math.max(...[...rows.values()].map(({ length }) => length));
  const place = new Map(
    [...rows].flatMap(([, of], column) =>
      of.map(
        (member, row) =>
          [member.id, { x: 4 + column * COLUMN, y: 26 + ROW * (row + (tallest - of.length) / 2) }] as const,
      ),
    ),
  );
  const [width, height] = [generations.length * COLUMN, 34 + ROW * tallest];
  return (
    <>
      <p class="soft">
        {drawn.members.length - 1} ancestors of candidate {best.id} ({percent(best.fitness)}),{' '}
        {best === found ? 'which the run chose' : 'the fittest'}, by generation. Each box is a candidate with its
        fitness; choose one to see it under Anatomy.
        {drawn.members.length > MOST && ` The last ${MOST} are drawn.`}
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Genealogy">
        <svg width={width} height={height} role="group" aria-label="Genealogy of the best candidate">
          {generations.map((generation, column) => (
            <text key={generation} x={4 + column * COLUMN} y={14} class="head">
              generation {generation}
            </text>
          ))}
          {drawn.lines.map(({ parent, child }) => {
            const [from, to] = [place.get(parent.id), place.get(child.id)];
            if (from === undefined || to === undefined) return null;
            const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
            const [x2, y2] = [to.x, to.y + BOX.height / 2];
            const bend = (x1 + x2) / 2;
            return (
              <path
                key={`${parent.id} ${child.id}`}
                d={`M${x1} ${y1} C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`}
                fill="none"
                stroke={palette.soft}
                stroke-opacity={0.6}
              />
            );
          })}
          {members.map((member) => {
            const { x, y } = place.get(member.id) ?? { x: 0, y: 0 };
            const isBest = member.id === best.id;
            const choose = (): void => onFocus(member.key);
            return (
              <g
                key={member.id}
                class="node"
                role="button"
                tabIndex={0}
                aria-label={`Candidate ${member.id}, ${percent(member.fitness)}, by ${member.operator}`}
                opacity={marked.has(member.key) ? 1 : 0.35}
                onClick={choose}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' || event.key === ' ') {
                    event.preventDefault();
                    choose();
                  }
                }}
              >
                <title>{`${member.operator}: ${member.blocks.map(describeBlock).join(' | ')}`}</title>
                <rect
                  x={x}
                  y={y}
                  width={BOX.width}
                  height={BOX.height}
                  rx={3}
                  fill={palette.back}
                  stroke={isBest ? palette.series[1] : palette.series[0]}
                  stroke-width={isBest ? 2.5 : 1}
                />
                <text x={x + 6} y={y + 15} class="value">
                  {member.id}: {percent(member.fitness)}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
    </>
  );
}
