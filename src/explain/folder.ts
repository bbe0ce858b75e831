import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { makeFolder, requireFreeFolder } from '../checkpoint/freeFolder.js';
import { writeFailure } from '../errors.js';
import type { ClassMap, ExplainedClass, ExplainedImage } from './explain.js';
import { FreshNames, safeName } from './fileNames.js';
import { modelNames } from './modelNames.js';
import { pageSection, pageStart, type PageImage, type PageView } from './page.js';
import { imagePanel, mapPng, overlayPanel, panelsPng, type Panel } from './pictures.js';

/** The files of one class of an image. */
export interface WrittenClass {
  /** The image, and the maps laid over it, side by side. */
  readonly overlay: string;
  /** The map of each part, in grey, at the network's image size. */
  readonly maps: readonly { readonly part: string; readonly file: string }[];
}

/** A model, and the folder of its pictures. */
interface WrittenModel {
  /** Its name on the page. */
  readonly name: string;
  readonly folder: string;
}

/**
 * A folder of explained images:
 *
 *     <image>-<class>-overlay.png       the image as the network sees it, and each map laid over it, side by side
 *     <image>-<class>-map.png           the whole map, grey
 *     <image>-<class>-map-<part>.png    the map of the global and of the local half, where the block has both
 *     index.html                        everything so far on one page, if asked for
 *
 * With several models, each has a subfolder for its pictures.
 */
export class ExplanationFolder {
  readonly #names = new FreshNames();

  private constructor(
    readonly root: string,
    readonly models: readonly WrittenModel[],
    /** The file of the page, if there is to be one. */
    readonly page: string | undefined,
  ) {}

  /**
   * Opens a folder for the explanations of the models in these files; it is created with its first file. Throws a
   * UserError when it is not empty, or when a model is given twice.
   */
  static async create(
    root: string,
    models: readonly string[],
    { page = false }: { readonly page?: boolean | undefined } = {},
  ): Promise<ExplanationFolder> {
    const folders = new FreshNames();
    const inFolders = modelNames(models).map((name) => ({
      name,
      folder: models.length === 1 ? root : join(root, folders.take(safeName(withoutExtension(name)))),
    }));
    await requireFreeFolder(root);
    return new ExplanationFolder(root, inFolders, page ? join(root, 'index.html') : undefined);
  }

  /** Writes the pictures of one image, and its part of the page, given the explanation of each model, in order. */
  async write(explanations: readonly ExplainedImage[]): Promise<readonly (readonly WrittenClass[])[]> {
    const written: (readonly WrittenClass[])[] = [];
    const views: PageView[] = [];
    for (const [at, { image, view, block, classes }] of explanations.entries()) {
      const { folder } = this.models[at];
      await makeFolder(folder);
      const stem = join(folder, safeName(basename(image, extname(image))));
      const plain = imagePanel(view);
      const files: WrittenClass[] = [];
      const shown: PageView['classes'][number][] = [];
      for (const each of classes) {
        const panels = each.maps.map(({ map }) => overlayPanel(plain, map));
        files.push(await writeClass(this.#names.take(`${stem}-${safeName(each.name)}`), each, [plain, ...panels]));
        if (this.page === undefined) continue;
        shown.push({ ...each, overlays: await Promise.all(panels.map((panel) => panelsPng([panel]))) });
      }
      written.push(files);
      if (this.page !== undefined) views.push({ picture: await panelsPng([plain]), block, classes: shown });
    }
    if (this.page !== undefined) await this.#show(this.page, { image: explanations[0].image, views });
    return written;
  }

  /** Adds an image to the page. The page of a large folder is larger than memory, so it is never held whole. */
  async #show(page: string, image: PageImage): Promise<void> {
    const names = this.models.map(({ name }) => name);
    const text = `${existsSync(page) ? '' : pageStart(names)}${pageSection(names, image)}`;
    try {
      await appendFile(page, text);
    } catch (error) {
      throw writeFailure(page, Buffer.byteLength(text), error);
    }
  }
}

/** Writes the pictures of a class; their files begin with `stem`. */
async function writeClass(stem: string, { maps }: ExplainedClass, panels: readonly Panel[]): Promise<WrittenClass> {
  const overlay = `${stem}-overlay.png`;
  await writeFileAtomically(overlay, await panelsPng(panels));
  const files: { part: string; file: string }[] = [];
  for (const { part, map } of maps) {
    const file = `${stem}-map${suffixOf(part)}.png`;
    await writeFileAtomically(file, await mapPng(map));
    files.push({ part, file });
  }
  return { overlay, maps: files };
}

function suffixOf(part: ClassMap['part']): string {
  return part === 'whole' ? '' : `-${safeName(part)}`;
}

/** A model's name without its file extension. */
function withoutExtension(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}
