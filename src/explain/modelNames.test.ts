import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { modelNames } from './modelNames.js';

describe('the names of models', () => {
  const cases: readonly (readonly [what: string, files: readonly string[], names: readonly string[]])[] = [
    ['are paths without the folders of all', ['runs/a/best.onnx', 'runs/b/best.onnx'], ['a/best.onnx', 'b/best.onnx']],
    ['are file names in one folder', ['/m/found.onnx', '/m/deit.pth'], ['found.onnx', 'deit.pth']],
    ['are whole paths where no folder is shared', ['runs/a/best.onnx', 'deit.pth'], ['runs/a/best.onnx', 'deit.pth']],
    ['keep a folder that holds the other model', ['runs/a', 'runs/a/best.onnx'], ['a', 'a/best.onnx']],
    ['are the same however a path is written', ['./runs/a/', 'runs//b.pth'], ['a', 'b.pth']],
  ];
  for (const [what, files, names] of cases) {
    test(what, () => {
      assert.deepEqual(
        modelNames(files),
        names.map((name) => join(name)),
      );
    });
  }

  test('are the path as it was given for a single one', () => {
    assert.deepEqual(modelNames(['./runs/a/best.onnx']), ['./runs/a/best.onnx']);
  });

  test('are refused where one file comes twice', () => {
    assert.throws(() => modelNames(['deit.pth', 'a.onnx', './deit.pth']), {
      name: 'UserError',
      message: 'the model ./deit.pth is given twice; give each model once',
    });
  });
});
