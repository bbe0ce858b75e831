import { Digest } from '../digest/digest.js';
import type { BatchPicture, MachineLoad, ReferenceNetwork, RunNews, RunSummary } from '../messages.js';

/** Milliseconds between two questions to the server: while the page is seen, and while it is not. */
const PAUSE = 1000;
const PAUSE_HIDDEN = 10_000;

/** A run that the page follows. */
export interface FollowedRun {
  readonly id: string;
  readonly name: string;
  readonly digest: Digest;
  /** The share of the journal that the server has read, 0 to 1. */
  readonly read: number;
  /** Lines that are not journal entries. */
  readonly broken: number;
  /** The run was deleted; the figures are its last. */
  readonly gone: boolean;
  readonly batches: readonly BatchPicture[];
}

/** What the page knows; one value per change, so that a view can tell whether to draw again. */
export interface Known {
  readonly runs: readonly RunSummary[];
  readonly followed: ReadonlyMap<string, FollowedRun>;
  readonly references: readonly ReferenceNetwork[];
  readonly machine?: MachineLoad;
  /** Why the server does not answer. */
  readonly trouble?: string;
}

/** Asks the server for what is new about some runs, again and again. */
export class Following {
  #known: Known = { runs: [], followed: new Map(), references: [] };
  #wanted: readonly string[] = [];
  readonly #epochs = new Map<string, number>();
  readonly #changed: (known: Known) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rounds = 0;
  #busy = false;

  constructor(changed: (known: Known) => void) {
    this.#changed = changed;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#soon(0);
    });
    this.#soon(0);
  }

  /** The runs to follow from now on, by id; others are forgotten. */
  follow(ids: readonly string[]): void {
    if (ids.join(' ') === this.#wanted.join(' ')) return;
    this.#wanted = ids;
    this.#soon(0);
  }

  #soon(pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#round(), pause);
  }

  async #round(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    let pause = document.hidden ? PAUSE_HIDDEN : PAUSE;
    try {
      await this.#askSeldom();
      const wanted = this.#wanted;
      await Promise.all(wanted.map((id) => this.#ask(id)));
      for (const id of this.#epochs.keys()) if (!this.#wanted.includes(id)) this.#forget(id);
      await this.#askReferences();
      const isBehind = [...this.#known.followed.values()].some(({ read, gone }) => read < 1 && !gone);
      if (isBehind || wanted !== this.#wanted) pause = 0;
      if (this.#known.trouble !== undefined) this.#change(({ trouble: _, ...rest }) => rest);
    } catch (error) {
      this.#change((known) => ({ ...known, trouble: error instanceof Error ? error.message : String(error) }));
    } finally {
      this.#busy = false;
      this.#soon(pause);
    }
  }

  /** What changes seldom: the list of runs, and the machine's load. */
  async #askSeldom(): Promise<void> {
    const round = this.#rounds++;
    if (round % 3 !== 0 && this.#wanted.every((id) => this.#epochs.has(id))) return;
    const [runs, machine] = await Promise.all([
      get<readonly RunSummary[]>('api/runs'),
      get<MachineLoad>('api/machine'),
    ]);
    this.#change((known) => ({ ...known, runs, machine }));
  }

  /** The networks to compare with. Counting them takes the server a moment, so they come after the first figures. */
  async #askReferences(): Promise<void> {
    if (this.#known.references.length > 0 || this.#known.followed.size === 0) return;
    const references = await get<readonly ReferenceNetwork[]>('api/references');
    this.#change((known) => ({ ...known, references }));
  }

  async #ask(id: string): Promise<void> {
    const before = this.#known.followed.get(id);
    const seen = before === undefined ? '' : `?epoch=${this.#epochs.get(id)}&events=${before.digest.events}`;
    const answer = await get<RunNews>(`api/runs/${id}${seen}`).catch((error: unknown) => {
      if (error instanceof NotThere) return undefined;
      throw error;
    });
    if (answer === undefined) {
      this.#epochs.set(id, 0);
      const lost = before ?? { id, name: id, digest: new Digest(), read: 1, broken: 0, batches: [] };
      const run = { ...lost, gone: true };
      if (before?.gone !== true)
        this.#change((known) => ({ ...known, followed: new Map([...known.followed, [id, run]]) }));
      return;
    }
    const { epoch, read, broken, gone, entries, digest } = answer;
    const batches = answer.batches.map((each) => ({
      name: each,
      source: `api/runs/${id}/batches/${encodeURIComponent(each)}`,
    }));
    const isNews = digest !== undefined || (entries?.length ?? 0) > 0 || read !== before?.read || gone !== before.gone;
    if (!isNews) return;
    const next = digest === undefined ? (before?.digest ?? new Digest()) : new Digest(digest);
    for (const entry of entries ?? []) next.apply(entry);
    this.#epochs.set(id, epoch);
    const name = this.#known.runs.find((run) => run.id === id)?.name ?? before?.name ?? id;
    const run = { id, name, digest: next, read, broken, gone, batches };
    this.#change((known) => ({ ...known, followed: new Map([...known.followed, [id, run]]) }));
  }

  #forget(id: string): void {
    this.#epochs.delete(id);
    this.#change((known) => ({ ...known, followed: new Map([...known.followed].filter(([each]) => each !== id)) }));
  }

  #change(next: (known: Known) => Known): void {
    this.#known = next(this.#known);
    this.#changed(this.#known);
  }
}

/** The server has no such run: it was deleted, and the server is another one since. */
class NotThere extends Error {}

async function get<T>(address: string): Promise<T> {
  const response = await fetch(address);
  if (response.status === 404) throw new NotThere(address);
  if (!response.ok) throw new Error((await response.text()).trim());
  return (await response.json()) as T;
}
