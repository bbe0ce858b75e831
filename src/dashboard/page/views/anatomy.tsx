import { useMemo, useState } from 'preact/hooks';
import { ANATOMY_KEY, ANATOMY_SCALE, anatomyOf, tokensOf, type AnatomyPart } from '../../../plot/anatomy.js';
import type { ByMeasure, NumberFields } from '../../../telemetry/events.js';
import { candidateKey, type Candidate } from '../../digest/candidates.js';
import type { Digest } from '../../digest/digest.js';
import { choiceHistory, fieldsOf, type FieldHistory } from '../../insight/choices.js';
import { Empty, Section, Select, Table } from '../parts.js';
import type { Palette } from '../theme.js';
import type { ViewProps } from '../view.js';
import { fieldTitle, fieldValue, measureWords, percent, visible } from '../words.js';
import { isComparison } from './overview.js';

/** A network to draw. */
interface Drawn {
  readonly title: string;
  readonly note: string;
  readonly backbone: NumberFields;
  readonly blocks: readonly NumberFields[];
}

/** How many of the best are looked at for what they choose. */
const BEST = 10;

/** The networks of the run, block by block and to scale. */
export function Anatomy({ run: { digest }, references, palette, focus, onFocus }: ViewProps) {
  const { revision } = digest.candidates;
  const ranked = useMemo(
    () => [...digest.candidates.all()].sort((one, other) => other.fitness - one.fitness),
    [digest, revision],
  );
  const own = ownNetworks(digest);
  const shown = ranked.find((each) => candidateKey(each) === focus);
  const backbone = backboneOf(digest);
  const listed =
    shown === undefined || ranked.slice(0, 100).includes(shown)
      ? ranked.slice(0, 100)
      : [shown, ...ranked.slice(0, 100)];
  const chosen = shown ?? (own.length === 0 ? ranked.at(0) : undefined);
  const drawn = [
    ...(chosen === undefined ? [] : [drawnCandidate(digest, chosen, backbone)]),
    ...own,
    ...references.map(({ name, ...network }) => ({ ...network, title: name, note: measuresText(network.measures) })),
  ];
  if (drawn.length === references.length) return <Empty>No network has been found yet.</Empty>;
  return (
    <div class="cards">
      <Section title="Networks, block by block" wide>
        {ranked.length > 0 && (
          <Select
            label="Candidate"
            value={chosen === undefined ? '' : candidateKey(chosen)}
            options={[
              ...(own.length > 0 ? [['', 'none besides the found network'] as const] : []),
              ...listed.map((each) => [candidateKey(each), candidateTitle(each)] as const),
            ]}
            onChange={onFocus}
          />
        )}
        <Key palette={palette} />
        <div class="networks">
          {drawn.map((network) => (
            <Network key={network.title} network={network} palette={palette} />
          ))}
        </div>
      </Section>
      {ranked.length > 0 && (
        <Section title="What the best candidates choose" wide>
          <Choices digest={digest} revision={revision} palette={palette} />
        </Section>
      )}
    </div>
  );
}

export function candidateTitle({ level, method, id, fitness }: Candidate): string {
  return `${visible(level)} level, ${method} ${id}: ${percent(fitness)}`;
}

function drawnCandidate(digest: Digest, candidate: Candidate, backbone: NumberFields): Drawn {
  return {
    title: candidateTitle(candidate),
    note: measuresText(candidate.measures),
    backbone,
    blocks: digest.candidates.blocksOf(candidate),
  };
}

/** The networks that the run trained to the end. */
function ownNetworks({ outcome }: Digest): readonly Drawn[] {
  if (isComparison(outcome)) {
    const { architecture, comparison } = outcome;
    const found = comparison.find(({ network }) => network.role === 'found');
    const accuracy = found === undefined ? '' : `test ${percent(found.test)}, ${measuresText(found.measures)}`;
    return [{ title: 'The found network', note: accuracy, ...architecture }];
  }
  if (outcome !== undefined && 'measures' in outcome) {
    const { architecture, measures, test } = outcome;
    return [{ title: 'The network', note: `test ${percent(test)}, ${measuresText(measures)}`, ...architecture }];
  }
  return [];
}

/** The backbone that the configuration describes. */
function backboneOf({ config }: Digest): NumberFields {
  const isRecord = typeof config === 'object' && config !== null && 'model' in config;
  return isRecord ? (config['model'] as NumberFields) : {};
}

function measuresText(measures: ByMeasure<number>): string {
  return Object.entries(measures)
    .slice(0, 2)
    .map(([key, value]) => `${measureWords(key).format(value)} ${measureWords(key).title}`)
    .join(', ');
}

