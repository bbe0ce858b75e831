import type { ExplainedBlock, ExplainedClass } from './explain.js';

/** An image on the page. Pictures are PNGs. */
export interface PageImage {
  readonly image: string;
  /** As the network sees it. */
  readonly picture: Uint8Array;
  readonly block: ExplainedBlock;
  readonly classes: readonly (ExplainedClass & {
    /** The image with each of the class's maps laid over it. */
    readonly overlays: readonly Uint8Array[];
  })[];
}

const STYLE = `
:root { color-scheme: light dark; --text: #1c1c1e; --soft: #5f6066; --back: #fbfbfa; --line: #d9d9d6; }
@media (prefers-color-scheme: dark) { :root { --text: #ececee; --soft: #a3a4aa; --back: #17181a; --line: #37383c; } }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; }
h2 { font-size: 1.05rem; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h3 { font-size: 1rem; font-weight: 600; margin: 1rem 0 .4rem; overflow-wrap: anywhere; }
p, figcaption { color: var(--soft); }
p { margin: 0 0 1.5rem; max-width: 44rem; }
section { border-top: 1px solid var(--line); padding: 1.2rem 0; }
div { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; width: 224px; }
figcaption { font-size: .85rem; }
img { display: block; width: 100%; height: auto; image-rendering: auto; border-radius: 4px; }
`;

/** A page with all images of a call, which needs no other file. `model` is what the page calls the network. */
export function explanationPage(model: string, images: readonly PageImage[]): string {
  const title = `What ${model} sees`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>Grad-CAM: bright places speak for the class. Each map is stretched to its own maximum; the peak is that maximum before, so it compares the halves of a block.</p>
${images.map(section).join('\n')}
</body>
</html>
`;
}

function section({ image, picture, block, classes }: PageImage): string {
  const own = figure(picture, 'as the network sees it', image);
  return `<section>
<h2>${escaped(image)}</h2>
${classes.map((each) => classFigures(each, block, own)).join('\n')}
</section>`;
}

function classFigures(
  { name, probability, maps, overlays }: PageImage['classes'][number],
  { number, title }: ExplainedBlock,
  own: string,
): string {
  const figures = maps.map(({ part, peak }, at) => {
    const caption = `${part === 'whole' ? `block ${number} (${title})` : `its ${part} half`}, ${peakText(peak)}`;
    return figure(overlays[at], caption, `${part} map of ${name}`);
  });
  return `<h3>${escaped(name)}, ${(100 * probability).toFixed(2)} %</h3>
<div>
${[own, ...figures].join('\n')}
</div>`;
}

function peakText(peak: number): string {
  return peak > 0 ? `peak ${peak.toPrecision(3)}` : 'nothing speaks for the class';
}

function figure(png: Uint8Array, caption: string, alternative: string): string {
  const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return `<figure><img src="${source}" alt="${escaped(alternative)}"><figcaption>${escaped(caption)}</figcaption></figure>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text from outside, such as a class's name, as HTML shows it. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter]);
}
