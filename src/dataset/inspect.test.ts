import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { plain, temporaryFolder } from '../../test/support/imageFiles.js';
import { inspectEncoded, inspectStored } from './inspect.js';
import type { Inspected } from './inspect.js';

const folder = temporaryFolder();

async function inspect(name: string, bytes: Uint8Array): Promise<Inspected> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return inspectEncoded({ file });
}

const orange = plain([200, 100, 0], 40, 20);
const clear = sharp({ create: { width: 40, height: 20, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } });

describe('inspectEncoded', () => {
  for (const [kind, image] of [
    ['RGB', orange.clone().jpeg()],
    ['grey', orange.clone().toColourspace('b-w').jpeg()],
    ['CMYK', orange.clone().toColourspace('cmyk').jpeg()],
    ['RGB with alpha', clear.clone().png()],
    ['RGB with another band', clear.clone().tiff({ compression: 'none' })],
    ['grey with alpha', clear.clone().toColourspace('b-w').png()],
    ['RGB, 16 bit', orange.clone().toColourspace('rgb16').png()],
    ['grey, 16 bit', orange.clone().toColourspace('grey16').png()],
    ['RGB', orange.clone().png({ palette: true })],
  ] as const) {
    test(`knows ${kind}`, async () => {
      const { channels, width, height, rotated, animated } = await inspect(`${kind}.img`, await image.toBuffer());
      assert.equal(channels, kind);
      assert.deepEqual(
        { width, height, rotated, animated },
        { width: 40, height: 20, rotated: false, animated: false },
      );
    });
  }

  test('gives the displayed extent, and notices rotation and animation', async () => {
    const turned = await inspect('turned.jpg', await orange.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer());
    assert.deepEqual([turned.width, turned.height, turned.rotated], [20, 40, true]);
    const frames = [0, 1, 2].map((value) =>
      plain([value * 99, 0, 0], 10)
        .png()
        .toBuffer(),
    );
    const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    const moving = await inspect('moving.gif', gif);
    assert.deepEqual([moving.width, moving.height, moving.animated], [10, 10, true]);
  });

  test('hashes the content: equal bytes alone have equal hashes', async () => {
    const bytes = await orange.clone().jpeg().toBuffer();
    const [one, two, other] = [
      await inspect('1.jpg', bytes),
      await inspect('2.jpg', bytes),
      await inspect('3.jpg', await orange.clone().jpeg({ quality: 50 }).toBuffer()),
    ];
    assert.deepEqual(one.hash, two.hash);
    assert.notDeepEqual(one.hash, other.hash);
  });

  test('refuses what is empty, cut or no image, small or large', async () => {
    const noise = sharp({
      create: {
        width: 3000,
        height: 3011,
        channels: 3,
        background: 'red',
        noise: { type: 'gaussian', mean: 128, sigma: 30 },
      },
    });
    const large = await noise.jpeg({ quality: 20 }).toBuffer();
    assert.deepEqual((await inspect('large.jpg', large)).width, 3000);
    const small = await orange.clone().jpeg().toBuffer();
    for (const bytes of [Buffer.alloc(0), Buffer.from('no image'), small.subarray(0, -40), large.subarray(0, -10)]) {
      await assert.rejects(inspect('bad.jpg', bytes), Error);
    }
    await assert.rejects(inspectEncoded({ file: path.join(folder, 'none.jpg') }), /ENOENT/);
    const bands = [1, 2].map((value) => Buffer.alloc(40 * 20, value));
    const five = orange.clone().joinChannel(bands, { raw: { width: 40, height: 20, channels: 1 } });
    await assert.rejects(
      inspect('five.tiff', await five.tiff({ compression: 'none' }).toBuffer()),
      /more than four bands/,
    );
  });
});

test('inspectStored distinguishes grey and colour', () => {
  const grey = new Uint8Array(12).fill(7);
  const colour = grey.with(11, 8);
  assert.equal(inspectStored({ size: 2, pixels: grey }).channels, 'grey');
  assert.equal(inspectStored({ size: 2, pixels: colour }).channels, 'RGB');
  assert.notDeepEqual(inspectStored({ size: 2, pixels: grey }).hash, inspectStored({ size: 2, pixels: colour }).hash);
});
