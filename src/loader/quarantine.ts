import { UserError } from '../errors.js';
import type { Unreadable } from './views.js';

/** Settings of a {@link Quarantine}. */
export interface QuarantineOptions {
  /** Images of the set. */
  readonly total: number;
  /** The allowed share of unreadable images, 0 to 1. */
  readonly share?: number | undefined;
  /** This many may be unreadable in a set of any size. */
  readonly least?: number | undefined;
}

const SHARE = 0.01;
const LEAST = 5;

/**
 * The unreadable images of a set, each once. More than the allowed share stops the work, since the problem is then the
 * set rather than a few images. A handful is always allowed, since one image is a large share of a small set, but never
 * half of a set.
 */
export class Quarantine {
  /** How many images may be unreadable. */
  readonly allowed: number;
  readonly #total: number;
  readonly #images = new Map<string, Unreadable>();
  #met = 0;

  constructor({ total, share = SHARE, least = LEAST }: QuarantineOptions) {
    this.#total = total;
    this.allowed = Math.max(Math.floor(share * total), Math.min(least, Math.floor((total - 1) / 2)), 0);
  }

  /** The images, in the order they were met. */
  get images(): readonly Unreadable[] {
    return [...this.#images.values()];
  }

  /** Counts further images tried, including unreadable ones. */
  meet(count: number): void {
    this.#met += count;
  }

  /** The share, 0 to 1, of unreadable images among those met so far. */
  get share(): number {
    const met = Math.max(Math.min(this.#met, this.#total), this.#images.size);
    return met === 0 ? 0 : this.#images.size / met;
  }

  /** Adds an image; returns false if it is known already. Throws a UserError when there are too many. */
  add(image: Unreadable): boolean {
    if (this.#images.has(image.file)) return false;
    this.#images.set(image.file, image);
    const count = this.#images.size;
    if (count > this.allowed) {
      const [first] = this.#images.values();
      const met = this.#met > count && this.#met < this.#total ? ` of ${this.#met} tried so far` : '';
      throw new UserError(
        `${count} images${met} cannot be read, more than the ${this.allowed} that a set of ${this.#total} may have; the first is ${first.file}: ${first.reason}; fix or remove them (glit data check lists all)`,
      );
    }
    return true;
  }
}
