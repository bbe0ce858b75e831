/**
 * Measures glit: `npm run bench -- [name ...] [--rounds n] [--images folder] [--json]`. Runs every case whose name
 * contains one of the given words; all by default. These are not tests: figures are for reading, and ratios within one
 * run say more than milliseconds. Comparisons with PyTorch need a Python that has it: GLIT_BENCH_PYTHON.
 */
import { parseArgs } from 'node:util';
import { openDevice } from '../src/runtime/device.js';
import type { Row } from './case.js';
import { dashboardCases } from './dashboard.js';
import { engineCases } from './engine.js';
import { engineCountCases } from './engines.js';
import { loaderCases } from './loader.js';
import { openVinoCases } from './openvino.js';
import { memoryCases } from './memory.js';
import { presetCases } from './presets.js';
import { pytorchCases } from './pytorch.js';
import { recipeCases } from './recipe.js';
import { candidateCases, entangledCases, supernetCases } from './supernet.js';

const CASES = [
  ...engineCases,
  ...openVinoCases,
  ...supernetCases,
  ...entangledCases,
  ...candidateCases,
  ...engineCountCases,
  ...pytorchCases,
  ...presetCases,
  ...loaderCases,
  ...recipeCases,
  ...memoryCases,
  ...dashboardCases,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    images: { type: 'string' },
  },
});
const chosen = CASES.filter(({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)));
if (chosen.length === 0) {
  console.error(`No case has that name; there are ${CASES.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
const rounds = Number(values.rounds);
for (const one of chosen) {
  // A device per case: sessions left by another case would keep threads and memory.
  const device = await openDevice();
  const result = await one.measure({ device, rounds, images: values.images });
  await device.close();
  if (values.json)
    console.log(JSON.stringify({ case: one.name, ...('skipped' in result ? result : { rows: result }) }));
  else if ('skipped' in result) console.log(`${one.name}\n  not measured: ${result.skipped}`);
  else console.log([one.name, ...result.map(lineOf)].join('\n  '));
}

function lineOf({ what, milliseconds, imagesPerSecond, mebibytes, ratio, ratioTo }: Row): string {
  const columns = [
    what.padEnd(58),
    milliseconds === undefined ? '' : `${milliseconds.toFixed(1)} ms`.padStart(10),
    imagesPerSecond === undefined ? '' : `${imagesPerSecond.toFixed(1)} images/s`.padStart(18),
    mebibytes === undefined ? '' : `${mebibytes.toFixed(0)} MiB`.padStart(10),
    ratio === undefined ? '' : `   ${ratio.toFixed(2)} ${ratioTo ?? ''}`,
  ];
  return columns.join('').trimEnd();
}
