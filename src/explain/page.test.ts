import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pageSection, pageStart, type PageImage, type PageView } from './page.js';

const PNG = Uint8Array.of(1, 2, 3);
const map = { side: 1, values: Float32Array.of(1) };

const PARTS = ['whole', 'local'];

function pageView(name: string, { peak = 0.25, parts = PARTS } = {}): PageView {
  return {
    picture: PNG,
    block: { number: 8, title: 'G1L2 k31', maps: parts },
    classes: [
      {
        name,
        number: 0,
        probability: 0.5,
        maps: parts.map((part) => ({ part, map, peak })),
        overlays: parts.map(() => PNG),
      },
    ],
  };
}

function explanationPage(models: readonly string[], images: readonly PageImage[]): string {
  return pageStart(models) + images.map((image) => pageSection(models, image)).join('');
}

/** The text of a page in the order in which it is read, without its markup. */
function textOf(page: string): string {
  return page
    .slice(page.indexOf('<body>'))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

describe('a page of explanations', () => {
  test('shows every image with its maps and needs no other file', () => {
    const images = [
      { image: 'a.jpg', views: [pageView('cat')] },
      { image: 'b.jpg', views: [pageView('dog')] },
    ];
    const page = explanationPage(['best.onnx'], images);
    assert.equal([...page.matchAll(/<img src="data:image\/png;base64,AQID"/g)].length, 6);
    assert.doesNotMatch(page, /(?:src|href)="(?!data:)/);
    assert.match(page, /block 8 \(G1L2 k31\)\npeak 0\.250/);
    assert.match(page, /its local half\npeak 0\.250/);
    assert.match(page, /prefers-color-scheme: dark/);
    assert.match(textOf(page), /What best\.onnx sees .* a\.jpg cat, 50\.00 % .* b\.jpg dog, 50\.00 %/);
  });

  test('shows for each image what one model sees under what the other sees', () => {
    const views = [pageView('cat'), pageView('dog', { parts: ['whole'] })];
    const page = explanationPage(
      ['found.onnx', 'deit.pth'],
      ['a.jpg', 'b.jpg'].map((image) => ({ image, views })),
    );
    const ofImage = '\\.jpg found\\.onnx cat, 50.00 % .* its local half .* deit\\.pth dog, 50.00 %';
    assert.match(textOf(page), new RegExp(`What found\\.onnx and deit\\.pth see .* a${ofImage} .* b${ofImage}`));
    assert.equal([...page.matchAll(/<section>/g)].length, 2);
    assert.equal([...page.matchAll(/<img /g)].length, 2 * (3 + 2));
  });

  test('says where a class has no positive evidence', () => {
    const views = [pageView('cat', { peak: -1 })];
    assert.match(explanationPage(['m'], [{ image: 'a.jpg', views }]), /no positive evidence/);
  });

  test('takes names from outside as text', () => {
    const odd = `<script>alert("1")</script>&'`;
    for (const models of [[odd], [odd, 'm']]) {
      const page = explanationPage(models, [{ image: odd, views: models.map(() => pageView(odd)) }]);
      assert.doesNotMatch(page, /<script|alert\("/);
      assert.match(page, /&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/);
    }
  });
});
