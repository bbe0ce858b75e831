import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { centralView, openEncoded } from '../../src/loader/decode.js';
import { resize } from '../../src/image/resize.js';
import type { Filter, Raster } from '../../src/image/resize.js';
import { goldenPath } from '../golden.js';
import { goldenJson, GoldenTensors } from './data.js';

interface Recorded {
  readonly resize: readonly {
    readonly source: string;
    readonly file: string;
    readonly width: number;
    readonly height: number;
    readonly filter: Filter;
    readonly crop?: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
  }[];
  readonly eval: readonly {
    readonly source: string;
    readonly input_size: number;
    readonly cropped_png: string;
    readonly tensor: string | null;
  }[];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

async function read(file: string): Promise<Raster> {
  const { data, info } = await sharp(goldenPath(`recipe/${file}`)).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  return { width: info.width, height: info.height, pixels: data };
}

function planes({ width, height, pixels }: Raster): Uint8Array {
  const plane = width * height;
  return Uint8Array.from({ length: 3 * plane }, (_, at) => pixels[3 * (at % plane) + Math.trunc(at / plane)]);
}

describe('against Pillow and torchvision', async () => {
  const recorded = await goldenJson<Recorded>('recipe/resize_eval.json');

  for (const { source, file, width, height, filter, crop } of recorded.resize) {
    test(`resize gives every pixel of ${file}`, async () => {
      const options = crop === undefined ? { filter } : { filter, crop };
      assert.deepEqual(resize(await read(source), width, height, options), planes(await read(file)));
    });
  }

  const tensors = await GoldenTensors.read('recipe/eval_transform.safetensors');
  for (const { source, input_size, cropped_png, tensor } of recorded.eval) {
    test(`the evaluation view gives every pixel of ${cropped_png}`, async () => {
      const view = await centralView(await openEncoded({ file: goldenPath(`recipe/${source}`) }), input_size);
      assert.deepEqual(view.pixels, planes(await read(cropped_png)));
      if (tensor === null) return;
      const { shape, data } = tensors.get(tensor);
      assert.deepEqual(shape, [3, input_size, input_size]);
      const { mean, std } = recorded;
      const plane = input_size * input_size;
      const normalised = Float32Array.from(view.pixels, (value, at) => {
        const channel = Math.trunc(at / plane);
        const share = Math.fround(value / 255) - Math.fround(mean[channel]);
        return Math.fround(share) / Math.fround(std[channel]);
      });
      assert.deepEqual(normalised, data);
    });
  }
});
