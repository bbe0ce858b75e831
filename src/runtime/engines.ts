import { availableMemory } from './availableMemory.js';
import { openDevice, type Device } from './device.js';

export interface EnginesOptions {
  /** Says, for a number of engines at work, whether memory is too short for as many. */
  readonly isShort?: (busy: number) => boolean;
  /** Is told how many engines are left when one gets no more work, because memory is short. */
  readonly onRetired?: (left: number) => void;
}

/** Devices that do independent work side by side. */
export class Engines {
  private readonly idle: Device[];
  private readonly waiting: ((device: Device) => void)[] = [];
  private busy = 0;
  private retired = 0;

  private constructor(
    private readonly devices: readonly Device[],
    /** Those that {@link close} closes. */
    private readonly own: readonly Device[],
    private readonly options: EnginesOptions,
  ) {
    this.idle = [...devices];
  }

  /**
   * `count` engines that share out the threads of `device`, which has nothing to do meanwhile. A single engine is the
   * device itself.
   */
  static async open(device: Device, count: number, options: EnginesOptions = {}): Promise<Engines> {
    if (count === 1) return new Engines([device], [], options);
    const { kind, precision } = device;
    const opened: Device[] = [];
    try {
      for (let at = 0; at < count; at++) {
        const threads = Math.floor(device.threads / count) + (at < device.threads % count ? 1 : 0);
        opened.push(await openDevice({ kind, precision, threads: Math.max(1, threads) }));
      }
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
    return new Engines(opened, opened, options);
  }

  /** How many works go on at once. */
  get count(): number {
    return this.devices.length;
  }

  /**
   * Works on all items, each on an engine of its own for as long as it takes, and yields the results in the order of the
   * items. A result must not depend on the engine, nor on the others.
   *
   * When a work fails, no further one begins, and the error is thrown in the place of its result, after those under way
   * have ended.
   */
  async *inOrder<Item, Result>(
    items: readonly Item[],
    work: (item: Item, device: Device) => Promise<Result>,
  ): AsyncGenerator<Result, void, undefined> {
    let stopped: { readonly reason: unknown } | undefined;
    const results = items.map(async (item) => {
      const device = await this.acquire();
      try {
        if (stopped !== undefined) throw stopped.reason;
        return await work(item, device);
      } catch (error) {
        stopped ??= { reason: error };
        throw error;
      } finally {
        this.release(device);
      }
    });
    const ended = Promise.allSettled(results);
    try {
      for (const result of results) yield await result;
    } finally {
      stopped ??= { reason: new Error('the results are no longer wanted') };
      await ended;
    }
  }

  /** Ends the engines, but not the device whose threads they shared. */
  close(): Promise<void> {
    return closeAll(this.own);
  }

  private async acquire(): Promise<Device> {
    const device = this.idle.shift() ?? (await new Promise<Device>((resolve) => this.waiting.push(resolve)));
    this.busy += 1;
    return device;
  }

  /** Gives a device to the next in line. When memory is short, it is closed instead, but not the last one. */
  private release(device: Device): void {
    const { isShort = isMemoryShort, onRetired } = this.options;
    const isRetired = this.busy > 1 && isShort(this.busy);
    this.busy -= 1;
    if (isRetired) {
      this.retired += 1;
      // What it holds is what is needed. A failure is reported when all are closed.
      if (this.own.includes(device)) device.close().catch(() => undefined);
      onRetired?.(this.count - this.retired);
      return;
    }
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(device);
    else next(device);
  }
}

/** Whether the machine has less memory left than the process takes for each engine at work: better fewer than swapping. */
function isMemoryShort(busy: number): boolean {
  return availableMemory() < process.memoryUsage.rss() / busy;
}

async function closeAll(devices: readonly Device[]): Promise<void> {
  await Promise.all(devices.map((device) => device.close()));
}
