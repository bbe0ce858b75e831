import { glit } from '../src/family/glit/family.js';
import { plainNetwork } from '../src/model/network.js';
import { PRECISIONS } from '../src/runtime/device.js';
import type { Case, Row } from './case.js';
import { PLAIN } from './networks.js';
import { openOtherEngines } from './openvino.js';
import { Peer } from './peer.js';
import { interleaved, type Subject } from './timing.js';
import { inference, training, type Workload } from './workloads.js';

/**
 * The same networks on every engine of the CPU and in PyTorch, eager and compiled, in float32 and with autocast to
 * bfloat16, alternating batch by batch.
 */
export const pytorchCases: readonly Case[] = PLAIN.flatMap(({ name, architecture, batch }) =>
  (['training', 'inference'] as const).map((kind): Case => {
    return {
      name: `pytorch/${name}/${kind}`,
      async measure({ device, rounds }) {
        const peer = await Peer.start(architecture.family === glit ? ['torch'] : ['torch', 'torchvision']);
        if ('skipped' in peer) return peer;
        const { engines, missing } = await openOtherEngines(device.threads);
        try {
          const open = kind === 'training' ? training : inference;
          const own: Workload[] = [];
          for (const { what, device: engine } of [{ what: 'ONNX Runtime', device }, ...engines]) {
            own.push(await open(`glit, ${what}`, engine, plainNetwork(architecture), batch));
          }
          const peers: Subject[] = [];
          const notes: Row[] = missing.map((what) => ({ what }));
          for (const precision of PRECISIONS) {
            for (const compile of [false, true]) {
              const what = `PyTorch ${precision}${compile ? ', torch.compile' : ''}`;
              const threads = device.threads;
              const subject = await peer.open(what, { kind, compile, precision, architecture, batch, threads });
              try {
                await subject.run(); // compiles
                peers.push(subject);
              } catch (error) {
                notes.push({ what: `${what}: ${error instanceof Error ? error.message : String(error)}` });
              }
            }
          }
          const timings = await interleaved([...own, ...peers], rounds);
          for (const workload of own) await workload.close();
          const rows = [...own, ...peers].map((subject): Row => {
            return {
              what: subject.name,
              milliseconds: 1000 * timings.of(subject.name),
              imagesPerSecond: batch / timings.of(subject.name),
              ...(subject !== own[0] && {
                ratio: timings.ratio(subject.name, own[0].name),
                ratioTo: `× the time of ${own[0].name}`,
              }),
            };
          });
          return [...rows, ...bestOfEach(timings, own, peers), ...notes];
        } finally {
          for (const engine of engines) await engine.device.close();
          peer.end();
        }
      },
    };
  }),
);

/** PyTorch at its best over glit at its best. */
function bestOfEach(
  timings: Awaited<ReturnType<typeof interleaved>>,
  own: readonly Subject[],
  peers: readonly Subject[],
): readonly Row[] {
  if (peers.length === 0) return [];
  const [ours, theirs] = [own, peers].map((subjects) =>
    subjects.reduce((best, next) => (timings.of(next.name) < timings.of(best.name) ? next : best)),
  );
  return [
    {
      what: `${theirs.name}, the fastest of PyTorch`,
      ratio: timings.ratio(theirs.name, ours.name),
      ratioTo: `× the time of ${ours.name}, the fastest of glit`,
    },
  ];
}
