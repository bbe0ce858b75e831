import type { OperatorName } from '../../src/graph/ops/index.js';
import type { OperatorCase } from '../support/operatorCase.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { layout } from './layout.js';
import { products } from './products.js';
import { reductions } from './reductions.js';

/** Keyed by every operator: one without cases does not compile. */
export const OPERATOR_CASES: Readonly<Record<OperatorName, readonly OperatorCase[]>> = {
  ...convolution,
  ...elementwise,
  ...layout,
  ...products,
  ...reductions,
};
