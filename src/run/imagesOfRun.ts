import { parseConfig } from '../config/layers.js';
import { RunFolder } from './folder/runFolder.js';

/** The images that a run was given, and the seed that splits them if they have no test images. */
export async function imagesOfRun(run: string): Promise<{ readonly data: string; readonly seed: number }> {
  const folder = await RunFolder.open(run);
  const { data, seed } = parseConfig(await folder.read('config.yaml'), folder.path('config.yaml'));
  return { data: data.source, seed };
}
