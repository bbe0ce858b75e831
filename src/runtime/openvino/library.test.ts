import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { UserError } from '../../errors.js';
import { findLibrary } from './library.js';

describe('finding OpenVINO', { skip: process.platform === 'win32' }, () => {
  let folder: string;
  const make = (name: string, content = ''): string => {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'glit-openvino-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('GLIT_OPENVINO names the file, its folder, or the folder of the wheel', () => {
    const old = make('wheel/libs/libopenvino_c.so.999');
    const newest = make('wheel/libs/libopenvino_c.so.2641');
    make('wheel/libs/libopenvino.so.2641');
    assert.equal(findLibrary({ GLIT_OPENVINO: old }), old);
    assert.equal(findLibrary({ GLIT_OPENVINO: path.dirname(old) }), newest);
    assert.equal(findLibrary({ GLIT_OPENVINO: path.join(folder, 'wheel') }), newest);
  });

  test('a name that leads nowhere is an error, whatever else is installed', () => {
    const empty = path.dirname(make('empty/readme.txt'));
    const absent = path.join(folder, 'absent');
    assert.throws(
      () => findLibrary({ GLIT_OPENVINO: absent }),
      new UserError(`GLIT_OPENVINO names ${absent}, which does not exist`),
    );
    assert.throws(
      () => findLibrary({ GLIT_OPENVINO: empty }),
      /^UserError: .* holds no libopenvino_c; name the folder/,
    );
  });

  test("the wheel of the PATH's Python comes before the folders of LD_LIBRARY_PATH", () => {
    const wheel = make('site/openvino/libs/libopenvino_c.so.2641');
    const other = make('other/libopenvino_c.so');
    const python = make('bin/python3', `#!/bin/sh\necho ${path.join(folder, 'site/openvino')}\n`);
    chmodSync(python, 0o755);
    const environment = { PATH: path.dirname(python), LD_LIBRARY_PATH: path.dirname(other) };
    assert.equal(findLibrary(environment), wheel);
    assert.equal(findLibrary({ ...environment, PATH: '' }), other);
  });
});
