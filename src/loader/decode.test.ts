import assert from 'node:assert/strict';
import { once } from 'node:events';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { plain, temporaryFolder } from '../../test/support/imageFiles.js';
import type { Colour } from '../../test/support/imageFiles.js';
import { centralView, openDecoded, openEncoded, rasterOf, readImage, regionView } from './decode.js';
import { resize } from '../image/resize.js';
import { toPlanes } from '../image/image.js';
import type { Image } from '../image/image.js';

const folder = temporaryFolder();

async function save(name: string, image: Sharp): Promise<string> {
  const file = path.join(folder, name);
  await image.toFile(file);
  return file;
}

function pixel({ size, pixels }: Image, x: number, y: number): Colour {
  const at = y * size + x;
  return [pixels[at], pixels[at + size * size], pixels[at + 2 * size * size]];
}

function isNear(actual: Colour, expected: Colour, tolerance: number): void {
  const near = actual.every((value, channel) => Math.abs(value - expected[channel]) <= tolerance);
  assert.ok(near, `[${actual.join(', ')}] is not within ${tolerance} of [${expected.join(', ')}]`);
}

/** An image, 32 wide and 16 high, whose left half is red and right half blue. */
function redBlue(): Sharp {
  const half = { create: { width: 16, height: 16, channels: 3, background: { r: 0, g: 0, b: 255 } } } as const;
  return plain([255, 0, 0], 32, 16).composite([{ input: half, left: 16, top: 0 }]);
}

describe('readImage', () => {
  test('gives an image of the asked size byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 3 * 12 * 12 }, (_, index) => (index * 37) & 255);
    const file = await save('exact.png', sharp(bytes, { raw: { width: 12, height: 12, channels: 3 } }));
    assert.deepEqual(await readImage(file, 12), toPlanes(bytes, 12));
  });

  test('takes the centre of an image whose sides differ', async () => {
    const stripes = [0, 1, 2].map((column) => ({
      input: { create: { width: 20, height: 20, channels: 3, background: ['red', 'lime', 'blue'][column] } } as const,
      left: 20 * column,
      top: 0,
    }));
    const view = await readImage(await save('wide.png', plain([0, 0, 0], 60, 20).composite(stripes)), 10);
    for (const x of [1, 5, 8]) isNear(pixel(view, x, 5), [0, 255, 0], 2);
  });

  test('cuts away an eighth of the shorter side', async () => {
    // 256/224 crops a frame of 4 of 64 pixels: 64 * (1 - 224/256) / 2 = 4.
    const inner = { create: { width: 56, height: 56, channels: 3, background: 'white' } } as const;
    const framed = plain([255, 0, 0], 64).composite([{ input: inner, left: 4, top: 4 }]);
    const view = await readImage(await save('framed.png', framed), 28);
    isNear(pixel(view, 14, 14), [255, 255, 255], 0);
    isNear(pixel(view, 1, 14), [255, 255, 255], 12);
    isNear(pixel(view, 14, 26), [255, 255, 255], 12);
  });

  test('is framed as a network asks for', async () => {
    const bytes = Uint8Array.from({ length: 3 * 40 * 30 }, (_, index) => (index * index * 37) & 255);
    const image = await save('busy.png', sharp(bytes, { raw: { width: 40, height: 30, channels: 3 } }));
    const raster = await rasterOf(await openEncoded({ file: image }));
    const whole = await readImage(image, 15, { crop: 1, interpolation: 'bilinear' });
    const view = { left: 2, top: 0, width: 15, height: 15 };
    assert.deepEqual(whole.pixels, resize(raster, 20, 15, { filter: 'bilinear', view }));
    // torchvision resizes Swin's images to 232 for a crop of 224; the quotient must not round down.
    const near = await readImage(image, 28, { crop: 28 / 29, interpolation: 'bicubic' });
    assert.deepEqual(near.pixels, resize(raster, 38, 29, { view: { left: 5, top: 0, width: 28, height: 28 } }));
  });

  test('turns an image as its EXIF orientation says', async () => {
    // Orientation 6: displayed after a quarter turn clockwise, so the left half ends up on top.
    const file = await save('turned.jpg', redBlue().jpeg({ quality: 100 }).withMetadata({ orientation: 6 }));
    const view = await readImage(file, 14);
    isNear(pixel(view, 7, 1), [254, 0, 0], 12);
    isNear(pixel(view, 7, 12), [0, 0, 254], 12);
  });
});

