/** SIGHUP comes when the terminal is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A signal that is aborted when the user asks to stop. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Restores the system's signal handling. */
  end(): void;
}

/**
 * Listens for Ctrl-C, SIGTERM and SIGHUP. The first asks the work to stop cleanly; the second kills the process, as the system
 * does by default.
 */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  const end = (): void => {
    for (const name of SIGNALS) process.off(name, heard);
  };
  const heard = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      end();
      process.kill(process.pid, name);
      return;
    }
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, heard);
  return { signal: controller.signal, end };
}
