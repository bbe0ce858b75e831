import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Command } from 'commander';
import type { Config } from '../config/config.js';
import { formatConfig } from '../config/layers.js';
import { PRESETS } from '../config/presets.js';
import { RECIPES } from '../config/recipes/index.js';
import { addConfigSources, configOf, givenLayers } from './givenConfig.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-options-'));
after(() => rmSync(folder, { recursive: true }));
const whole = join(folder, 'whole.yaml');
const part = join(folder, 'part.yaml');
writeFileSync(whole, formatConfig({ ...PRESETS.demo, seed: 7 }));
writeFileSync(part, 'seed: 8\nretrain: { recipe: { weightDecay: 0.3 } }\n');

async function config(...args: readonly string[]): Promise<Config> {
  const command = addConfigSources(new Command());
  command.parse(args, { from: 'user' });
  return configOf(command, await givenLayers(command, []));
}

describe('the configuration of a command', () => {
  test('trains by a recipe that is named, also where a file is a whole configuration', async () => {
    const { retrain, ...rest } = await config('--config', whole, '--recipe', 'deit');
    assert.deepEqual(retrain.recipe, RECIPES.deit);
    assert.deepEqual({ ...rest, retrain: { ...retrain, recipe: RECIPES.demo } }, { ...PRESETS.demo, seed: 7 });
  });

  test('has single settings on top of the recipe', async () => {
    const { seed, retrain } = await config(
      '--config',
      part,
      '--recipe',
      'deit',
      '--set',
      'retrain.recipe.dropPath=0.2',
    );
    assert.equal(seed, 8);
    assert.deepEqual(retrain.recipe, { ...RECIPES.deit, dropPath: 0.2 });
  });

  test('has the settings of several files, of which later ones win', async () => {
    const { seed, retrain, search } = await config('--config', whole, '--config', part);
    assert.deepEqual([seed, retrain.recipe.weightDecay, search], [8, 0.3, PRESETS.demo.search]);
    assert.equal((await config('--config', part, '--config', whole)).seed, 7);
  });

  test('refuses a preset that a whole configuration would hide', async () => {
    await assert.rejects(config('--config', whole, '--preset', 'smoke'), /--preset smoke has no effect: .*whole\.yaml/);
    await assert.rejects(config('--config', whole, '--config', part, '--preset', 'smoke'), /whole\.yaml is a whole/);
    assert.equal((await config('--config', part, '--preset', 'smoke')).supernet.steps, PRESETS.smoke.supernet.steps);
  });
});
