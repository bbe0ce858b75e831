import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { OPERATOR_CASES as CASES } from '../../../test/operators/index.js';
import { packageRoot } from '../../../test/packageRoot.js';
import { checkOperator } from '../../../test/support/checkOperator.js';
import { OPERATORS } from './index.js';

for (const [operator, cases] of Object.entries(CASES)) {
  describe(operator, () => {
    for (const one of cases) test(one.name, () => checkOperator(operator, one));
  });
}

test('every operator has cases, and every case an operator', () => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(OPERATORS).sort());
  for (const [operator, cases] of Object.entries(CASES)) assert.ok(cases.length > 0, operator);
});

test('every operator is registered under the name that its nodes carry', () => {
  for (const [name, operator] of Object.entries(OPERATORS)) assert.equal(operator.rule.name, name);
});

test('every operator that a file of this folder defines is registered', () => {
  const folder = path.join(packageRoot, 'src/graph/ops');
  const defined = readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [
      ...readFileSync(path.join(folder, file), 'utf8').matchAll(/defineOperator<.*>\(\{\n {2}name: '(\w+)'/g),
    ])
    .map(([, name]) => name);
  assert.deepEqual(defined.sort(), Object.keys(OPERATORS).sort());
});
