import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import sharp from 'sharp';
import { colourOf, numbered, temporaryFolder, writeImages } from '../../test/support/imageFiles.js';
import { Interrupted, UserError } from '../errors.js';
import { seeded } from '../random/rng.js';
import { NO_AUGMENTATION, SMALL_IMAGE_AUGMENTATION } from '../image/augment/augmentation.js';
import type { Augmentation } from '../image/augment/augmentation.js';
import { fillMixed } from '../image/augment/mixing.js';
import { INCEPTION_CROP } from '../image/augment/randomResizedCrop.js';
import { evaluationLoader, trainingLoader } from './loader.js';
import type { Batch, Loader, TrainingLoaderOptions, Unreadable } from './loader.js';
import type { EncodedImage, EncodedSource, ImageSource } from '../dataset/source.js';
import { warmerDisc, WARMER_DISC } from '../dataset/warmerDisc.js';

const COUNT = 11;
const SIZE = 8;
const folder = temporaryFolder();
const files = numbered('images', COUNT).map((file) => path.join(folder, file));
const broken = path.join(folder, 'broken.jpg');

before(async () => {
  await writeImages(folder, numbered('images', COUNT), SIZE);
  await writeFile(broken, 'no image');
});

/** Image `index` has colour `index` and label `index % 3`; those in `unreadable` are broken files. */
function imagesWithout(unreadable: readonly number[] = []): EncodedSource {
  return {
    classes: ['a', 'b', 'c'],
    labels: Int32Array.from(files, (_, index) => index % 3),
    encoded: (index) => ({ file: unreadable.includes(index) ? broken : files[index] }),
  };
}

const INCEPTION: Augmentation = { ...SMALL_IMAGE_AUGMENTATION, randomResizedCrop: INCEPTION_CROP };

async function collect(batches: AsyncIterable<Batch>, most = Infinity): Promise<Batch[]> {
  const collected: Batch[] = [];
  for await (const batch of batches) {
    collected.push(batch);
    if (collected.length >= most) break;
  }
  return collected;
}

function training(source: ImageSource, options: Partial<TrainingLoaderOptions> = {}): Loader {
  const common = { imageSize: SIZE, batchSize: 4, workers: 0, rng: seeded(1), augmentation: NO_AUGMENTATION };
  return trainingLoader(source, { ...common, ...options });
}

/** Uses a loader and closes it in any case. */
async function using<T>(loader: Loader, use: (loader: Loader) => Promise<T>): Promise<T> {
  try {
    return await use(loader);
  } finally {
    await loader.close();
  }
}

/** The images in a batch, identified by colour, after a check of labels and extent. */
function imagesOf({ images, labels, size }: Batch): number[] {
  const plane = SIZE * SIZE;
  assert.equal(images.length, size * 3 * plane);
  assert.equal(labels.length, size);
  return Array.from(labels, (label, place) => {
    const colour = [0, 1, 2].map((channel) => images[(3 * place + channel) * plane]);
    const index = colour[0] / 4 + 16 * colour[1];
    assert.deepEqual(colour, colourOf(index));
    assert.equal(Number(label), index % 3, `label of image ${index}`);
    return index;
  });
}

const stored = warmerDisc(seeded(7), { ...WARMER_DISC, trainImages: 30, testImages: 10 }).train;

