/** Run by one process whose launcher does not say how many there are. */
import assert from 'node:assert/strict';
import { ALONE } from '../../../src/comm/communicator.js';
import { openCommunicator } from '../../../src/comm/openCommunicator.js';

const { PMIX_RANK } = process.env;
assert.equal(PMIX_RANK, '0');
assert.equal(await openCommunicator({ PMIX_RANK }), ALONE);
