import { openDevice, PRECISIONS, type Device } from '../src/runtime/device.js';
import type { Case, Row } from './case.js';
import { SUPERNETS } from './networks.js';
import { interleaved, timed, timedByProcessor } from './timing.js';
import { alone, candidate, training, type Workload } from './workloads.js';

/** An engine of the CPU beside ONNX Runtime. */
export interface OtherEngine {
  readonly what: string;
  readonly device: Device;
}

/** OpenVINO in the precisions that this machine has, and why it does not have the others. */
export async function openOtherEngines(
  threads: number,
): Promise<{ readonly engines: readonly OtherEngine[]; readonly missing: readonly string[] }> {
  const engines: OtherEngine[] = [];
  const missing: string[] = [];
  for (const precision of PRECISIONS) {
    try {
      const device = await openDevice({ kind: 'openvino', threads, precision });
      engines.push({ what: `OpenVINO ${precision}`, device });
    } catch (error) {
      missing.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { engines, missing };
}

/** Training steps of a path as a plain network, and scoring in the supernet, on every engine of the CPU in turns. */
export const openVinoCases: readonly Case[] = SUPERNETS.map(({ name, network, path, batch, scoringBatches }) => ({
  name: `openvino/${name}`,
  async measure({ device, rounds }) {
    // On one thread, processor time is what the work takes, whatever else the machine does.
    const clock = device.threads === 1 ? timedByProcessor : timed;
    const workloadsOn = async (on: Device, what: string): Promise<readonly Workload[]> => [
      await training(
        `training step, ${what}`,
        on,
        alone(network, path),
        batch,
        path.map(() => 0),
        clock,
      ),
      await candidate(`scoring, ${what}`, on, network, Math.max(batch, ...scoringBatches), path, clock),
    ];
    const base = await workloadsOn(device, 'ONNX Runtime');
    const { engines, missing } = await openOtherEngines(device.threads);
    const others: Workload[] = [];
    for (const { what, device: other } of engines) others.push(...(await workloadsOn(other, what)));
    const all = [...base, ...others];
    const timings = await interleaved(all, rounds);
    for (const workload of all) await workload.close();
    for (const engine of engines) await engine.device.close();
    const rows = all.map(({ name: what, images }, at): Row => {
      const reference = base[at % base.length];
      return {
        what,
        milliseconds: 1000 * timings.of(what),
        imagesPerSecond: images / timings.of(what),
        ...(at >= base.length && { ratio: timings.ratio(reference.name, what), ratioTo: '× as fast as ONNX Runtime' }),
      };
    });
    return [...rows, ...missing.map((what) => ({ what }))];
  },
}));
