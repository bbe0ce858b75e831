import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { preset } from '../src/family/families.js';
import type { Case, Row } from './case.js';
import { openOtherEngines } from './openvino.js';
import { Peer } from './peer.js';
import { withPhotographs } from './photographs.js';

const CHILD = fileURLToPath(new URL('./trainingRun.js', import.meta.url));
const BATCH = 16;
const STEPS = 5;
const MEBIBYTE = 2 ** 20;

/**
 * Peak resident memory while training DeiT-Tiny, each row from a separate process: the step alone, on images that cost
 * nothing, ours and PyTorch's; and a whole training with DeiT's recipe and glit's threaded loader. The latter has no
 * counterpart: PyTorch's loader uses processes that share much of their memory, so there is no fair sum.
 */
export const memoryCases: readonly Case[] = [
  {
    name: 'memory/deit-tiny',
    async measure({ device }) {
      const step = await ownPeak(['cpu', 'float32']);
      const whole = await withPhotographs((folder) => ownPeak(['cpu', 'float32', folder]));
      const rows: Row[] = [
        { what: `glit, the training step, batch ${BATCH}`, mebibytes: step / MEBIBYTE },
        { what: `glit, the same with loader and moving average`, mebibytes: whole / MEBIBYTE },
      ];
      const { engines, missing } = await openOtherEngines(device.threads);
      for (const { what, device: engine } of engines) {
        await engine.close();
        const other = await ownPeak([engine.kind, engine.precision]);
        const ratio = other / step;
        rows.push({ what: `glit, the step on ${what}`, mebibytes: other / MEBIBYTE, ratio, ratioTo: "× glit's step" });
      }
      rows.push(...missing.map((what) => ({ what })));
      const peer = await Peer.start(['torch']);
      if ('skipped' in peer) return [...rows, { what: `PyTorch not measured: ${peer.skipped}` }];
      try {
        const other = await peerPeak(peer, device.threads);
        const what = `PyTorch, the training step, batch ${BATCH}`;
        return [...rows, { what, mebibytes: other / MEBIBYTE, ratio: other / step, ratioTo: "× glit's step" }];
      } finally {
        peer.end();
      }
    },
  },
];

async function ownPeak(engineAndFolder: readonly string[]): Promise<number> {
  const parameters = [CHILD, String(BATCH), String(STEPS), ...engineAndFolder];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  return (JSON.parse(stdout) as { peakBytes: number }).peakBytes;
}

async function peerPeak(peer: Peer, threads: number): Promise<number> {
  const architecture = preset('deit-tiny');
  const step = await peer.open('PyTorch', {
    kind: 'training',
    compile: false,
    precision: 'float32',
    architecture,
    batch: BATCH,
    threads,
  });
  for (let count = 0; count < STEPS; count++) await step.run();
  return peer.peakBytes();
}
