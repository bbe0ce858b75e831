import { glit } from '../src/family/glit/family.js';
import { plainNetwork } from '../src/model/network.js';
import type { Case, Row } from './case.js';
import { PLAIN } from './networks.js';
import { Peer } from './peer.js';
import { interleaved, type Subject } from './timing.js';
import { inference, training } from './workloads.js';

/** The same networks in PyTorch, eager and compiled, alternating with ours batch by batch. */
export const pytorchCases: readonly Case[] = PLAIN.flatMap(({ name, architecture, batch }) =>
  (['training', 'inference'] as const).map((kind): Case => {
    return {
      name: `pytorch/${name}/${kind}`,
      async measure({ device, rounds }) {
        const peer = await Peer.start(architecture.family === glit ? ['torch'] : ['torch', 'torchvision']);
        if ('skipped' in peer) return peer;
        try {
          const open = kind === 'training' ? training : inference;
          const own = await open(`glit ${kind}`, device, plainNetwork(architecture), batch);
          const peers: Subject[] = [];
          const notes: Row[] = [];
          for (const compile of [false, true]) {
            const what = compile ? 'PyTorch, torch.compile' : 'PyTorch';
            const subject = await peer.open(what, { kind, compile, architecture, batch, threads: device.threads });
            try {
              await subject.run(); // compiles
              peers.push(subject);
            } catch (error) {
              notes.push({ what: `${what}: ${error instanceof Error ? error.message : String(error)}` });
            }
          }
          const timings = await interleaved([own, ...peers], rounds);
          await own.close();
          const rows = [own, ...peers].map((subject): Row => {
            return {
              what: subject.name,
              milliseconds: 1000 * timings.of(subject.name),
              imagesPerSecond: batch / timings.of(subject.name),
              ...(subject !== own && { ratio: timings.ratio(subject.name, own.name), ratioTo: "× glit's time" }),
            };
          });
          return [...rows, ...notes];
        } finally {
          peer.end();
        }
      },
    };
  }),
);
