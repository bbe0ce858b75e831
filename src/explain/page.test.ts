import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explanationPage, type PageImage } from './page.js';

const PNG = Uint8Array.of(1, 2, 3);
const map = { side: 1, values: Float32Array.of(1) };

function pageImage(image: string, name: string, peak = 0.25): PageImage {
  return {
    image,
    picture: PNG,
    block: { number: 8, title: 'G1L2 k31', maps: ['whole', 'local'] },
    classes: [
      {
        name,
        number: 0,
        probability: 0.5,
        maps: [
          { part: 'whole', map, peak },
          { part: 'local', map, peak },
        ],
        overlays: [PNG, PNG],
      },
    ],
  };
}

describe('a page of explanations', () => {
  test('shows every image with its maps and needs no other file', () => {
    const page = explanationPage('best.onnx', [pageImage('a.jpg', 'cat'), pageImage('b.jpg', 'dog')]);
    assert.equal([...page.matchAll(/<img src="data:image\/png;base64,AQID"/g)].length, 6);
    assert.doesNotMatch(page, /(?:src|href)="(?!data:)/);
    assert.match(page, /block 8 \(G1L2 k31\), peak 0\.250/);
    assert.match(page, /its local half, peak 0\.250/);
    assert.match(page, /prefers-color-scheme: dark/);
  });

  test('says where nothing speaks for a class', () => {
    assert.match(explanationPage('m', [pageImage('a.jpg', 'cat', -1)]), /nothing speaks for the class/);
  });

  test('takes names from outside as text', () => {
    const odd = `<script>alert("1")</script>&'`;
    const page = explanationPage(odd, [pageImage(odd, odd)]);
    assert.doesNotMatch(page, /<script|alert\("/);
    assert.match(page, /&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/);
  });
});
