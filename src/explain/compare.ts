import type { WeightsOptions } from '../modelfile/weightsFile.js';
import { explain, type ExplainedImage, type MapOptions, type UnreadableImage } from './explain.js';
import { imageFiles } from './imageFiles.js';

/** A model's file, and how to read it. */
export interface ComparedModel extends Omit<WeightsOptions, 'emit'> {
  readonly file: string;
}

/** An image as each of several models explains it, in the order of the models. */
export interface ComparedImage {
  readonly image: string;
  readonly explanations: readonly ExplainedImage[];
}

/**
 * Explains the same images with several models, image by image; see explain for one model. All models are read, and
 * their classes and blocks checked, before the first image is returned. Throws what explain throws.
 */
export async function* compareModels(
  models: readonly ComparedModel[],
  images: readonly string[],
  options: MapOptions = {},
): AsyncGenerator<ComparedImage | UnreadableImage, void, undefined> {
  const { emit = () => undefined } = options;
  const files = await imageFiles(images);
  const opened = models.map(({ file, ...reading }, at) =>
    explain(file, files, {
      ...options,
      ...reading,
      // All models go through the images together, so the first reports the progress for all.
      emit: (event) => {
        if (at === 0 || event.type === 'warning') emit(event);
      },
    }),
  );
  try {
    for (const image of files) {
      const explanations: ExplainedImage[] = [];
      let unreadable: string | undefined;
      for (const each of opened) {
        const { value } = await each.next();
        if (value === undefined) throw new Error(`an explanation of ${image} is missing`);
        if ('unreadable' in value) unreadable ??= value.unreadable;
        else explanations.push(value);
      }
      yield unreadable === undefined ? { image, explanations } : { image, unreadable };
    }
    // After its last image, a generator still reports that progress is complete.
    for (const each of opened) await each.next();
  } finally {
    for (const each of opened) await each.return();
  }
}
