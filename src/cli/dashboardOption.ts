import { type Command, Option } from 'commander';
import { serveDashboard, type Dashboard } from '../dashboard/server.js';
import type { Display } from './display.js';

/** The port of `glit dashboard`, and of `--dashboard` while it is free. */
export const DASHBOARD_PORT = 7007;

/** Adds `--dashboard`, which shows the work of a command in a browser while it lasts. */
export function addDashboardOption(command: Command): Command {
  return command.addOption(
    new Option('--dashboard', 'serve a page that follows the work, on this machine, until it ends').helpGroup(
      'Output:',
    ),
  );
}

/** Does work in run folders, which need not exist yet, beside a dashboard if the user asked for one. */
export async function beside<Result>(
  command: Command,
  display: Display,
  folders: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  if (command.opts<{ dashboard?: boolean }>().dashboard !== true) return work();
  const dashboard = await openDashboard(folders);
  display.show(dashboardLine(dashboard), { type: 'dashboard', url: dashboard.url });
  try {
    return await work();
  } finally {
    await dashboard.closeWhenSeen();
  }
}

/** Where a dashboard is, for the terminal. */
export function dashboardLine({ url }: Dashboard): string {
  return `dashboard  ${url}`;
}

/** At the usual port, so that an open page goes on; another run's dashboard may have it. */
async function openDashboard(folders: readonly string[]): Promise<Dashboard> {
  const open = (port: number): Promise<Dashboard> => serveDashboard({ folders, host: '127.0.0.1', port });
  return open(DASHBOARD_PORT).catch(() => open(0));
}
