import { describe, test } from 'node:test';
import { whyNoOpenVino } from './openVino.js';
import { OPERATOR_CASES } from './operators/index.js';
import { checkOperatorOn } from './support/checkOperator.js';

describe('on OpenVINO', { skip: await whyNoOpenVino() }, () => {
  for (const [operator, cases] of Object.entries(OPERATOR_CASES)) {
    describe(operator, () => {
      for (const one of cases) test(one.name, () => checkOperatorOn('openvino', operator, one));
    });
  }
});
