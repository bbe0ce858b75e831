import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** A part of a view, with its heading. */
export function Section({ title, children, wide }: { title: string; children: ComponentChildren; wide?: boolean }) {
  const id = useId();
  return (
    <section aria-labelledby={id} class={wide === true ? 'card wide' : 'card'}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

/** What is written where there is nothing to show yet. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="soft">{children}</p>;
}

/** A choice between named values. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: Value;
  options: readonly (readonly [value: Value, title: string])[];
  onChange: (value: Value) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value as Value)}>
        {options.map(([each, title]) => (
          <option key={each} value={each}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A table that scrolls sideways where the page is too narrow for it. The first column names the row. */
export function Table({
  caption,
  columns,
  rows,
}: {
  caption: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((title, at) => (
              <th key={title} scope="col" class={at === 0 ? '' : 'number'}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, at) =>
                at === 0 ? (
                  <th key={at} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={at} class="number">
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
