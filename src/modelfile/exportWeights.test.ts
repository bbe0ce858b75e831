import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { drawnWeights } from '../../test/support/drawnWeights.js';
import { temporaryFolder } from '../../test/support/imageFiles.js';
import { TINY_ARCHITECTURE, tinyNetwork } from '../../test/support/tinyNetworks.js';
import { writeSafetensors } from '../checkpoint/safetensors.js';
import { formatArchitecture } from '../family/codec.js';
import { exportedModel } from './exportModel.js';
import { exportWeights } from './exportWeights.js';
import { writeModelFolder } from './writeModel.js';

const folder = temporaryFolder();
const weights = drawnWeights(tinyNetwork());

let runs = 0;

/** What the folder of a finished run has of its network. */
async function runWith({ needsFraming }: { readonly needsFraming: boolean }): Promise<string> {
  const run = path.join(folder, `run ${runs++}`);
  await mkdir(run);
  const metadata = { architecture: formatArchitecture(TINY_ARCHITECTURE) };
  await writeSafetensors(path.join(run, 'weights.safetensors'), weights, metadata);
  const classes = Array.from({ length: TINY_ARCHITECTURE.backbone.classes }, (_, index) => `class ${index}`);
  const model = exportedModel(weights, { classes, architecture: TINY_ARCHITECTURE });
  await writeModelFolder(path.join(run, 'model'), model, { needsFraming });
  return run;
}

test('a run is exported with its own framing when its images are not at hand', async () => {
  for (const needsFraming of [true, false]) {
    const run = await runWith({ needsFraming });
    const out = path.join(folder, `export ${needsFraming}`);
    await exportWeights(run, { out });
    const text = (of: string): Promise<string> => readFile(path.join(of, 'preprocessor_config.json'), 'utf8');
    assert.equal(await text(out), await text(path.join(run, 'model')));
  }
});

test('a folder that cannot be written whole is not written at all', async () => {
  const run = await runWith({ needsFraming: true });
  const out = path.join(folder, 'exports', 'web');
  const more = new Map([[`onnx/${'x'.repeat(300)}`, 'a name too long for any disk']]);
  await assert.rejects(exportWeights(run, { out, more }));
  assert.deepEqual(await readdir(path.dirname(out)), []);
  await exportWeights(run, { out });
  assert.deepEqual((await readdir(out)).sort(), ['config.json', 'onnx', 'preprocessor_config.json']);
});

test('only a name of an ONNX file makes a file, and none of another format makes a folder', async () => {
  const run = await runWith({ needsFraming: true });
  const out = path.join(folder, 'UPPER.ONNX');
  await exportWeights(run, { out });
  assert.ok((await stat(out)).isFile());
  for (const name of ['x.pth', 'x.PT', 'x.bin', 'x.safetensors', 'x.json']) {
    await assert.rejects(exportWeights(run, { out: path.join(folder, name) }), /; glit convert writes \.pth and/);
  }
});
