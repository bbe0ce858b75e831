import { formatArchitecture } from '../../family/codec.js';
import type { Architecture } from '../../family/family.js';
import { formatCount } from '../../measure/measure.js';
import { profileOf } from '../../measure/profile.js';
import { anatomyOf, anatomyPlot } from '../../plot/anatomy.js';
import type { NetworkFields } from '../../telemetry/events.js';
import type { RunFolder } from '../folder/runFolder.js';

/** An architecture as events have it. */
export function networkFields({ name, family, backbone, blocks }: Architecture): NetworkFields {
  return { ...(name !== undefined && { name }), family: family.name, backbone, blocks };
}

/** Writes an architecture to the run folder: `architecture.json` and, for GLiT's family, its drawing `architecture.svg`. */
export async function writeArchitecture(folder: RunFolder, architecture: Architecture): Promise<void> {
  await folder.write('architecture.json', formatArchitecture(architecture));
  const { family, backbone, blocks, name } = architecture;
  const drawing = anatomyOf(
    { ...backbone },
    blocks.map((block) => ({ ...block })),
  );
  if (drawing === undefined) return;
  const { parameters, macs } = profileOf(architecture).total;
  const cost = `${formatCount(parameters)} parameters, ${formatCount(macs)} MACs`;
  const note = `${blocks.length} blocks, ${family.describeBackbone(backbone)}; ${cost}`;
  await folder.write('architecture.svg', anatomyPlot(drawing, name ?? 'The network', note));
}
