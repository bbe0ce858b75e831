import { z } from 'zod';
import type { RecipeConfig } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { CHECK_FILE } from '../folder/checkFolder.js';
import type { RunFolder } from '../folder/runFolder.js';
import type { SearchedLevel } from '../levels/searchedLevel.js';

const schema = z.strictObject({
  level: z.string(),
  candidates: z.int(),
  seeds: z.int(),
  /** The SHA-256 of the supernet's weights. */
  supernet: z.string(),
});

/** What a check of a supernet does, apart from the configuration: in the trust folder's `settings.json`. */
export type TrustSettings = z.infer<typeof schema>;

/** The settings that the user gave. */
export interface GivenTrust {
  readonly candidates?: number | undefined;
  readonly seeds?: number | undefined;
}

const DEFAULTS = { candidates: 16, seeds: 2 };

/** The share of the length of retraining for which candidates are trained. */
const SHORT = 1 / 4;

/** The recipe of retraining, shortened. Only the last weights count: a moving average takes longer to arrive. */
export function shortRecipe(recipe: RecipeConfig): RecipeConfig {
  const { steps, epochs } = recipe;
  return {
    ...recipe,
    ...(steps !== undefined && { steps: Math.max(1, Math.round(SHORT * steps)) }),
    ...(epochs !== undefined && { epochs: SHORT * epochs }),
    averageDecay: 0,
  };
}

/**
 * The settings for a level: those of the trust folder if it was begun, else those that were given. Throws a UserError
 * when the folder was begun with others.
 */
export async function trustSettings(
  folder: RunFolder | undefined,
  { name, weightsHash }: Pick<SearchedLevel, 'name' | 'weightsHash'>,
  given: GivenTrust,
): Promise<TrustSettings> {
  if (folder === undefined) {
    const { candidates = DEFAULTS.candidates, seeds = DEFAULTS.seeds } = given;
    return { level: name, candidates, seeds, supernet: weightsHash };
  }
  const file = folder.path(CHECK_FILE);
  if (!folder.has(CHECK_FILE))
    throw new UserError(`${folder.root} is not a folder of glit trust; give another with --out`);
  const read = schema.safeParse(jsonOf(await folder.read(CHECK_FILE)));
  if (!read.success) throw new UserError(`${file} is not what glit trust wrote; give another folder with --out`);
  const begun = read.data;
  if (begun.supernet !== weightsHash || begun.level !== name) {
    throw new UserError(`${folder.root} was begun for another supernet; give another folder with --out`);
  }
  const changed = (['candidates', 'seeds'] as const).find(
    (key) => given[key] !== undefined && given[key] !== begun[key],
  );
  if (changed !== undefined) {
    throw new UserError(
      `${folder.root} was begun with ${begun[changed]} ${changed}; continue without --${changed}, or give another folder with --out`,
    );
  }
  return begun;
}

/** The file for a new trust folder, by name. */
export function settingsFile(settings: TrustSettings): Readonly<Record<string, string>> {
  return { [CHECK_FILE]: `${JSON.stringify(settings, null, 2)}\n` };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