describe('regionView', () => {
  test('chooses in the extent after the rotation and cuts there', async () => {
    const file = await save('turnedRegion.jpg', redBlue().jpeg({ quality: 100 }).withMetadata({ orientation: 6 }));
    const seen: number[] = [];
    const lower = await regionView(await openEncoded({ file }), 8, (width, height) => {
      seen.push(width, height);
      return { left: 0, top: 18, width: 16, height: 12 };
    });
    assert.deepEqual(seen, [16, 32]);
    for (const y of [0, 4, 7]) isNear(pixel(lower, 4, y), [0, 0, 254], 12);
  });

  test('stretches the region to the square', async () => {
    const file = await save('regions.png', redBlue());
    const view = await regionView(await openEncoded({ file }), 8, () => ({ left: 8, top: 0, width: 16, height: 4 }));
    isNear(pixel(view, 0, 4), [255, 0, 0], 2);
    isNear(pixel(view, 7, 4), [0, 0, 255], 2);
  });
});

describe('the resampling', () => {
  /** Smooth like a photograph, and different everywhere. */
  function waves(width: number, height: number): Sharp {
    const pixels = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
      const [channel, place] = [at % 3, Math.floor(at / 3)];
      const [x, y] = [(place % width) / width, Math.floor(place / width) / height];
      return 128 + 120 * Math.sin(9 * x + 5 * y * y + channel) * Math.cos(7 * y - 3 * x * y);
    });
    return sharp(pixels, { raw: { width, height, channels: 3 } });
  }
  const [pillow, libvips] = [{ resampling: 'pillow' }, { resampling: 'libvips' }] as const;
  const meanOff = (a: Image, b: Image): number =>
    a.pixels.reduce((sum, value, at) => sum + Math.abs(value - b.pixels[at]), 0) / a.pixels.length;

  for (const [what, width, height, size] of [
    ['an eighth', 1700, 1300, 64],
    ['a quarter', 1003, 701, 96],
    ['a half', 641, 523, 96],
  ] as const) {
    test(`libvips, which decodes ${what}, shows what pillow shows, at the same place`, async () => {
      const image = { file: await save(`large${width}.jpg`, waves(width, height).jpeg({ quality: 95 })) };
      const [exact, fast] = [
        await centralView(await openEncoded(image), size, pillow),
        await centralView(await openEncoded(image), size, libvips),
      ];
      assert.ok(meanOff(exact, fast) < 1.5, `${meanOff(exact, fast)}`);
      const region = { left: Math.round(width / 7), top: Math.round(height / 5), width: 5 * size, height: 4 * size };
      const [exactly, quickly] = [
        await regionView(await openEncoded(image), size, () => region, pillow),
        await regionView(await openEncoded(image), size, () => region, libvips),
      ];
      assert.ok(meanOff(exactly, quickly) < 4, `${meanOff(exactly, quickly)}`);
      assert.notDeepEqual(exactly, quickly, 'the decoder has resized');
    });
  }

  test('is the same for what is not twice as large as needed, and pillow if nothing is said', async () => {
    const image = { file: await save('small.jpg', waves(300, 200).jpeg()) };
    const region = { left: 30, top: 20, width: 127, height: 160 };
    const view = async (size: number, options = {}): Promise<Image> =>
      regionView(await openEncoded(image), size, () => region, options);
    assert.deepEqual(await view(64, libvips), await view(64, pillow));
    assert.deepEqual(await view(32), await view(32, pillow));
    assert.notDeepEqual(await view(32), await view(32, libvips));
    assert.deepEqual(
      await centralView(await openEncoded(image), 112, libvips),
      await centralView(await openEncoded(image), 112),
    );
  });
});

describe('openDecoded', () => {
  const image = toPlanes(
    Uint8Array.from({ length: 3 * 16 * 16 }, (_, index) => (index * 7) & 255),
    16,
  );

  test('gives the same image back at its own size', async () => {
    assert.deepEqual(await centralView(openDecoded(image), 16), image);
  });

  test('takes the same views as the file would', async () => {
    const file = await save('decoded.png', openDecoded(image));
    assert.deepEqual(await centralView(openDecoded(image), 8), await readImage(file, 8));
    const region = { left: 3, top: 1, width: 9, height: 12 };
    assert.deepEqual(
      await regionView(openDecoded(image), 8, () => region),
      await regionView(await openEncoded({ file }), 8, () => region),
    );
  });
});

// While a thread blocked libvips' formats and unblocked its own, others found good images unreadable.
test('a thread that starts leaves the formats as they are', async () => {
  const image = { file: await save('meanwhile.png', openDecoded(toPlanes(new Uint8Array(3 * 8 * 8), 8))) };
  const png = { operation: ['VipsForeignLoadPng'] };
  const read = async (): Promise<Image> => centralView(await openEncoded(image), 8);
  sharp.block(png);
  try {
    await once(new Worker(`import('${new URL('./decode.js', import.meta.url).href}')`, { eval: true }), 'exit');
    await assert.rejects(read(), /no image of a known format/);
  } finally {
    sharp.unblock(png);
  }
  await read();
});
