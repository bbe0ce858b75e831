import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { convolution } from '../../../test/operators/convolution.js';
import { elementwise } from '../../../test/operators/elementwise.js';
import { layout } from '../../../test/operators/layout.js';
import { products } from '../../../test/operators/products.js';
import { reductions } from '../../../test/operators/reductions.js';
import { whyNoOpenVino } from '../../../test/openVino.js';
import { packageRoot } from '../../../test/packageRoot.js';
import { checkOperator } from '../../../test/support/checkOperator.js';
import type { OperatorCase } from '../../../test/support/operatorCase.js';
import { OPERATORS, type OperatorName } from './index.js';

/** Keyed by every operator: one without cases does not compile. */
const CASES: Readonly<Record<OperatorName, readonly OperatorCase[]>> = {
  ...convolution,
  ...elementwise,
  ...layout,
  ...products,
  ...reductions,
};

for (const [operator, cases] of Object.entries(CASES)) {
  describe(operator, () => {
    for (const one of cases) test(one.name, () => checkOperator(operator, one));
  });
}

const noOpenVino = await whyNoOpenVino();
for (const [operator, cases] of Object.entries(CASES)) {
  describe(`${operator} on OpenVINO`, { skip: noOpenVino }, () => {
    for (const one of cases) test(one.name, () => checkOperator(operator, one, 'openvino'));
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
