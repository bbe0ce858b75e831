import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { preset } from '../src/model/presets.js';
import type { Case, Row } from './case.js';
import { Peer } from './peer.js';
import { withPhotographs } from './photographs.js';

const CHILD = fileURLToPath(new URL('./trainingRun.js', import.meta.url));
const BATCH = 16;
const STEPS = 5;
const MEBIBYTE = 2 ** 20;

/**
 * The most memory that is resident while DeiT-Tiny is trained, each side in one process of its own. Ours is a whole training
 * with its loader, which works in threads. PyTorch's is the same step on images that cost nothing: its loader would have
 * processes besides, with much memory in common, and no fair sum.
 */
export const memoryCases: readonly Case[] = [
  {
    name: 'memory/deit-tiny',
    async measure({ device }) {
      const own = await withPhotographs(async (folder) => {
        const { stdout } = await promisify(execFile)(process.execPath, [CHILD, folder, String(BATCH), String(STEPS)]);
        return (JSON.parse(stdout) as { peakBytes: number }).peakBytes;
      });
      const row: Row = { what: `glit, training with its loader, batch ${BATCH}`, mebibytes: own / MEBIBYTE };
      const peer = await Peer.start(['torch']);
      if ('skipped' in peer) return [row, { what: `PyTorch not measured: ${peer.skipped}` }];
      try {
        const step = await peer.open('PyTorch', {
          kind: 'training',
          compile: false,
          architecture: preset('deit-tiny'),
          batch: BATCH,
          threads: device.threads,
        });
        for (let count = 0; count < STEPS; count++) await step.run();
        const peak = await peer.peakBytes();
        return [
          row,
          {
            what: `PyTorch, the training step alone, batch ${BATCH}`,
            mebibytes: peak / MEBIBYTE,
            ratio: peak / own,
            ratioTo: "× glit's",
          },
        ];
      } finally {
        peer.end();
      }
    },
  },
];
