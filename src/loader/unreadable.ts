import { Quarantine } from './quarantine.js';
import type { Unreadable } from './loader.js';
import { csvTable } from '../telemetry/csv.js';
import type { Listener } from '../telemetry/events.js';

/** Called every time an unreadable image is met. Throws a UserError when there are too many. */
export type UnreadableListener = (image: Unreadable) => void;

/** The unreadable images of a data set. Each is reported once; too many stop the work. */
export class UnreadableImages {
  private readonly quarantine: Quarantine;

  /**
   * @param total number of images in the set
   * @param share the allowed share of unreadable ones, 0 to 1; see Quarantine for the default
   */
  constructor(
    total: number,
    private readonly emit: Listener,
    share?: number,
  ) {
    this.quarantine = new Quarantine({ total, share });
  }

  readonly meet: UnreadableListener = (image) => {
    if (this.quarantine.add(image)) this.emit({ type: 'unreadable', ...image });
  };

  /** Adds the unreadable images of earlier processes of the run. */
  recall(image: Unreadable): void {
    this.quarantine.add(image);
  }

  /** The images, in the order they were met. */
  get images(): readonly Unreadable[] {
    return this.quarantine.images;
  }
}

/** A list of unreadable images as a CSV table. */
export function unreadableTable(images: readonly Unreadable[]): string {
  return csvTable(['file', 'reason'], images);
}
