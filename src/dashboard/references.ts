import { preset } from '../family/families.js';
import { costOf } from '../measure/cost.js';
import type { ReferenceNetwork } from './messages.js';

/** The published networks that every run is shown beside, at their published sizes. Counting takes a moment. */
export function referenceNetworks(): readonly ReferenceNetwork[] {
  return [
    ['glit-tiny', 'GLiT-Tiny, as released'],
    ['deit-tiny', 'DeiT-Tiny'],
  ].map(([name, title]) => {
    const built = preset(name);
    return { name: title, backbone: built.backbone, blocks: built.blocks, measures: { ...costOf(built) } };
  });
}
