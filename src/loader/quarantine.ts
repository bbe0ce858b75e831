import { UserError } from '../errors.js';
import type { Unreadable } from './views.js';

/** Settings of a {@link Quarantine}. */
export interface QuarantineOptions {
  /** Images of the set. */
  readonly total: number;
  /** The share of them, 0 to 1, that may be unreadable. */
  readonly share?: number | undefined;
  /** As many may be unreadable however small the set. */
  readonly least?: number | undefined;
}

const SHARE = 0.01;
const LEAST = 5;

/**
 * The images of a set that could not be read, each once. More than the allowed share stop the work: then something is
 * wrong with the set rather than with some of its images. A handful is always allowed, since in a small set one image
 * is a large share; but never half of a set.
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

  /** The images, in the order that they were met in. */
  get images(): readonly Unreadable[] {
    return [...this.#images.values()];
  }

  /** Notes that so many more images were tried, unreadable ones included. */
  meet(count: number): void {
    this.#met += count;
  }

  /** The share, 0 to 1, of the images met so far that are unreadable; a set is met as a whole once. */
  get share(): number {
    const met = Math.max(Math.min(this.#met, this.#total), this.#images.size);
    return met === 0 ? 0 : this.#images.size / met;
  }

  /** Takes an image in; false if it was there already. Throws a UserError when it is one too many. */
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
