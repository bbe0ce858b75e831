import { show, UserError } from '../errors.js';
import type { Framing } from '../image/framing.js';
import { bytesOf } from '../image/image.js';
import { evaluationLoader } from './loader.js';
import type { Unreadable } from './loader.js';
import { emptyStore, imageName, isStored } from '../dataset/source.js';
import type { ImageSource } from '../dataset/source.js';

/** Settings of {@link intoMemory}. */
export interface MemoryOptions {
  /** Side of the resized images in pixels: the network's input size. */
  readonly imageSize: number;
  /** Limit in bytes for the decoded images. Default: 1 GiB. */
  readonly memoryLimit?: number | undefined;
  /** The view of each image; see {@link Framing}. */
  readonly framing?: Framing | undefined;
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onUnreadable?: ((image: Unreadable) => void) | undefined;
  /** Reports how many images are done, and of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const GIBIBYTE = 2 ** 30;
const DECODED_AT_A_TIME = 64;

/**
 * Decodes a set once, so that later batches are copies from memory: all readable images in the evaluation view of
 * `imageSize` × `imageSize`. A set that exceeds `memoryLimit`, or is in memory at this size already, is returned
 * unchanged. Split the set afterwards, so that the parts share the memory.
 *
 * Throws a UserError when no image of a class can be read, Interrupted when `signal` is aborted.
 */
export async function intoMemory(source: ImageSource, options: MemoryOptions): Promise<ImageSource> {
  const { imageSize: size, memoryLimit = GIBIBYTE, framing, workers, signal, onUnreadable, onProgress } = options;
  const total = source.labels.length;
  if (isStored(source) && source.store.size === size) return source;
  if (total * bytesOf(size) > memoryLimit) return source;

  const store = emptyStore(total, size);
  const labels: number[] = [];
  const unreadable = new Map<string, Unreadable>();
  const loader = evaluationLoader(source, {
    imageSize: size,
    batchSize: DECODED_AT_A_TIME,
    framing,
    workers,
    onUnreadable(image) {
      unreadable.set(image.file, image);
      onUnreadable?.(image);
    },
  });
  try {
    let done = 0;
    for await (const batch of loader.epoch(0, { signal })) {
      store.pixels.set(batch.images, labels.length * bytesOf(size));
      for (const label of batch.labels) labels.push(Number(label));
      loader.reuse(batch);
      done = Math.min(total, done + DECODED_AT_A_TIME);
      onProgress?.(done, total);
    }
    // The loader drops batches without readable images, so the end can come early.
    if (done < total) onProgress?.(total, total);
  } finally {
    await loader.close();
  }
  const present = new Set(labels);
  const lost = source.labels.find((label) => !present.has(label));
  if (lost !== undefined) {
    const [first] = unreadable.values();
    throw new UserError(
      `no image of class ${show(source.classes[lost])} can be read; for example ${first?.file}: ${first?.reason}`,
    );
  }
  const decoded = {
    classes: source.classes,
    labels: Int32Array.from(labels),
    store,
    rows: Int32Array.from(labels.keys()),
  };
  if (unreadable.size === 0 || isStored(source)) return decoded;
  const places = Int32Array.from(source.labels.keys()).filter(
    (index) => !unreadable.has(imageName(source.encoded(index))),
  );
  // Images of the same name cannot be told apart.
  return places.length === labels.length ? { ...decoded, before: { labels: source.labels, places } } : decoded;
}