/** The blocks of a network of the GLiT family as bars; of another family only as a table. */
function Network({ network: { title, note, backbone, blocks }, palette }: { network: Drawn; palette: Palette }) {
  const drawing = anatomyOf(backbone, blocks);
  const tokens = tokensOf(backbone);
  const { dim } = backbone;
  const about = [
    `${blocks.length} blocks`,
    dim === undefined ? '' : `width D = ${dim}`,
    Number.isFinite(tokens) ? `${tokens} tokens` : '',
  ].filter((part) => part !== '');
  const fields = fieldsOf([{ blocks }]);
  return (
    <article class="network">
      <h3>{title}</h3>
      <p class="soft">
        {about.join(', ')}
        {note === '' ? '' : `; ${note}`}
      </p>
      {drawing !== undefined && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`Drawing of ${title}`}>
          <svg
            width={drawing.width}
            height={drawing.height}
            role="img"
            aria-label={`${title}: ${blocks.length} blocks drawn to scale. The table below has the numbers.`}
          >
            {drawing.bars.map(({ part, ...bar }, at) => (
              <rect key={at} {...bar} rx={1.5} fill={partColour(part, palette)} />
            ))}
            {drawing.texts.map(({ x, y, text, isTitle }, at) => (
              <text key={at} x={x} y={y} class={isTitle ? 'head' : 'value'}>
                {text}
              </text>
            ))}
          </svg>
        </div>
      )}
      <details open={drawing === undefined}>
        <summary>As a table</summary>
        <Table
          caption={`Blocks of ${title}`}
          columns={['block', ...fields.map(fieldTitle)]}
          rows={blocks.map((block, at) => [String(at + 1), ...fields.map((field) => fieldValue(block[field]))])}
        />
      </details>
    </article>
  );
}

function partColour(part: AnatomyPart, { series: [global, local, ffn], line }: Palette): string {
  return { global, local, ffn, tokens: line }[part];
}

function Key({ palette }: { palette: Palette }) {
  return (
    <p class="key">
      {ANATOMY_KEY.map(({ part, words }) => (
        <span key={part}>
          <i style={{ background: partColour(part, palette) }} /> {words}
        </span>
      ))}
      <span>{ANATOMY_SCALE}</span>
    </p>
  );
}

function Choices({ digest, revision, palette }: { digest: Digest; revision: number; palette: Palette }) {
  const levels = [...new Set(digest.candidates.all().map(({ level }) => level))];
  const [wantedLevel, setLevel] = useState('');
  const level = levels.includes(wantedLevel) ? wantedLevel : (levels.at(-1) ?? '');
  const bred = useMemo(
    () =>
      digest.candidates
        .all()
        .filter((each) => each.level === level && each.method !== 'random')
        .map((each) => ({ ...each, blocks: digest.candidates.blocksOf(each) })),
    [digest, revision, level],
  );
  const fields = fieldsOf(bred).filter((field) => isChosen(bred, field));
  const [wantedField, setField] = useState('');
  const field = fields.includes(wantedField) ? wantedField : (fields.at(0) ?? '');
  const history = useMemo(() => choiceHistory(bred, field, BEST), [bred, field]);
  if (fields.length === 0) return <Empty>All candidates are alike.</Empty>;
  return (
    <>
      <div class="fields">
        {levels.length > 1 && (
          <Select
            label="Level"
            value={level}
            options={levels.map((each) => [each, visible(each)] as const)}
            onChange={setLevel}
          />
        )}
        <Select
          label="Choice"
          value={field}
          options={fields.map((each) => [each, fieldTitle(each)] as const)}
          onChange={setField}
        />
      </div>
      <p class="soft">
        After each generation, the {BEST} best candidates so far: how many have which value in each block. Generations
        go from left to right.
      </p>
      <p class="key">
        {history.values.map((value, at) => (
          <span key={at}>
            <i style={{ background: colourOf(at, palette) }} /> {fieldValue(value)}
          </span>
        ))}
      </p>
      <div class="multiples">
        {history.blocks.map(({ block }) => (
          <BlockHistory key={block} history={history} block={block} field={field} palette={palette} />
        ))}
      </div>
    </>
  );
}

/** Whether candidates differ in a field of some block. */
function isChosen(candidates: readonly { readonly blocks: readonly NumberFields[] }[], field: string): boolean {
  const [first] = candidates;
  return candidates.some(({ blocks }) => blocks.some((block, at) => block[field] !== first.blocks[at]?.[field]));
}

function BlockHistory({
  history: { values, generations, blocks },
  block,
  field,
  palette,
}: {
  history: FieldHistory;
  block: number;
  field: string;
  palette: Palette;
}) {
  const [width, height] = [150, 56];
  const { counts } = blocks[block];
  const step = width / generations.length;
  const last = counts.at(-1) ?? [];
  const described = values.map((value, at) => `${fieldValue(value)}: ${last[at]}`).join(', ');
  return (
    <figure>
      <figcaption>block {block + 1}</figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label={`Block ${block + 1}, ${fieldTitle(field)}, among the best at the end: ${described}.`}
      >
        {counts.map((row, generation) => {
          const sum = row.reduce((total, count) => total + count, 0);
          let y = 0;
          return row.map((count, at) => {
            const tall = (height * count) / sum;
            const box = (
              <rect
                key={`${generation} ${at}`}
                x={generation * step}
                y={y}
                width={Math.max(0.5, step - (step > 4 ? 1 : 0))}
                height={tall}
                fill={colourOf(at, palette)}
              />
            );
            y += tall;
            return box;
          });
        })}
      </svg>
    </figure>
  );
}

function colourOf(at: number, { series }: Palette): string {
  return series[at % series.length];
}
