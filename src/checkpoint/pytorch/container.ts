import type { Pickled, Storage } from './values.js';

/** A checkpoint file of one of PyTorch's two formats, opened: its pickle is read, its numbers are not. */
export interface Container {
  readonly content: Pickled;
  /** What the file has under a storage's name. Throws Malformed when there is nothing, or less than the storage needs. */
  place(storage: Storage): Promise<StoredBytes>;
}

/** The bytes under a storage's name. */
export interface StoredBytes {
  readonly length: number;
  /** The bytes from `position` on, counted from the beginning of what is stored, into an array of their length. */
  fill(target: Uint8Array, position: number): Promise<void>;
}
