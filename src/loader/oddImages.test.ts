import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { lyingPng, plain, temporaryFolder } from '../../test/support/imageFiles.js';
import type { Colour } from '../../test/support/imageFiles.js';
import { centralView, openEncoded, regionView } from './decode.js';
import type { Resampling } from './decode.js';
import type { Image } from '../image/image.js';

// Any file in a data set becomes RGB of the requested size, or one line that says why not.

const SIZE = 16;
const RESAMPLINGS: readonly Resampling[] = ['pillow', 'libvips'];

const ORANGE: Colour = [230, 120, 30];
const MUTED: Colour = [150, 130, 110];
const GREY: Colour = [140, 140, 140];
const WHITE: Colour = [255, 255, 255];

const folder = temporaryFolder();

/** An image with several colours, so that its file is long enough to truncate. */
function noisy(): Sharp {
  const pixels = Uint8Array.from({ length: 3 * 64 * 64 }, (_, index) => (index * index * 31) & 255);
  return sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } });
}

/** Half see-through black, so grey on white. */
function seeThrough(): Sharp {
  return sharp({ create: { width: 24, height: 24, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } });
}

/** The first frame orange, the second grey. */
function film(): Sharp {
  const frames = [ORANGE, GREY].flatMap((colour) => Array.from({ length: 20 * 20 }, () => [...colour]).flat());
  return sharp(Uint8Array.from(frames), { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } });
}

const orange = (width = 24, height = width): Sharp => plain(ORANGE, width, height);

/** Readable files: name, content, uniform colour, and tolerance. */
const READ: readonly (readonly [string, () => Promise<Buffer>, Colour, number])[] = [
  ['grey.png', () => plain(GREY, 24).toColourspace('b-w').png().toBuffer(), GREY, 1],
  ['grey.jpg', () => plain(GREY, 24).toColourspace('b-w').jpeg().toBuffer(), GREY, 2],
  ['cmyk.jpg', () => plain(MUTED, 24).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), MUTED, 8],
  ['cmyk.tiff', () => plain(MUTED, 24).toColourspace('cmyk').tiff().toBuffer(), MUTED, 8],
  ['16-bit.png', () => orange().toColourspace('rgb16').png().toBuffer(), ORANGE, 1],
  ['16-bit grey.png', () => plain(GREY, 24).toColourspace('grey16').png().toBuffer(), GREY, 1],
  ['16-bit.tiff', () => orange().toColourspace('rgb16').tiff({ compression: 'none' }).toBuffer(), ORANGE, 1],
  ['palette.png', () => orange().png({ palette: true }).toBuffer(), ORANGE, 3],
  ['interlaced.png', () => orange().png({ progressive: true }).toBuffer(), ORANGE, 0],
  ['alpha.png', () => seeThrough().png().toBuffer(), [127, 127, 127], 2],
  ['alpha 16-bit.png', () => seeThrough().toColourspace('rgb16').png().toBuffer(), [127, 127, 127], 2],
  ['alpha grey.png', () => seeThrough().toColourspace('b-w').png().toBuffer(), [127, 127, 127], 2],
  ['alpha.webp', () => seeThrough().webp({ lossless: true }).toBuffer(), [127, 127, 127], 2],
  ['invisible.png', () => plain(ORANGE, 24).ensureAlpha(0).png().toBuffer(), WHITE, 0],
  [
    'animated.gif',
    () =>
      film()
        .gif({ delay: [100, 100] })
        .toBuffer(),
    ORANGE,
    8,
  ],
  [
    'animated.webp',
    () =>
      film()
        .webp({ lossless: true, delay: [100, 100] })
        .toBuffer(),
    ORANGE,
    0,
  ],
  ['progressive.jpg', () => orange().jpeg({ progressive: true, quality: 100 }).toBuffer(), ORANGE, 3],
  ['subsampled.jpg', () => orange(25, 23).jpeg({ chromaSubsampling: '4:2:0', quality: 100 }).toBuffer(), ORANGE, 3],
  ['still.gif', () => orange().gif().toBuffer(), ORANGE, 6],
  ['still.webp', () => orange().webp({ lossless: true }).toBuffer(), ORANGE, 0],
  ['still.tiff', () => orange().tiff({ compression: 'none' }).toBuffer(), ORANGE, 0],
  ['infrared.tiff', () => orange().ensureAlpha(0.3).tiff({ compression: 'none' }).toBuffer(), ORANGE, 0],
  [
    'infrared grey.tiff',
    () => plain(GREY, 24).toColourspace('b-w').ensureAlpha(0.3).tiff({ compression: 'none' }).toBuffer(),
    GREY,
    2,
  ],
  ['still.avif', () => orange().avif({ lossless: true, effort: 0 }).toBuffer(), ORANGE, 3],
  ['profile.png', () => orange().withIccProfile('p3', { attach: true }).png().toBuffer(), [218, 125, 54], 8],
  ['a PNG.jpg', () => orange().png().toBuffer(), ORANGE, 0],
  [
    'trailing bytes.jpg',
    async () => Buffer.concat([await orange().jpeg({ quality: 100 }).toBuffer(), Buffer.alloc(99)]),
    ORANGE,
    3,
  ],
  ['one pixel.png', () => orange(1).png().toBuffer(), ORANGE, 0],
  ['one pixel.jpg', () => orange(1).jpeg({ quality: 100 }).toBuffer(), ORANGE, 3],
  ['one pixel wide.png', () => orange(1, 5000).png().toBuffer(), ORANGE, 0],
  ['one pixel high.png', () => orange(5000, 1).png().toBuffer(), ORANGE, 0],
  ['large.jpg', () => orange(700, 650).jpeg({ quality: 100 }).toBuffer(), ORANGE, 3],
];

