/** A cell of a table; null and undefined are empty. */
export type Cell = string | number | boolean | null | undefined;

/**
 * A table as CSV text (RFC 4180 quoting, lines end with \n): a header line and one line per row, in the order of
 * `columns`. Other properties of rows are ignored.
 */
export function csvTable<Column extends string>(
  columns: readonly Column[],
  rows: Iterable<Readonly<Partial<Record<Column, Cell>>>>,
): string {
  const lines = [columns.map(quoted)];
  for (const row of rows) lines.push(columns.map((column) => quoted(row[column])));
  return lines.map((line) => `${line.join(',')}\n`).join('');
}

function quoted(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
