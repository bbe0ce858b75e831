import { UserError } from '../errors.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import { published } from '../family/families.js';
import { deit, type DeitOptions } from '../family/glit/architecture.js';
import { costOf } from './cost.js';

/**
 * A preset's pattern of blocks as wide as `macs` multiply-adds an image allow, for images of this size: what a found
 * network is compared with. Throws a UserError when even the narrowest takes more.
 */
export function scaledPreset(
  name: string,
  { macs, ...sizes }: { readonly macs: number; readonly imageSize: number; readonly classes: number },
): Architecture {
  const { family, preset } = published(name);
  const ofSteps = (steps: number): Architecture => architecture(family, preset.scaled(steps * preset.widthStep, sizes));
  const steps = largest((count) => costOf(ofSteps(count)).macs <= macs);
  if (steps === 0) {
    const least = costOf(ofSteps(1)).macs;
    throw new UserError(
      `${name} takes at least ${least} MACs for ${sizes.imageSize} px, more than the ${macs} it is to be compared with; leave it out`,
    );
  }
  return ofSteps(steps);
}

/**
 * The narrowest DeiT of this depth and these heads (its width is a multiple of the heads) that takes at least `macs`
 * multiply-adds an image: what a found network is compared with, so that the comparison does not favour it.
 */
export function nearestDeit({
  macs,
  ...size
}: Omit<DeitOptions, 'dim' | 'name'> & { readonly macs: number }): Architecture {
  if (!(Number.isFinite(macs) && macs >= 0)) {
    throw new UserError(`a DeiT of ${macs} MACs does not exist; give a finite number of multiply-adds`);
  }
  const ofHeadWidth = (width: number): Architecture => deit({ ...size, dim: width * size.heads });
  return ofHeadWidth(1 + largest((width) => costOf(ofHeadWidth(width)).macs < macs));
}

/** The largest whole number for which `holds`, which holds up to some number and then no more; 0 when not even for 1. */
function largest(holds: (count: number) => boolean): number {
  let [below, above] = [0, 1];
  while (holds(above)) [below, above] = [above, 2 * above];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return below;
}
