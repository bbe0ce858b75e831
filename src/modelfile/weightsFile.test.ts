import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { drawnWeights } from '../../test/support/drawnWeights.js';
import { temporaryFolder } from '../../test/support/imageFiles.js';
import { TINY_ARCHITECTURE, tinyNetwork } from '../../test/support/tinyNetworks.js';
import { formatArchitecture } from '../family/codec.js';
import { input, lower, mul } from '../graph/index.js';
import { groupsOf } from '../model/network.js';
import { seeded } from '../random/rng.js';
import { namesIn } from './classNames.js';
import { exportedModel } from './exportModel.js';
import { readModel } from './modelFile.js';
import { readStateFile, readWeights } from './weightsFile.js';

const folder = temporaryFolder();
const classes = Array.from({ length: TINY_ARCHITECTURE.backbone.classes }, (_, at) => `class ${at}`);

async function fileOf(name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}

describe('the weights in an exported model', () => {
  test('are read back bit for bit, with the architecture and the classes', async () => {
    const weights = new Map(
      groupsOf(tinyNetwork()).flatMap((group) => {
        const { parameters, buffers } = group.initialize(seeded('weights'));
        return [...group.unpack(parameters, buffers)];
      }),
    );
    const { bytes } = exportedModel(weights, { classes, architecture: TINY_ARCHITECTURE, seed: 5 });
    const read = await readWeights(await fileOf('tiny.onnx', bytes));
    assert.equal(formatArchitecture(read.architecture), formatArchitecture(TINY_ARCHITECTURE));
    assert.deepEqual([read.classes, read.naming, read.seed], [classes, 'model', 5]);
    assert.deepEqual([...read.weights].sort(), [...weights].sort());
    assert.deepEqual(exportedModel(read.weights, read).bytes, bytes);
  });

  test('have no class names where those of the export are only numbers', async () => {
    const weights = drawnWeights(tinyNetwork());
    const numbers = classes.map((_, at) => String(at));
    for (const naming of ['numbers', 'model'] as const) {
      const description = { classes: numbers, naming, architecture: TINY_ARCHITECTURE };
      const file = await fileOf(`${naming}.onnx`, exportedModel(weights, description).bytes);
      const [asWeights, asModel] = [await readWeights(file), await readModel(file)];
      assert.deepEqual([asWeights.naming, asModel.naming], [naming, naming]);
      assert.deepEqual([asWeights.classes, asModel.classes], [numbers, numbers]);
      const { metadata } = await readStateFile(file, {});
      assert.equal(namesIn(metadata), naming === 'numbers' ? undefined : JSON.stringify(numbers));
    }
  });

  test('that are missing are a one-line error', async () => {
    const x = input('x', 'float32', [1]);
    const unnamed = await fileOf('unnamed.onnx', lower({ y: mul(x, 2) }));
    const text = await fileOf('text.onnx', new TextEncoder().encode('no model'));
    await assert.rejects(readWeights(unnamed), { name: 'UserError', message: /does not name its weights/ });
    await assert.rejects(readWeights(text), { name: 'UserError', message: /text\.onnx is not an ONNX model/ });
    await assert.rejects(readWeights('none.onnx'), {
      name: 'UserError',
      message: /there is no such file as none\.onnx/,
    });
  });
});
