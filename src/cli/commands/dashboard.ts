import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { requireFolders } from '../../dashboard/runs.js';
import { serveDashboard } from '../../dashboard/server.js';
import { UserError } from '../../errors.js';
import { DASHBOARD_PORT, dashboardLine } from '../dashboardOption.js';
import { wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** Where runs are unless the user says otherwise. */
const RUNS = 'runs';

/** `glit dashboard [RUN…]`: a page that follows runs. */
export function addDashboard(program: Command): void {
  const command = program
    .command('dashboard')
    .argument('[runs...]', `run folders, or folders with runs below them (default: ${RUNS})`)
    .summary('follow runs in a browser')
    .description(
      'Serves a page with the progress, the search, the architectures and the trainings of runs, finished or under way. ' +
        'It follows their journals until Ctrl-C. Nothing is loaded from other machines, and nobody else can reach it, ' +
        'unless --host names an address of this machine in a network.',
    )
    .option('--port <number>', '0 is any that is free', String(DASHBOARD_PORT))
    .option('--host <address>', "the address to listen on; any but this machine's own needs --token", '127.0.0.1')
    .option('--token <secret>', 'what visitors must know; at least 12 characters');
  addDisplayOptions(command);
  addExamples(command, [
    ['glit dashboard', 'all runs below runs/'],
    ['glit dashboard runs/photos runs/cifar', 'two runs, side by side'],
    ['glit dashboard --host 0.0.0.0 --token "$(openssl rand -hex 16)"', 'from other machines too'],
  ]);
  command.action((given: string[]) =>
    withEnvironment(command, async ({ display, signal }) => {
      const { port, host, token } = command.opts<{ port: string; host: string; token?: string }>();
      if (given.length === 0 && !existsSync(RUNS)) {
        throw new UserError(`there is no folder ${RUNS} here; name the folder of a run`);
      }
      requireFolders(given);
      const dashboard = await serveDashboard({
        folders: given.length === 0 ? [RUNS] : given,
        host,
        port: wholeNumber(port, '--port', 0, 65_535),
        token,
      });
      display.show(`${dashboardLine(dashboard)}\n           Ctrl-C ends it`, { type: 'dashboard', url: dashboard.url });
      await aborted(signal);
      await dashboard.close();
    }),
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
