import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../test/packageRoot.js';
import * as glit from './index.js';
import * as node from './node.js';

describe('the library', () => {
  test('prices a space, searches it and writes what it found, as its parts do together', async () => {
    const backbone = { imageSize: 32, patchSize: 8, dim: 48, heads: 3, classes: 10 };
    const space = glit.highLevelSpace({ depth: 3, heads: 3 });
    const table = glit.costTable(glit.supernet(backbone, space));
    const { macs } = glit.costRange(table);
    const budget = { macs: { max: (macs.min + macs.max) / 2 } };
    glit.checkBudget(table, budget);
    const size = { population: 8, generations: 4 };
    const study = new glit.Study(
      {
        space,
        isLegal: (path) => glit.isWithin(budget, glit.costOfPath(table, path)),
        measure: (path) => ({ ...glit.costOfPath(table, path) }),
        async *scores(paths) {
          for (const path of paths) yield { values: [path.reduce((sum, gene) => sum + gene, 0)] };
        },
      },
      glit.evolution(size),
      glit.seeded(0),
    );
    const [winner] = glit.best(await study.run(size), 1);
    const built = glit.glitArchitecture({ backbone, blocks: glit.blocksOf(space, winner.path) });
    assert.ok(glit.costOf(built).macs <= budget.macs.max);
    assert.deepEqual(glit.parseArchitecture(glit.formatArchitecture(built), 'text'), built);
    assert.match(glit.formatProfile(glit.profileOf(built)), /total/);
  });

  test('loads without Node: no file that it is made of imports a module of Node or a native one', () => {
    assert.deepEqual([...packagesOf(new URL('./index.js', import.meta.url))].sort(), [
      'fastest-levenshtein',
      'protobufjs/light.js',
      'zod',
    ]);
  });

  test('has the command line’s functions in its part for Node', () => {
    for (const name of [
      'newRun',
      'continuedRun',
      'retrainRun',
      'wholeMethod',
      'evaluateFile',
      'predict',
      'exportWeights',
    ] as const) {
      assert.ok(node[name] !== undefined, name);
    }
    const { version } = createRequire(import.meta.url)(join(packageRoot, 'package.json')) as { version: string };
    assert.equal(node.version, version);
  });
});

/** The packages that a compiled file imports, itself or through other files of its package. */
function packagesOf(entry: URL): Set<string> {
  const packages = new Set<string>();
  const files = [entry.href];
  for (const file of files) {
    const text = readFileSync(new URL(file), 'utf8');
    for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      const next = new URL(specifier, file).href;
      if (!specifier.startsWith('.')) packages.add(specifier);
      else if (!files.includes(next)) files.push(next);
    }
  }
  return packages;
}
