import { runCommandLine } from './commandLine.js';

// Set and not called: what is still being written to a pipe is written.
process.exitCode = await runCommandLine(process.argv.slice(2));