const cut = async (image: Sharp, share = 0.6): Promise<Buffer> => {
  const whole = await image.toBuffer();
  return whole.subarray(0, Math.floor(share * whole.length));
};
const text = (content: string) => async (): Promise<Buffer> => Buffer.from(content);

const NO_IMAGE = /^it is empty or no image of a known format \(JPEG, PNG, WebP, GIF, AVIF, TIFF\)$/;
const DAMAGED = /^it is damaged or cut off/;
const TOO_LARGE = /^its header says that it has more than 134 million pixels$/;

const BANDS = /^it has more than four bands; keep red, green and blue$/;

/** A TIFF with bands after its colours. */
function withBands(count: number): Promise<Buffer> {
  const band = { width: 24, height: 24, channels: 1 } as const;
  const bands = Array.from({ length: count }, () => Buffer.alloc(24 * 24, 200));
  return orange().joinChannel(bands, { raw: band }).tiff({ compression: 'none' }).toBuffer();
}

/** A lossless WebP whose header says that it has this side, and that has no pixels. */
function lyingWebp(side: number): Buffer {
  const data = Buffer.alloc(64);
  data[0] = 0x2f;
  data.writeUInt32LE(((side - 1) | ((side - 1) << 14)) >>> 0, 1);
  const head = Buffer.alloc(20);
  head.write('RIFF', 0);
  head.writeUInt32LE(12 + data.length, 4);
  head.write('WEBPVP8L', 8);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, data]);
}

/** A grey TIFF of one packed strip whose header says that it has this side. */
function lyingTiff(side: number): Buffer {
  const strip = deflateSync(Buffer.alloc(4096));
  const [width, height, bits, packing, colours, begin, bands, rows, length] = [
    256, 257, 258, 259, 262, 273, 277, 278, 279,
  ];
  const fields = [
    [width, side],
    [height, side],
    [bits, 8],
    [packing, 8],
    [colours, 1],
    [begin, 8],
    [bands, 1],
    [rows, side],
    [length, strip.length],
  ];
  const directory = Buffer.alloc(2 + 12 * fields.length + 4);
  directory.writeUInt16LE(fields.length);
  fields.forEach(([tag, value], at) => {
    directory.writeUInt16LE(tag, 2 + 12 * at);
    // A number of 32 bits, once.
    directory.writeUInt16LE(4, 4 + 12 * at);
    directory.writeUInt32LE(1, 6 + 12 * at);
    directory.writeUInt32LE(value, 10 + 12 * at);
  });
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(8 + strip.length, 4);
  return Buffer.concat([head, strip, directory]);
}

