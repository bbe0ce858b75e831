import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../src/errors.js';
import type { Parser } from './parsers.js';

/** Throws unless the parser takes the bytes or refuses them with a UserError of one line. */
export async function feed(parser: Parser, file: string, bytes: Uint8Array): Promise<void> {
  writeFileSync(file, bytes);
  try {
    await parser(file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (error.message.includes('\n')) throw new Error(`more than one line: ${error.message}`, { cause: error });
  }
}

/** The inputs that a parser's corpus starts with. */
export function corpusOf(name: string): readonly Buffer[] {
  const folder = path.join('fuzz', 'corpus', name);
  return readdirSync(folder)
    .sort()
    .map((each) => readFileSync(path.join(folder, each)));
}
