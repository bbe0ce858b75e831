/** A cell of a table; null and undefined are empty. */
export type Cell = string | number | boolean | null | undefined;

/**
 * A table as CSV text (RFC 4180 quoting, lines end with \n): a header line and one line per row, in the order of
 * `columns`. Other properties of rows are ignored. Text that a spreadsheet would take for a formula gets an apostrophe
 * before it, since names come from others' files.
 */
export function csvTable<Column extends string>(
  columns: readonly Column[],
  rows: Iterable<Readonly<Partial<Record<Column, Cell>>>>,
): string {
  let text = csvLine(columns);
  for (const row of rows) text += csvLine(columns.map((column) => row[column]));
  return text;
}

/** One line of a table. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(quoted).join(',')}\n`;
}

function quoted(cell: Cell): string {
  const isFormula = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell);
  const text = (isFormula ? "'" : '') + String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