/** Rejected files: name, content, reason. */
const REFUSED: readonly (readonly [string, () => Promise<Buffer>, RegExp])[] = [
  ['cut.jpg', () => cut(noisy().jpeg()), DAMAGED],
  ['cut progressive.jpg', () => cut(noisy().jpeg({ progressive: true })), DAMAGED],
  ['cut.png', () => cut(noisy().png()), DAMAGED],
  ['cut.webp', () => cut(noisy().webp()), DAMAGED],
  ['cut.gif', () => cut(noisy().gif()), DAMAGED],
  ['cut.avif', () => cut(noisy().avif({ effort: 0 })), DAMAGED],
  ['cut.tiff', () => cut(noisy().tiff()), /^it is/],
  ['only a header.jpg', () => cut(noisy().jpeg(), 0.02), DAMAGED],
  ['empty.jpg', text(''), NO_IMAGE],
  ['text.jpg', text('this is no image\n'), NO_IMAGE],
  ['page.jpg', text('<!DOCTYPE html><html><body>404 Not Found</body></html>'), NO_IMAGE],
  ['zeros.png', async () => Buffer.alloc(4096), NO_IMAGE],
  ['drawing.svg', text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), NO_IMAGE],
  [
    'drawing.png',
    text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    NO_IMAGE,
  ],
  ['document.jpg', text('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n'), NO_IMAGE],
  ['numbers.png', text('P3 1 1 255 1 2 3\n'), NO_IMAGE],
  ['bomb.png', async () => lyingPng(60_000, 60_000), TOO_LARGE],
  ['wide bomb.png', async () => lyingPng(2_000_000_000, 1), /^it/],
  ['bomb.webp', async () => lyingWebp(16_383), TOO_LARGE],
  ['bomb.tiff', async () => lyingTiff(60_000), TOO_LARGE],
  ['no width.png', async () => lyingPng(0, 10), /^it/],
  ['five bands.tiff', () => withBands(2), BANDS],
  ['thirteen bands.tiff', () => withBands(10), BANDS],
  ['lying.png', async () => lyingPng(600, 600), DAMAGED],
];

/** Both views of images, with every resampling. */
function views(file: string): readonly (() => Promise<Image>)[] {
  return RESAMPLINGS.flatMap((resampling) => [
    async () => centralView(await openEncoded({ file }), SIZE, { resampling }),
    async () => {
      const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height });
      return regionView(await openEncoded({ file }), SIZE, whole, { resampling });
    },
  ]);
}

describe('odd images', () => {
  for (const [name, content, expected, tolerance] of READ) {
    test(`${name} is read`, async () => {
      const file = path.join(folder, name);
      await writeFile(file, await content());
      for (const view of views(file)) {
        const { size, pixels } = await view();
        assert.equal(size, SIZE);
        assert.equal(pixels.length, 3 * SIZE * SIZE);
        pixels.forEach((value, at) => {
          const off = Math.abs(value - expected[Math.floor(at / SIZE ** 2)]);
          assert.ok(off <= tolerance, `${value} at ${at}, not ${expected.join(', ')}`);
        });
      }
    });
  }

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`EXIF orientation ${orientation} is read as it is meant to be seen`, async () => {
      const file = path.join(folder, `turned${orientation}.jpg`);
      // Stored: a red upper left quarter on white. The orientation moves it to another corner.
      const corner = plain([255, 0, 0], 32);
      const stored = plain(WHITE, 64).composite([{ input: await corner.png().toBuffer(), left: 0, top: 0 }]);
      await stored.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).withMetadata({ orientation }).toFile(file);
      const [right, lower] = [[2, 3, 6, 7].includes(orientation), [3, 4, 7, 8].includes(orientation)];
      for (const view of views(file)) {
        const { pixels } = await view();
        for (const [x, y] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [1, 1],
        ]) {
          const green = pixels[SIZE ** 2 + (3 + 9 * y) * SIZE + 3 + 9 * x];
          assert.equal(green < 60, (x === 1) === right && (y === 1) === lower, `corner ${x}, ${y}: ${green}`);
        }
      }
    });
  }

  const refused = async (file: string, reason: RegExp): Promise<void> => {
    for (const view of views(file)) {
      await assert.rejects(view, (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, reason);
        assert.ok(!error.message.includes('\n') && error.message.length < 200, error.message);
        return true;
      });
    }
  };

  for (const [name, content, reason] of REFUSED) {
    test(`${name} is refused with a reason`, async () => {
      const file = path.join(folder, name);
      await writeFile(file, await content());
      await refused(file, reason);
    });
  }

  test('a folder, and a file that is not there, are refused with a reason', async () => {
    await mkdir(path.join(folder, 'folder.png'));
    await refused(path.join(folder, 'folder.png'), /^it is not a file$/);
    await refused(path.join(folder, 'nowhere.png'), /^the file does not exist$/);
  });

  test('every cut of a PNG is refused, or shows the whole image where only its end mark is missing', async () => {
    const whole = await noisy().png().toBuffer();
    const file = path.join(folder, 'cuts.png');
    await writeFile(file, whole);
    const expected = await Promise.all(views(file).map((view) => view()));
    const step = Math.ceil(whole.length / 40);
    for (let length = whole.length - 1; length > 0; length -= length > whole.length - 12 ? 1 : step) {
      await writeFile(file, whole.subarray(0, length));
      const shown = await Promise.all(views(file).map((view) => view().catch(() => undefined)));
      if (shown.every((view) => view === undefined)) await refused(file, /^it is/);
      else assert.deepEqual(shown, expected);
    }
  });
});
