/** What the server and the page say to each other, as JSON. */
import type { ByMeasure, NumberFields, Outcome } from '../telemetry/events.js';
import type { DigestData, DigestEntry, RunStatus } from './digest/digest.js';

/** A run in the list of all runs. */
export interface RunSummary {
  /** What it goes by in addresses. */
  readonly id: string;
  /** Its folder, relative to the given one. */
  readonly name: string;
  readonly status: RunStatus;
  /** When its journal last grew, ISO 8601. */
  readonly time: string;
  readonly outcome?: Outcome;
}

/** The news of a run: only the entries that the page has not seen, or everything. */
export interface RunNews {
  /** Changes when the journal was replaced, so that what the page knows is void. */
  readonly epoch: number;
  /** The share of the journal that is read, 0 to 1. */
  readonly read: number;
  /** Lines that are not journal entries; they are skipped. */
  readonly broken: number;
  /** The journal is gone; the figures are the last that were read. */
  readonly gone: boolean;
  /** Names of pictures of first batches. */
  readonly batches: readonly string[];
  readonly entries?: readonly DigestEntry[];
  readonly digest?: DigestData;
}

/** How busy the server's machine is now; memory in bytes. */
export interface MachineLoad {
  readonly cores: number;
  /** Processes that want to run, on average over a minute. */
  readonly load: number;
  readonly memory: number;
  readonly freeMemory: number;
}

/** A network to draw beside a run's own. */
export interface ReferenceNetwork {
  readonly name: string;
  readonly backbone: NumberFields;
  readonly blocks: readonly NumberFields[];
  readonly measures: ByMeasure<number>;
}

/** A picture of a training's first batch. */
export interface BatchPicture {
  readonly name: string;
  /** An address, or the picture itself as a data URL. */
  readonly source: string;
}

/** What a page shows that does not ask a server: a run as it ended. */
export interface ReportData {
  readonly name: string;
  readonly digest: DigestData;
  readonly references: readonly ReferenceNetwork[];
  readonly batches: readonly BatchPicture[];
}
