import type { Pickled, Storage } from './values.js';

/** An open checkpoint file in one of PyTorch's two formats. Its pickle has been read, its numbers have not. */
export interface Container {
  readonly content: Pickled;
  /** The file's data for a storage. Throws Malformed when it is missing or shorter than the storage needs. */
  locate(storage: Storage): Promise<StoredBytes>;
}

/** The bytes under a storage's name. */
export interface StoredBytes {
  readonly length: number;
  /** Fills `target` with the bytes from `position`, which counts from the start of the stored data. */
  fill(target: Uint8Array, position: number): Promise<void>;
}