describe('trainingLoader', () => {
  test('shows full batches of different images with their labels, in a new order each epoch', async () => {
    const epochs = await using(training(imagesWithout()), async (loader) => {
      assert.equal(loader.batchesPerEpoch, 2);
      return [await collect(loader.epoch(0)), await collect(loader.epoch(1)), await collect(loader.epoch(0))];
    });
    const shown = epochs.map((batches) => batches.flatMap(imagesOf));
    for (const batches of epochs)
      assert.deepEqual(
        batches.map(({ size }) => size),
        [4, 4],
      );
    for (const images of shown) assert.equal(new Set(images).size, 8);
    assert.notDeepEqual(shown[0], shown[1]);
    assert.deepEqual(epochs[0], epochs[2]);
  });

  test('shows every image once per epoch if batches divide evenly, and drops none forever', async () => {
    await using(training(imagesWithout(), { batchSize: 1 }), async (loader) => {
      const shown = (await collect(loader.epoch(3))).flatMap(imagesOf);
      assert.deepEqual(
        shown.sort((a, b) => a - b),
        [...files.keys()],
      );
    });
    await using(training(imagesWithout()), async (loader) => {
      const shown = (await collect(loader.from(0), 20)).flatMap(imagesOf);
      assert.equal(new Set(shown).size, COUNT);
    });
  });

  for (const [what, source, augmentation, imageSize] of [
    ['files', imagesWithout([2, 5]), INCEPTION, SIZE],
    ['files in full view', imagesWithout(), SMALL_IMAGE_AUGMENTATION, SIZE],
    ['stored images', stored, SMALL_IMAGE_AUGMENTATION, 32],
    ['stored images, cut', stored, INCEPTION, 16],
  ] as const) {
    test(`gives the same bytes with 0, 1 and 3 workers: ${what}`, async () => {
      const batches = (workers: number, prefetch: number): Promise<Batch[]> =>
        using(training(source, { workers, prefetch, augmentation, imageSize }), (loader) => collect(loader.from(0), 5));
      const expected = await batches(0, 1);
      assert.equal(expected.length, 5);
      assert.deepEqual(await batches(0, 4), expected);
      assert.deepEqual(await batches(1, 4), expected);
      assert.deepEqual(await batches(3, 9), expected);
    });
  }

  test('shows a repeated image as it would show copies of it', async () => {
    const [original, copy] = ['original', 'copy'].map((name) => path.join(folder, `${name}.png`));
    const pixels = Uint8Array.from({ length: 3 * 20 * 16 }, (_, at) => (at * 7919) % 256);
    await sharp(pixels, { raw: { width: 20, height: 16, channels: 3 } }).toFile(original);
    await copyFile(original, copy);
    let asked = 0;
    const oneImage = (encoded: () => EncodedImage): EncodedSource => {
      return { classes: ['a', 'b'], labels: new Int32Array(6), encoded };
    };
    const shown = (source: EncodedSource): Promise<Batch[]> =>
      using(training(source, { batchSize: 6, repeats: 3, augmentation: INCEPTION, imageSize: 5 }), (loader) =>
        collect(loader.from(0), 2),
      );
    const repeated = await shown(oneImage(() => ({ file: original })));
    assert.deepEqual(repeated, await shown(oneImage(() => ({ file: asked++ % 2 === 0 ? original : copy }))));
    assert.notDeepEqual(repeated[0], repeated[1]);
  });

  test('continues at any step as an uninterrupted run would', async () => {
    const options = { augmentation: INCEPTION };
    const all = await using(training(imagesWithout(), options), async (loader) => {
      const epochs: Batch[] = [];
      for (const epoch of [0, 1, 2]) epochs.push(...(await collect(loader.epoch(epoch))));
      return epochs;
    });
    for (let step = 0; step < all.length; step++) {
      const tail = await using(training(imagesWithout(), options), (loader) =>
        collect(loader.from(step), all.length - step),
      );
      assert.deepEqual(tail, all.slice(step), `from step ${step}`);
    }
  });

  test('augments by the seed, differently in every epoch', async () => {
    const firstEpochs = (seed: number, augmentation: Augmentation): Promise<Batch[]> =>
      using(training(stored, { imageSize: 32, batchSize: 30, rng: seeded(seed), augmentation }), (loader) =>
        collect(loader.from(0), 2),
      );
    const plain = await firstEpochs(1, NO_AUGMENTATION);
    const augmented = await firstEpochs(1, SMALL_IMAGE_AUGMENTATION);
    assert.deepEqual(augmented, await firstEpochs(1, SMALL_IMAGE_AUGMENTATION));
    assert.deepEqual(
      augmented.map(({ labels }) => labels),
      plain.map(({ labels }) => labels),
      'the order is its own',
    );
    assert.notDeepEqual(augmented[0].images, plain[0].images);
    const bytesOfBatch = (batch: Batch): string => Buffer.from(batch.images).toString('latin1');
    const images = augmented.flatMap((batch) =>
      Array.from({ length: 30 }, (_, place) => bytesOfBatch(batch).slice(place * 3072, (place + 1) * 3072)),
    );
    assert.ok(new Set(images).size > 55, 'hardly an image looks the same in both epochs');
  });

  test('replaces an unreadable image with another of its batch and reports it once', async () => {
    const named: Unreadable[] = [];
    const lost = [0, 4, 7];
    const onUnreadable = (image: Unreadable): number => named.push(image);
    const { readable, batches } = await using(training(imagesWithout(lost), { onUnreadable }), async (loader) => ({
      readable: await using(training(imagesWithout()), (whole) => collect(whole.from(0), 8)),
      batches: await collect(loader.from(0), 8),
    }));
    batches.forEach((batch, step) => {
      assert.equal(batch.size, 4);
      const planned = imagesOf(readable[step]);
      imagesOf(batch).forEach((image, place) => {
        if (!lost.includes(planned[place])) assert.equal(image, planned[place]);
        else assert.ok(planned.includes(image) && !lost.includes(image));
      });
    });
    assert.equal(named.length, 1, 'all three stand for one file');
    assert.equal(named[0].file, broken);
    assert.match(named[0].reason, /^.+$/);
  });

  test('gives up when no image of a batch can be read', async () => {
    await using(training(imagesWithout([...files.keys()])), async (loader) => {
      await assert.rejects(collect(loader.epoch(0)), (error) => {
        assert.ok(error instanceof UserError);
        assert.ok(error.message.includes(broken));
        assert.doesNotMatch(error.message, /\n/);
        return true;
      });
    });
  });

  test('refuses fewer images than a batch takes, and an augmentation that makes no sense', () => {
    assert.throws(() => training(imagesWithout(), { batchSize: 12 }), UserError);
    const augmentation: Augmentation = { steps: [{ step: 'horizontalFlip', probability: 2 }] };
    assert.throws(() => training(imagesWithout(), { augmentation }), UserError);
  });
});

