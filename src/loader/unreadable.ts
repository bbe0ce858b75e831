import { Quarantine } from './quarantine.js';
import type { Unreadable } from './loader.js';
import { csvTable } from '../telemetry/csv.js';
import type { Listener } from '../telemetry/events.js';

/** Is told of every unreadable image that is met, however often. Throws a UserError when it is one too many. */
export type UnreadableListener = (image: Unreadable) => void;

/** The images of a data set that cannot be read: each is told of once, and too many of them stop the work. */
export class UnreadableImages {
  private readonly quarantine: Quarantine;

  /**
   * @param total images of the set
   * @param share how many of them may be unreadable, 0 to 1; see Quarantine for what holds when it is left out
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

  /** Takes in what an earlier process of the run has met. */
  recall(image: Unreadable): void {
    this.quarantine.add(image);
  }

  /** The list of them as a CSV table; undefined as long as there is none. */
  table(): string | undefined {
    const { images } = this.quarantine;
    return images.length === 0 ? undefined : csvTable(['file', 'reason'], images);
  }
}
