import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heatColour } from './colours.js';

/** Lightness in CIELAB, a different measure than the one that defines the colours. */
function lightness(value: number): number {
  const [red, green, blue] = heatColour(value).map((level) => {
    const share = level / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance <= 216 / 24389 ? (luminance * 24389) / 27 : 116 * Math.cbrt(luminance) - 16;
}

describe('the colours of a heat map', () => {
  test('become lighter evenly, from near black to near white', () => {
    const steps = Array.from({ length: 16 }, (_, at) => lightness((at + 1) / 16) - lightness(at / 16));
    assert.ok(lightness(0) < 8 && lightness(1) > 90);
    // A sixteenth of the range is 5.6; OKLab and CIELAB differ by less than half of it.
    for (const [at, step] of steps.entries()) assert.ok(step > 2.8 && step < 8.4, `step ${at}: ${step}`);
  });

  test('are those of the ends outside of 0 to 1', () => {
    assert.deepEqual(heatColour(-1), heatColour(0));
    assert.deepEqual(heatColour(7), heatColour(1));
  });
});