describe('evaluationLoader', () => {
  test('shows all images once in their order; the last batch holds the rest', async () => {
    const loader = evaluationLoader(imagesWithout(), { imageSize: SIZE, batchSize: 4, workers: 0 });
    await using(loader, async () => {
      assert.equal(loader.batchesPerEpoch, 3);
      for (const epoch of [0, 1]) {
        const batches = await collect(loader.epoch(epoch));
        assert.deepEqual(
          batches.map(({ size }) => size),
          [4, 4, 3],
        );
        assert.deepEqual(batches.flatMap(imagesOf), [...files.keys()]);
      }
    });
  });

  for (const workers of [0, 2]) {
    test(`leaves unreadable images out, and batches without any other, with ${workers} workers`, async () => {
      const named: string[] = [];
      const loader = evaluationLoader(imagesWithout([1, 4, 5, 6, 7, 10]), {
        imageSize: SIZE,
        batchSize: 4,
        workers,
        onUnreadable: ({ file }) => named.push(file),
      });
      const batches = await using(loader, () => collect(loader.epoch(0)));
      assert.deepEqual(batches.map(imagesOf), [
        [0, 2, 3],
        [8, 9],
      ]);
      assert.deepEqual(named, [broken]);
    });
  }

  test('gives memory that the receiver may keep: no batch changes or shares another', async () => {
    const loader = evaluationLoader(stored, { imageSize: 32, batchSize: 10, workers: 1 });
    const batches = await using(loader, () => collect(loader.epoch(0)));
    assert.equal(new Set(batches.map(({ images }) => images.buffer)).size, 3);
    for (const { images } of batches) assert.equal(images.byteLength, images.buffer.byteLength);
  });
});

