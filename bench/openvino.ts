import { openDevice, type Device, type Precision } from '../src/runtime/device.js';
import type { Case, Row } from './case.js';
import { SUPERNETS } from './networks.js';
import { interleaved, timed, timedByProcessor } from './timing.js';
import { alone, candidate, training, type Workload } from './workloads.js';

/** The engines of the CPU beside ONNX Runtime. */
const OTHERS: readonly Precision[] = ['float32', 'bfloat16'];

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
    const devices: Device[] = [];
    const others: Workload[] = [];
    const missing: string[] = [];
    for (const precision of OTHERS) {
      try {
        const other = await openDevice({ kind: 'openvino', threads: device.threads, precision });
        devices.push(other);
        others.push(...(await workloadsOn(other, `OpenVINO ${precision}`)));
      } catch (error) {
        missing.push(error instanceof Error ? error.message : String(error));
      }
    }
    const all = [...base, ...others];
    const timings = await interleaved(all, rounds);
    for (const workload of all) await workload.close();
    for (const each of devices) await each.close();
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
