import { readFile } from 'node:fs/promises';
import type { ReportData } from './messages.js';

/** The place in the page where a report's data stand. */
const DATA = '<script id="report" type="application/json">null</script>';

/** The page, in one file with its script and style. The build makes it. Throws when it is missing. */
export async function dashboardPage(): Promise<string> {
  return readFile(new URL('page/page.html', import.meta.url), 'utf8');
}

/** The page with a run's data in it, which needs no server. */
export function reportPage(page: string, data: ReportData): string {
  // In JSON, `<` stands only within strings, where an escape means the same and cannot end the script.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return page.replace(DATA, () => DATA.replace('null', () => json));
}