describe('a stream', () => {
  for (const workers of [0, 2]) {
    test(`ends with Interrupted soon after an abort, with ${workers} workers`, async () => {
      await using(training(stored, { workers, imageSize: 32, augmentation: INCEPTION }), async (loader) => {
        const controller = new AbortController();
        const stream = loader.from(0, { signal: controller.signal });
        await stream.next();
        const next = stream.next();
        controller.abort();
        // The requested batch may have arrived already; nothing comes after it.
        await assert.rejects(
          next.then(() => stream.next()),
          Interrupted,
        );
        assert.equal((await stream.next()).done, true);
        // Others are not affected.
        assert.equal((await collect(loader.from(0), 1)).length, 1);
      });
    });

    test(`that is open throws once the loader is closed, with ${workers} workers`, async () => {
      const loader = training(stored, { workers, imageSize: 32, prefetch: 2, augmentation: INCEPTION });
      const stream = loader.from(0);
      await stream.next();
      const rest = collect(stream);
      await Promise.all([loader.close(), assert.rejects(rest, /closed/)]);
      await assert.rejects(collect(loader.from(0)), /closed/);
      await loader.close();
    });
  }

  test('keeps the process alive until its loader is closed, though batches arrive meanwhile', async () => {
    const loader = training(stored, { workers: 1, imageSize: 32 });
    await loader.from(0).next();
    // The thread's batches arrive while this one sleeps, and are processed after the request to close.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    await loader.close();
  });

  test('that is aborted before it begins makes nothing', async () => {
    await using(training(imagesWithout()), async (loader) => {
      await assert.rejects(collect(loader.epoch(0, { signal: AbortSignal.abort() })), Interrupted);
    });
  });

  test('does not affect others when abandoned', async () => {
    await using(training(imagesWithout(), { workers: 1 }), async (loader) => {
      const [first, second] = [loader.from(0), loader.from(0)];
      for (let step = 0; step < 3; step++) assert.deepEqual(await first.next(), await second.next());
      await first.return();
      const tail = await collect(second, 2);
      assert.deepEqual(tail, await collect(loader.from(3), 2));
    });
  });

  test('makes the same batches whether or not they come back', async () => {
    const count = 20;
    const kept = await using(training(imagesWithout()), (loader) => collect(loader.from(0), count));
    for (const workers of [0, 1]) {
      await using(training(imagesWithout(), { workers, prefetch: 2 }), async (loader) => {
        let step = 0;
        for await (const batch of loader.from(0)) {
          assert.deepEqual(batch.images, kept[step].images);
          if (++step === count) break;
          batch.images.fill(255);
          loader.reuse(batch);
        }
      });
    }
  });

  test('shares a few buffers and reuses returned ones', async () => {
    const memories = async (reused: boolean): Promise<ReadonlySet<ArrayBufferLike>> =>
      using(training(imagesWithout(), { prefetch: 1 }), async (loader) => {
        const shared = new Set<ArrayBufferLike>();
        for (const batch of await collect(loader.from(0), reused ? 2 : 20)) {
          if (batch.images.buffer instanceof SharedArrayBuffer) shared.add(batch.images.buffer);
          if (reused) loader.reuse(batch);
        }
        if (!reused) return shared;
        for (const batch of await collect(loader.from(0), 2)) assert.ok(shared.has(batch.images.buffer));
        return shared;
      });
    assert.equal((await memories(true)).size, 2);
    assert.ok((await memories(false)).size < 6);
  });

  test('takes a batch back once', async () => {
    await using(training(imagesWithout(), { prefetch: 1 }), async (loader) => {
      const [batch] = await collect(loader.from(0), 1);
      loader.reuse(batch);
      loader.reuse(batch);
      const [one, other] = await collect(loader.from(0), 2);
      assert.notEqual(one.images.buffer, other.images.buffer);
    });
  });

  test('loses no shared memory to abandoned streams', async () => {
    for (const workers of [0, 1]) {
      await using(training(imagesWithout(), { workers, prefetch: 2 }), async (loader) => {
        for (let stream = 0; stream < 10; stream++) {
          const [batch] = await collect(loader.from(0), 1);
          loader.reuse(batch);
        }
        for (const { images } of await collect(loader.from(0), 2))
          assert.ok(images.buffer instanceof SharedArrayBuffer);
      });
    }
  });

  test('measures how long its receiver waited', async () => {
    await using(training(imagesWithout()), async (loader) => {
      assert.equal(loader.waited, 0);
      const began = performance.now();
      await collect(loader.epoch(0));
      assert.ok(loader.waited > 0 && loader.waited <= (performance.now() - began) / 1000);
    });
  });
});

