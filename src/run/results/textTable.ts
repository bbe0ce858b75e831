/**
 * A table as Markdown that is also readable as plain text. The first row is the header; all columns but the first are
 * numbers, aligned to the right.
 */
export function textTable(cells: readonly (readonly string[])[]): string {
  const [header, ...rows] = cells;
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
