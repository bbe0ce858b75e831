const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** A signal that is aborted when the user asks to stop. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  end(): void;
}

/**
 * Listens to Ctrl-C and SIGTERM. The first asks the work to stop in good order; the second ends the process at once, the
 * way the system does it when nobody listens.
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
