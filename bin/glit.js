#!/usr/bin/env node
// The command `glit`. An installed package has dist/ and no src/; a clone has src/ and builds dist/ where that is not current.
import { existsSync } from 'node:fs';

if (existsSync(new URL('../src/', import.meta.url))) {
  const { buildIfStale } = await import('../scripts/build.mjs');
  try {
    await buildIfStale(() => console.error('glit: building dist/ from src/, once after each change …'));
  } catch (error) {
    console.error(`glit: ${error.message}`);
    process.exit(1);
  }
}
await import('../dist/src/cli/main.js');
