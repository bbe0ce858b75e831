import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { foldersIn, IMAGE_ENDINGS, isImage, list } from '../dataset/sources/listing.js';
import { UserError } from '../errors.js';

/**
 * The named image files and, for a folder, all images in it and its subfolders, sorted by name. Files are not opened
 * here. Throws a UserError for a folder without images.
 */
export async function imageFiles(named: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const each of named) {
    const isFolder = await stat(each).then(
      (found) => found.isDirectory(),
      () => false,
    );
    const found = isFolder ? await imagesUnder(each) : [each];
    if (found.length === 0) {
      throw new UserError(
        `${each} holds no image (${IMAGE_ENDINGS.map((ending) => ending.slice(1)).join(', ')}); give another folder`,
      );
    }
    // There may be more than a call can have arguments.
    for (const file of found) files.push(file);
  }
  return files;
}

async function imagesUnder(folder: string): Promise<readonly string[]> {
  const entries = await list(folder, folder);
  const own = entries.filter(isImage).map(({ name }) => name);
  const folders = (await foldersIn(folder, entries)).filter((entry) => !entry.isSymbolicLink()).map(({ name }) => name);
  const inside: (readonly string[])[] = [];
  // Skip links to folders: they may lead back here.
  for (const name of folders.sort()) inside.push(await imagesUnder(join(folder, name)));
  return [...own.sort().map((name) => join(folder, name)), ...inside.flat()];
}
