import { runCommandLine } from './commandLine.js';

// Set exitCode instead of calling exit: pending writes to a pipe still finish.
process.exitCode = await runCommandLine(process.argv.slice(2));
