import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { writeFileAtomically } from '../../checkpoint/atomicFile.js';
import { makeFolder, requireFreeFolder, requireWritable } from '../../checkpoint/freeFolder.js';
import { configSchema, type Config } from '../../config/config.js';
import { describe, readLayer } from '../../config/layers.js';
import { UserError } from '../../errors.js';
import { ROW_NAMES, type RowName } from './rows.js';
import { readSeed, type SeedResult } from './seedFile.js';
import { firstDifference } from './settings.js';

/** What an ablation study is asked to do. */
export interface StudyPlan {
  /** The preset's name, for the names of files. */
  readonly preset: string;
  readonly seeds: readonly number[];
  readonly rows: readonly RowName[];
  /** The configuration of all seeds; its own seed is the first. */
  readonly config: Config;
}

const planSchema = z.strictObject({
  preset: z.string(),
  seeds: z.array(z.int().min(0)),
  rows: z.array(z.enum(ROW_NAMES)),
  config: configSchema,
});

/**
 * The folder of a study:
 *
 *     study.yaml                            what it was asked to do so far
 *     seed-<k>/<row>/                       the run of a row and seed
 *     seeds/<dataset>-<preset>-seed<k>.json its results; rows that stand here are never repeated
 *     ablation.json  ablation.md  ablation-<dataset>-<preset>.svg
 */
export class StudyFolder {
  private constructor(
    readonly root: string,
    readonly plan: StudyPlan,
  ) {}

  /** Opens a study to continue. Throws a UserError when there is none. */
  static async open(root: string): Promise<StudyFolder> {
    const file = join(root, 'study.yaml');
    if (!existsSync(file)) {
      throw new UserError(`${root} is not the folder of an ablation study: it has no study.yaml; give one with --out`);
    }
    const { values } = await readLayer(file);
    const parsed = planSchema.safeParse(values);
    if (parsed.success) return new StudyFolder(root, parsed.data);
    const [issue] = parsed.error.issues;
    throw new UserError(`${file}: ${describe(issue, values)}; restore the file, or begin another study`);
  }

  /**
   * A new study, or the one that is there with further seeds and rows. Throws a UserError when the folder holds something
   * else or a study with other settings.
   */
  static async begin(root: string, plan: StudyPlan): Promise<StudyFolder> {
    await requireWritable(root);
    if (existsSync(join(root, 'study.yaml'))) {
      const { plan: before } = await StudyFolder.open(root);
      const different = before.preset === plan.preset ? firstDifference(before.config, plan.config) : 'preset';
      if (different !== undefined) {
        throw new UserError(`${root} holds a study with another ${different}; give another folder with --out`);
      }
      return new StudyFolder(root, before).extended(plan);
    }
    await requireFreeFolder(root, `${root} is not empty and holds no ablation study; give another folder with --out`);
    return new StudyFolder(root, plan);
  }

  /** The same study with further seeds and rows. */
  extended({ seeds, rows }: Pick<StudyPlan, 'seeds' | 'rows'>): StudyFolder {
    const all = new Set([...this.plan.rows, ...rows]);
    const plan = {
      ...this.plan,
      seeds: [...new Set([...this.plan.seeds, ...seeds])].toSorted((one, other) => one - other),
      rows: ROW_NAMES.filter((row) => all.has(row)),
    };
    return new StudyFolder(this.root, plan);
  }

  /** The same study on this device. */
  on(device: Config['device']): StudyFolder {
    return new StudyFolder(this.root, { ...this.plan, config: { ...this.plan.config, device } });
  }

  /** The folder of the run of a row and seed. */
  runOf(seed: number, row: RowName): string {
    return join(this.root, `seed-${seed}`, row);
  }

  /** The results so far, in order of the seeds. */
  async results(): Promise<readonly SeedResult[]> {
    const folder = join(this.root, 'seeds');
    return existsSync(folder) ? readSeeds(folder) : [];
  }

  async write(name: string, content: string): Promise<void> {
    await makeFolder(join(this.root, 'seeds'));
    await writeFileAtomically(join(this.root, name), content);
  }

  /** Writes down what the study is asked to do; until then, it leaves no trace. */
  save(): Promise<void> {
    return this.write('study.yaml', stringify(this.plan, { aliasDuplicateObjects: false }));
  }
}

/** The results in all files of a folder that are seeds of studies, in order of the seeds; other files are ignored. */
export async function readSeeds(folder: string): Promise<readonly SeedResult[]> {
  const entries = await readdir(folder).catch(() => {
    throw new UserError(`${folder} is not a folder that can be read; give another`);
  });
  const names = entries.filter((name) => name.endsWith('.json') && !name.startsWith('.')).toSorted();
  const read = await Promise.all(names.map((name) => readSeed(join(folder, name))));
  return read.filter((each) => each !== undefined).toSorted((one, other) => one.seed - other.seed);
}
