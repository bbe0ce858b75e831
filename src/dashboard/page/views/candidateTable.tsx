import { useMemo, useState } from 'preact/hooks';
import { csvTable } from '../../../telemetry/csv.js';
import { Empty } from '../parts.js';
import type { Quantity, Scored } from '../quantity.js';
import { describeBlock } from '../words.js';

const PAGE = 25;

interface Order {
  readonly key: string;
  readonly descending: boolean;
}

/** The marked candidates, to sort, to filter and to save. */
export function CandidateTable({
  candidates,
  quantities,
  focus,
  onFocus,
}: {
  candidates: readonly Scored[];
  quantities: readonly Quantity[];
  focus: string | undefined;
  onFocus: (key: string) => void;
}) {
  const [order, setOrder] = useState<Order>({ key: 'fitness', descending: true });
  const [words, setWords] = useState('');
  const [page, setPage] = useState(0);
  const columns = quantities.filter(({ key }) => !key.startsWith('mean '));
  const found = useMemo(() => {
    const parts = words
      .toLowerCase()
      .split(/\s+/)
      .filter((each) => each !== '');
    const matching = candidates.filter((each) => {
      const text = textOf(each).toLowerCase();
      return parts.every((part) => text.includes(part));
    });
    const by = quantities.find(({ key }) => key === order.key);
    const value = (each: Scored): number => by?.of(each) ?? -Infinity;
    const sign = order.descending ? -1 : 1;
    return matching.sort((one, other) => sign * (value(one) - value(other)) || one.id - other.id);
  }, [candidates, quantities, order, words]);
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  const at = Math.min(page, pages - 1);
  const sort = (key: string): void =>
    setOrder((before) => ({ key, descending: before.key === key ? !before.descending : true }));
  return (
    <>
      <div class="fields">
        <label class="field">
          <span>Filter</span>
          <input
            type="search"
            value={words}
            placeholder="mutation L3 k31"
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
        <button type="button" onClick={() => save(found, columns)}>
          Save {found.length} as CSV
        </button>
      </div>
      {found.length === 0 ? (
        <Empty>No candidate matches.</Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Candidates">
          <table>
            <caption class="hidden">
              Candidates, {order.descending ? 'largest' : 'smallest'} {order.key} first
            </caption>
            <thead>
              <tr>
                <th scope="col">candidate</th>
                {columns.map(({ key, title }) => (
                  <th
                    key={key}
                    scope="col"
                    class="number"
                    aria-sort={order.key !== key ? 'none' : order.descending ? 'descending' : 'ascending'}
                  >
                    <button type="button" class="plain" onClick={() => sort(key)}>
                      {title} {order.key !== key ? '' : order.descending ? '▾' : '▴'}
                    </button>
                  </th>
                ))}
                <th scope="col">operator</th>
                <th scope="col">blocks</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(at * PAGE, (at + 1) * PAGE).map((each) => (
                <tr key={each.key} class={each.key === focus ? 'focus' : ''}>
                  <th scope="row">
                    <button type="button" class="plain link" onClick={() => onFocus(each.key)}>
                      {each.method} {each.id}
                    </button>
                  </th>
                  {columns.map(({ key, of, format }) => {
                    const value = of(each);
                    return (
                      <td key={key} class="number">
                        {value === undefined ? '–' : format(value)}
                      </td>
                    );
                  })}
                  <td>{each.operator}</td>
                  <td class="blocks">{each.blocks.map(describeBlock).join(' | ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {pages > 1 && (
        <p class="fields">
          <button type="button" disabled={at === 0} onClick={() => setPage(at - 1)}>
            Previous
          </button>
          <span>
            page {at + 1} of {pages}
          </span>
          <button type="button" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
            Next
          </button>
        </p>
      )}
    </>
  );
}

function textOf({ method, id, operator, blocks }: Scored): string {
  return `${method} ${id} ${operator} ${blocks.map(describeBlock).join(' | ')}`;
}

function save(candidates: readonly Scored[], columns: readonly Quantity[]): void {
  const text = csvTable(
    ['level', 'method', 'id', 'operator', 'parents', ...columns.map(({ key }) => key), 'blocks'],
    candidates.map((each) => ({
      level: each.level,
      method: each.method,
      id: each.id,
      operator: each.operator,
      parents: each.parents.join(' '),
      ...Object.fromEntries(columns.map(({ key, of }) => [key, of(each)])),
      blocks: each.blocks.map(describeBlock).join(' | '),
    })),
  );
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  link.download = 'candidates.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
