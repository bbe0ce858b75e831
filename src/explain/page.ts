import type { ExplainedBlock, ExplainedClass } from './explain.js';

/** An image explained by one model. Pictures are PNGs. */
export interface PageView {
  /** The network's input. */
  readonly picture: Uint8Array;
  readonly block: ExplainedBlock;
  readonly classes: readonly (ExplainedClass & {
    /** The image overlaid with each map of the class. */
    readonly overlays: readonly Uint8Array[];
  })[];
}

/** An image on the page, with a view by each model. */
export interface PageImage {
  readonly image: string;
  readonly views: readonly PageView[];
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
h3 span { display: block; font-weight: 400; font-size: .85rem; color: var(--soft); }
section { border-top: 1px solid var(--line); padding: 1.2rem 0; }
div { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; width: 224px; }
figcaption { font-size: .85rem; line-height: 1.4; margin-top: .3rem; white-space: pre-line; }
img { display: block; width: 100%; height: auto; image-rendering: auto; border-radius: 4px; }
`;

/**
 * The beginning of a page with all images of a call, in one file; a {@link pageSection} for each image follows. HTML does
 * not need the end tags, so the page is whole after every image. `models` names the models, in the order of every
 * image's views.
 */
export function pageStart(models: readonly string[]): string {
  const title = `What ${new Intl.ListFormat('en').format(models)} ${models.length === 1 ? 'sees' : 'see'}`;
  const compares = `it compares the halves of a block${models.length === 1 ? '' : ', but not one model with another'}`;
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
<p>Grad-CAM: bright places speak for the class. Each map is scaled to its own maximum; the peak is that maximum before scaling, so ${compares}.</p>
`;
}

/** An image's part of the page. */
export function pageSection(models: readonly string[], { image, views }: PageImage): string {
  const rows = views.flatMap(({ picture, block, classes }, at) => {
    const own = figure(picture, 'as the network sees it', image);
    const whose = models.length === 1 ? '' : `<span>${escaped(models[at])}</span> `;
    return classes.map((each) => classFigures(each, block, own, whose));
  });
  return `<section>
<h2>${escaped(image)}</h2>
${rows.join('\n')}
</section>
`;
}

/** A class's row of figures. `whose` is HTML before its title. */
function classFigures(
  { name, probability, maps, overlays }: PageView['classes'][number],
  { number, title }: ExplainedBlock,
  own: string,
  whose: string,
): string {
  const figures = maps.map(({ part, peak }, at) => {
    const caption = `${part === 'whole' ? `block ${number} (${title})` : `its ${part} half`}\n${peakText(peak)}`;
    return figure(overlays[at], caption, `${part} map of ${name}`);
  });
  return `<h3>${whose}${escaped(name)}, ${(100 * probability).toFixed(2)} %</h3>
<div>
${[own, ...figures].join('\n')}
</div>`;
}

function peakText(peak: number): string {
  return peak > 0 ? `peak ${peak.toPrecision(3)}` : 'no positive evidence';
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

/** Escapes untrusted text, such as a class name, for HTML. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter]);
}
