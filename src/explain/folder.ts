import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { UserError } from '../errors.js';
import type { ClassMap, ExplainedClass, Explanation } from './explain.js';
import { FreshNames, safeName } from './fileNames.js';
import { explanationPage, type PageImage } from './page.js';
import { imagePanel, mapPng, overlayPanel, panelsPng, type Panel } from './pictures.js';

/** An explained image with the pictures of its maps. */
type Explained = Exclude<Explanation, { readonly unreadable: string }>;

/** The files of one class of an image. */
export interface WrittenClass {
  /** The image, and the maps laid over it, side by side. */
  readonly overlay: string;
  /** The map of each part, grey, as large as the network's image. */
  readonly maps: readonly { readonly part: string; readonly file: string }[];
}

/**
 * A folder of explained images:
 *
 *     <image>-<class>-overlay.png       the image as the network sees it, and each map laid over it, side by side
 *     <image>-<class>-map.png           the whole map, grey
 *     <image>-<class>-map-<part>.png    the map of the global and of the local half, where the block has both
 *     index.html                        everything on one page, if asked for
 */
export class ExplanationFolder {
  readonly #names = new FreshNames();
  readonly #page: PageImage[] = [];

  private constructor(
    readonly root: string,
    /** Whether everything is kept for a page. */
    private readonly withPage: boolean,
  ) {}

  /** Opens a folder that is made with the first file in it. Throws a UserError when there is something in it already. */
  static async create(
    root: string,
    { page = false }: { readonly page?: boolean | undefined } = {},
  ): Promise<ExplanationFolder> {
    if (existsSync(root)) {
      const entries = await readdir(root).catch(() => {
        throw new UserError(`${root} is a file; give a folder with --out`);
      });
      if (entries.length > 0) throw new UserError(`${root} exists and is not empty; give another folder with --out`);
    }
    return new ExplanationFolder(root, page);
  }

  /** Writes the pictures of an image, for each of its classes. */
  async write(explanation: Explained): Promise<readonly WrittenClass[]> {
    const { image, view, classes } = explanation;
    await mkdir(this.root, { recursive: true });
    const stem = safeName(basename(image, extname(image)));
    const plain = imagePanel(view);
    const written: WrittenClass[] = [];
    const shown: PageImage['classes'][number][] = [];
    for (const each of classes) {
      const name = this.#names.take(`${stem}-${safeName(each.name)}`);
      const panels = each.maps.map(({ map }) => overlayPanel(plain, map));
      written.push(await this.#writeClass(name, each, [plain, ...panels]));
      if (this.withPage)
        shown.push({ ...each, overlays: await Promise.all(panels.map((panel) => panelsPng([panel]))) });
    }
    if (this.withPage) this.#page.push({ ...explanation, picture: await panelsPng([plain]), classes: shown });
    return written;
  }

  /** Writes the page with everything that was written before, and returns its file. */
  async writePage(model: string): Promise<string> {
    const file = join(this.root, 'index.html');
    await writeFileAtomically(file, explanationPage(model, this.#page));
    return file;
  }

  async #writeClass(name: string, { maps }: ExplainedClass, panels: readonly Panel[]): Promise<WrittenClass> {
    const overlay = join(this.root, `${name}-overlay.png`);
    await writeFileAtomically(overlay, await panelsPng(panels));
    const files: { part: string; file: string }[] = [];
    for (const { part, map } of maps) {
      const file = join(this.root, `${name}-map${suffixOf(part)}.png`);
      await writeFileAtomically(file, await mapPng(map));
      files.push({ part, file });
    }
    return { overlay, maps: files };
  }
}

function suffixOf(part: ClassMap['part']): string {
  return part === 'whole' ? '' : `-${safeName(part)}`;
}