describe('a loader whose augmentation mixes', () => {
  const mixing = { mixup: 0.8, cutmix: 1, probability: 0.7, switchProbability: 0.5 };
  const mixes = { ...SMALL_IMAGE_AUGMENTATION, mixing };

  test('gives what it would give without, mixed as it says', async () => {
    const plain = await using(training(imagesWithout(), { augmentation: SMALL_IMAGE_AUGMENTATION }), (loader) =>
      collect(loader.from(0), 12),
    );
    const mixed = await using(training(imagesWithout(), { augmentation: mixes }), (loader) => {
      assert.equal(loader.pixels, 'float32');
      return collect(loader.from(0), 12);
    });
    mixed.forEach(({ images, labels, mix }, step) => {
      const unmixed = plain[step].images;
      const length = unmixed.length / 4;
      const expected = new Float32Array(unmixed.length);
      fillMixed(expected, SIZE, mix, (place, { values }) => {
        values.set(unmixed.subarray(place * length, (place + 1) * length));
      });
      assert.deepEqual(images, expected);
      assert.deepEqual(labels, plain[step].labels);
    });
    const kinds = mixed.map(({ mix }) => (mix === undefined ? 'none' : mix.box === undefined ? 'mixup' : 'cutmix'));
    assert.deepEqual(new Set(kinds), new Set(['none', 'mixup', 'cutmix']));
  });

  test('gives the same whatever the number of workers', async () => {
    const [here, there] = await Promise.all(
      [0, 2].map((workers) =>
        using(training(imagesWithout(), { workers, augmentation: mixes }), (loader) => collect(loader.from(0), 6)),
      ),
    );
    assert.deepEqual(there, here);
  });
});

describe('a loader that repeats images', () => {
  test('shows each of them as often as asked, and augments it differently each time', async () => {
    const shown = await using(training(imagesWithout(), { augmentation: INCEPTION, repeats: 2 }), (loader) =>
      collect(loader.from(0), 4),
    );
    const length = 3 * SIZE * SIZE;
    for (const { images, labels } of shown) {
      for (const place of [0, 2]) {
        assert.equal(labels[place], labels[place + 1]);
        const [one, other] = [place, place + 1].map((at) => images.subarray(at * length, (at + 1) * length));
        // One colour each, whatever the crop: the same image.
        assert.deepEqual(new Set(one), new Set(other));
      }
    }
  });

  test('refuses sets that are too small for DeiT’s selection', () => {
    assert.throws(() => training(imagesWithout(), { repeats: 3, officialRepeats: true }), UserError);
  });
});

describe('a loader whose augmentation erases', () => {
  test('puts noise on the scale of the normalised image into rectangles, and nothing else', async () => {
    const noise = { mean: [0.5, 0.4, 0.3], std: [0.2, 0.2, 0.2] };
    const augmentation = { ...NO_AUGMENTATION, randomErasing: { probability: 1 } };
    const [plain, erased] = await Promise.all(
      [NO_AUGMENTATION, augmentation].map((each) =>
        using(training(imagesWithout(), { augmentation: each, noise }), (loader) => collect(loader.from(0), 20)),
      ),
    );
    const drawn: number[] = [];
    let kept = 0;
    erased.forEach(({ images }, step) => {
      images.forEach((value, at) => {
        const channel = Math.floor(at / (SIZE * SIZE)) % 3;
        if (value === plain[step].images[at]) kept++;
        else drawn.push((value / 255 - noise.mean[channel]) / noise.std[channel]);
      });
    });
    assert.ok(kept > drawn.length && drawn.length > 1000);
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const variance = drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length;
    assert.ok(Math.abs(mean) < 0.1 && Math.abs(variance - 1) < 0.15, `${mean}, ${variance}`);
  });
});

test('a loader crops large photographs alike, with either resizer', async () => {
  const file = path.join(folder, 'large.jpg');
  const coarse = Uint8Array.from({ length: 3 * 20 * 20 }, (_, index) => (index * 73) & 255);
  await sharp(coarse, { raw: { width: 20, height: 20, channels: 3 } })
    .resize(800, 800, { kernel: 'cubic' })
    .toFile(file);
  const source = { classes: ['a'], labels: new Int32Array(4), encoded: () => ({ file }) };
  const [exact, fast] = await Promise.all(
    (['pillow', 'libvips'] as const).map((resampling) =>
      using(training(source, { imageSize: 32, augmentation: INCEPTION, resampling }), async (loader) => {
        const [{ images }] = await collect(loader.from(0), 1);
        return images;
      }),
    ),
  );
  assert.notDeepEqual(fast, exact);
  const differences = Array.from(exact, (value, at) => Math.abs(value - fast[at]));
  const mean = differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  assert.ok(mean < 12, `they differ by ${mean} levels on average`);
});
